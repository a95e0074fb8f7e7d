"""The legs (channels) of one family of channels, rebuilt from its CEL lines; and who talked with whom.

A family is every channel that ever belonged together. Not here: the call record made of it (call_record).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType

from ccengine.channels import LegKind, extension_of, kind_of, wire_of
from ccengine.hearing import heard_by
from ccengine.records.journal_lines import JournalLine


@dataclass(slots=True, kw_only=True)
class Stay:
    """One stay of a leg in a bridge."""

    bridge_id: str
    entered_at: datetime
    left_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Leg:
    """One channel from its first line to its last."""

    unique_id: str
    channel: str = ""
    first_at: datetime
    last_at: datetime
    started: bool = False
    answered_at: datetime | None = None
    hung_up_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    hangup_source: str = ""
    interrupted: bool = False
    hung_up_by_pbx: bool = False  # because the PBX ended
    lived_until: datetime | None = None  # of an interrupted leg: the PBX's last sign of life
    linked_ids: list[str] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)

    @property
    def kind(self) -> LegKind:
        """What this channel is, by its name."""
        return kind_of(self.channel)

    @property
    def extension(self) -> str:
        """The device's extension; empty for a leg that is no device."""
        return extension_of(self.channel)

    @property
    def wire(self) -> str:
        """The name both halves of a Local pair share; empty for others."""
        return wire_of(self.channel)

    @property
    def over_at(self) -> datetime | None:
        """When it ended, or None while it lives."""
        return self.known_until if self.interrupted and self.ended_at is None else self.ended_at

    @property
    def known_until(self) -> datetime:
        """Its last line, or, where the PBX died with it, the PBX's last sign of life."""
        return max(self.last_at, self.lived_until or self.last_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """A stretch in which a leg could hear another one."""

    leg: Leg
    started_at: datetime
    ended_at: datetime


def build_legs(
    lines: Sequence[JournalLine], interrupted: Mapping[str, datetime | None] = MappingProxyType({})
) -> dict[str, Leg]:
    """Return the family's legs by unique id, in order of their first line. `lines` are sorted by time."""
    legs: dict[str, Leg] = {}
    finished: set[str] = set()
    for line in lines:
        if line.event == "LINKEDID_END":
            finished.add(line.linked_id)
            continue
        leg = legs.get(line.unique_id)
        if leg is None:
            leg = legs[line.unique_id] = Leg(unique_id=line.unique_id, first_at=line.at, last_at=line.at)
        _apply(leg, line)
    for leg in legs.values():
        leg.interrupted, leg.lived_until = leg.unique_id in interrupted, interrupted.get(leg.unique_id)
        # A torn CHAN_END: hung up, and the PBX says that nothing of its linkedid is left.
        if leg.ended_at is None and leg.hung_up_at is not None and leg.linked_ids[-1] in finished:
            leg.ended_at = leg.hung_up_at
    return legs


def _apply(leg: Leg, line: JournalLine) -> None:
    leg.last_at = max(leg.last_at, line.at)
    leg.channel = line.channel or leg.channel
    if line.linked_id not in leg.linked_ids:
        leg.linked_ids.append(line.linked_id)
    leg.call_ids += [call_id for call_id in line.call_ids if call_id not in leg.call_ids]
    extra = line.extra
    match line.event:
        case "CHAN_START":
            leg.started = True
        case "ANSWER":
            leg.answered_at = leg.answered_at or line.at
        case "HANGUP":
            leg.hung_up_at = line.at
            leg.cause = _integer(extra.get("hangupcause"))
            leg.hangup_source = str(extra.get("hangupsource", ""))
        case "CHAN_END":
            leg.ended_at = line.at
            _leave(leg, None, line.at)
        case "BRIDGE_ENTER":
            _leave(leg, None, line.at)  # a lost exit: nobody is in two bridges
            leg.stays.append(Stay(bridge_id=str(extra.get("bridge_id", "")), entered_at=line.at))
        case "BRIDGE_EXIT":
            _leave(leg, str(extra.get("bridge_id", "")), line.at)


def _leave(leg: Leg, bridge_id: str | None, at: datetime) -> None:
    for stay in leg.stays:
        if stay.left_at is None and bridge_id in (None, stay.bridge_id):
            stay.left_at = at


def _integer(value: object) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else None


def overlaps_with(anchor: Leg, legs: Iterable[Leg], until: datetime) -> list[Overlap]:
    """Return who shared a bridge with `anchor` and when, Local pairs being wires between bridges.

    A stay that has not ended is taken to last until the leg's end, or `until`.
    """
    legs = list(legs)
    moments = sorted({at for leg in legs for stay in leg.stays for at in (stay.entered_at, _end(leg, stay, until))})
    found: dict[str, list[Overlap]] = {}
    for start, end in pairwise(moments):
        for leg in _heard(anchor, _places(legs, start, end, until), legs):
            mine = found.setdefault(leg.unique_id, [])
            if mine and mine[-1].ended_at == start:
                start_of = mine.pop().started_at
                mine.append(Overlap(leg=leg, started_at=start_of, ended_at=end))
            else:
                mine.append(Overlap(leg=leg, started_at=start, ended_at=end))
    for leg in _heard(anchor, _places_now(legs), legs):
        mine = found.setdefault(leg.unique_id, [])
        if not mine or mine[-1].ended_at != until:
            mine.append(Overlap(leg=leg, started_at=until, ended_at=until))  # it just began, or was cut off there
    everything = [overlap for stretches in found.values() for overlap in stretches]
    return sorted(everything, key=lambda overlap: (overlap.started_at, overlap.leg.unique_id))


def _end(leg: Leg, stay: Stay, until: datetime) -> datetime:
    return max(stay.entered_at, stay.left_at or leg.ended_at or until)


def _places(legs: list[Leg], start: datetime, end: datetime, until: datetime) -> dict[str, str]:
    """In which bridge each leg is between two neighbouring moments."""
    return {
        leg.unique_id: stay.bridge_id
        for leg in legs
        for stay in leg.stays
        if stay.entered_at <= start and _end(leg, stay, until) >= end
    }


def _places_now(legs: list[Leg]) -> dict[str, str]:
    """In which bridge each leg is after the last line."""
    return {
        leg.unique_id: stay.bridge_id
        for leg in legs
        for stay in leg.stays
        if stay.left_at is None and leg.ended_at is None
    }


def _heard(anchor: Leg, places: dict[str, str], legs: list[Leg]) -> list[Leg]:
    """The legs that hear the anchor."""
    heard = heard_by(anchor.unique_id, places, {leg.unique_id: leg.wire for leg in legs if leg.wire})
    return [leg for leg in legs if leg.unique_id in heard]
