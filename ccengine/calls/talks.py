"""Who heard whom and when: overlaps of stays in bridges, Local pairs being wires between bridges.

A function of what was seen, not of the order in which it was told. What does not live here: what a talk means (call).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from ccengine.calls.leg import TrackedLeg
from ccengine.hearing import heard_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """A stretch in which a leg could hear the anchor."""

    leg: TrackedLeg
    started_at: datetime
    ended_at: datetime


def heard_now(anchor: TrackedLeg, legs: Iterable[TrackedLeg]) -> list[TrackedLeg]:
    """The legs that hear the anchor now."""
    legs = list(legs)
    places = {leg.uniqueid: leg.bridge for leg in legs if leg.bridge}
    return _heard(anchor, places, legs)


def overlaps_with(anchor: TrackedLeg, legs: Iterable[TrackedLeg], until: datetime) -> list[Overlap]:
    """Who shared a bridge with the anchor, and when; a stay that goes on is taken to last until `until`."""
    legs = list(legs)
    moments = sorted({at for leg in legs for stay in leg.stays for at in (stay.started_at, stay.ended_at or until)})
    found: dict[str, list[Overlap]] = {}
    for start, end in pairwise(moments):
        for leg in _heard(anchor, _places(legs, start, end, until), legs):
            mine = found.setdefault(leg.uniqueid, [])
            begin = mine.pop().started_at if mine and mine[-1].ended_at == start else start
            mine.append(Overlap(leg=leg, started_at=begin, ended_at=end))
    everything = [overlap for stretches in found.values() for overlap in stretches]
    return sorted(everything, key=lambda overlap: (overlap.started_at, overlap.leg.uniqueid))


def _places(legs: list[TrackedLeg], start: datetime, end: datetime, until: datetime) -> dict[str, str]:
    return {
        leg.uniqueid: stay.place
        for leg in legs
        for stay in leg.stays
        if stay.started_at <= start and (stay.ended_at or until) >= end
    }


def _heard(anchor: TrackedLeg, places: dict[str, str], legs: list[TrackedLeg]) -> list[TrackedLeg]:
    heard = heard_by(anchor.uniqueid, places, {leg.uniqueid: leg.wire for leg in legs if leg.wire})
    return [leg for leg in legs if leg.uniqueid in heard]
