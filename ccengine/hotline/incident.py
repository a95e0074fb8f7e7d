"""Burst mode: many open orders of one place and one kind of trouble within a window are offered as one incident.

What does not live here: making one (services/incidents.py), what callers hear of it (ivr/).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ccengine.hotline.same_place import place_of

_ROAD = re.compile(r"(.+?(?:大道|路|街|道|巷|弄|road|street))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is looked at of one open order. `trouble`: the top of its category's branch; `road`: "" when not known."""

    order_id: int
    at: datetime
    district: str
    trouble: str
    category: str
    road: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Orders that look like one incident. `road` "": the whole district."""

    district: str
    trouble: str
    category: str
    road: str
    order_ids: tuple[int, ...]
    first_at: datetime
    last_at: datetime


def offers(reports: Iterable[Report], *, on_road: int, in_district: int) -> tuple[Offer, ...]:
    """Return what looks like incidents, largest first: so many reports on one road, or so many in one district.

    A road's reports are not counted again for its district. Reports without district or trouble say nothing.
    """
    known = [one for one in reports if one.district and one.trouble]
    found: list[Offer] = []
    left: list[Report] = []
    for group in _groups(known, lambda one: (one.district, one.trouble, one.road)):
        if group[0].road and len(group) >= on_road:
            found.append(_offer(group, group[0].road))
        else:
            left += group
    found += [
        _offer(group, "")
        for group in _groups(left, lambda one: (one.district, one.trouble))
        if len(group) >= in_district
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.order_ids), one.first_at)))


def _groups(reports: Sequence[Report], key: Callable[[Report], Hashable]) -> list[list[Report]]:
    groups: dict[Hashable, list[Report]] = {}
    for one in reports:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def _offer(group: Sequence[Report], road: str) -> Offer:
    times = sorted(one.at for one in group)
    category = Counter(one.category for one in group).most_common(1)[0][0]
    return Offer(
        district=group[0].district,
        trouble=group[0].trouble,
        category=category,
        road=road,
        order_ids=tuple(sorted(one.order_id for one in group)),
        first_at=times[0],
        last_at=times[-1],
    )


def belongs(report: Report, district: str, trouble: str, road: str) -> bool:
    """Say whether a new report is about a known incident: same district and trouble, and road if it has one."""
    return (report.district, report.trouble) == (district, trouble) and (not road or report.road == road)


def road_of(address: str) -> str:
    """Return an address's road without the number, or its estate; "" where too little is said."""
    place = place_of(address)
    found = _ROAD.match(place)
    return (found[1] if found else place)[:64]
