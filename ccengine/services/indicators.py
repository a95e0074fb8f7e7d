"""The indicator report: sums from the database, figures with their formulas, as a whole and split by one thing.

What does not live here: the definitions (hotline/indicators.py), pages and files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccengine.hotline.indicators import Sums, figures
from ccengine.rows import IndicatorFilter
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid
from ccengine.services.guard import guarded, one_of
from ccengine.services.rights import require

GROUPS = ("type", "unit", "form", "source", "category", "month")
LONGEST_PERIOD = timedelta(days=3660)
EMPTY = Sums()

Figures = Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of all orders asked for, and of each part. `cut_off`: as of when stamps were read."""

    wanted: IndicatorFilter
    cut_off: datetime
    group_by: str | None
    total: Figures
    parts: Mapping[str, Figures]


@guarded
async def report(
    ctx: Context,
    actor: Actor,
    wanted: IndicatorFilter,
    *,
    cut_off: datetime | None = None,
    group_by: str | None = None,
) -> Report:
    """Return the indicators of the orders registered in a period, as they stood at the cut-off (None: now).

    Errors: NotAllowed(reports.view), Invalid(until, group_by), Unavailable.
    """
    require(actor, "reports.view")
    if not timedelta(0) < wanted.until - wanted.since <= LONGEST_PERIOD:
        raise Invalid(
            "until", "结束日期要晚于开始日期，且不超过十年", "The end must come after the beginning, within ten years"
        )
    if group_by is not None:
        one_of("group_by", group_by, GROUPS)
    moment = cut_off or ctx.clock.now()
    async with ctx.store.reading() as uow:
        line = (await uow.sla.settings()).satisfied_from
        total = await uow.indicators.sums(wanted, moment, line, None)
        parts = await uow.indicators.sums(wanted, moment, line, group_by) if group_by else {}
    return Report(
        wanted=wanted,
        cut_off=moment,
        group_by=group_by,
        total=figures(total[""]) if "" in total else figures(EMPTY),
        parts={key: figures(sums) for key, sums in parts.items()},
    )
