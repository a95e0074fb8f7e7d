"""The calls of one family of channels: which trunk legs are calls of their own, and who was on which leg.

A family with two trunk legs of two call ids (an agent transferred a caller to an outside number) holds two calls.
What does not live here: the record made of a call (call_record), which lines form a family (interpreter).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ccengine.channels import CAMPAIGN_WIRE_PREFIX, LegKind
from ccengine.records.journal_lines import JournalLine, QueueLogLine
from ccengine.records.legs import Leg, Overlap, build_legs, overlaps_with
from ccengine.records.pbx_stops import Stop
from ccengine.records.sign_ins import SignIns
from ccengine.values import AGENT_NUMBER_PATTERN, Direction

#: Our own events that say who is at a leg.
_NAMING = ("CC_REC", "CC_REC_OFF", "CC_CALL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Everything the journals said about channels that belong together, sorted by time."""

    node: str
    lines: tuple[JournalLine, ...]
    queue_lines: tuple[QueueLogLine, ...] = ()
    interrupted: Mapping[str, datetime | None] = field(default_factory=dict)  # leg -> when the PBX last lived
    stops: tuple[Stop, ...] = ()  # the PBX's orderly ends
    people: Mapping[str, str] | None = None  # extension -> agent number, where the lines themselves do not say
    sign_ins: SignIns | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkCall:
    """One call of a family: its trunk leg and what else must be known to tell it."""

    call_id: str
    anchor: Leg
    legs: Mapping[str, Leg]
    lines: tuple[JournalLine, ...]
    queue_lines: tuple[QueueLogLine, ...]
    overlaps: tuple[Overlap, ...]
    agents: Mapping[str, str]  # leg id -> agent number
    direction: Direction
    over: bool

    def said(self, event: str) -> list[JournalLine]:
        """Our own events of this kind, in order."""
        return [line for line in self.lines if line.event == event]

    def word(self, event: str, name: str) -> str:
        """The last non-empty value of a word; empty when it was never said."""
        return next((line.words[name] for line in reversed(self.said(event)) if line.words.get(name)), "")

    @property
    def last_at(self) -> datetime:
        """When the call's trunk leg ended, or was last heard of."""
        return self.anchor.over_at or max(leg.last_at for leg in self.legs.values())


def calls_of(family: Family) -> list[TrunkCall]:
    """Return the calls of a family, oldest first. A call without our id is told only once it is over.

    A campaign's leg whose INVITE did not go out, because the PBX ended before its moment came, is no call.
    """
    legs = build_legs(family.lines, family.interrupted)
    for leg in legs.values():
        leg.hung_up_by_pbx = any(stop.ended(leg) for stop in family.stops)
    over = bool(legs) and all(leg.over_at is not None for leg in legs.values())
    by_campaign = any(line.channel.startswith(CAMPAIGN_WIRE_PREFIX) for line in family.lines)
    sent = {line.unique_id for line in family.lines if line.event == "CC_CALL"} if by_campaign else legs.keys()
    trunks = sorted(
        (leg for leg in legs.values() if leg.kind is LegKind.TRUNK and _is_call(leg, sent, family)),
        key=lambda leg: (leg.first_at, leg.unique_id),
    )
    agents = _agents(family, legs)
    found: list[TrunkCall] = []
    for anchor, call_id in _anchors(trunks, family, over):
        found.append(
            TrunkCall(
                call_id=call_id,
                anchor=anchor,
                legs=legs,
                lines=_own_lines(call_id, anchor, family, len(trunks) > 1),
                queue_lines=family.queue_lines,
                overlaps=tuple(overlaps_with(anchor, legs.values(), max(leg.known_until for leg in legs.values()))),
                agents=agents,
                direction=_direction(call_id, anchor, family),
                over=over,
            )
        )
    return found


def _is_call(leg: Leg, sent: Collection[str], family: Family) -> bool:
    """Whether its INVITE went out or came in; a line of CC_CALL may be torn, then CC_DIAL tells what was answered."""
    return (
        leg.unique_id in sent
        or leg.answered_at is not None
        or any(line.words.get("sip") for line in family.lines if line.event == "CC_DIAL")
    )


def _anchors(trunks: list[Leg], family: Family, over: bool) -> list[tuple[Leg, str]]:
    """Which trunk legs are calls of their own, with their ids."""
    found: list[tuple[Leg, str]] = []
    taken: set[str] = set()
    without: list[Leg] = []
    for leg in trunks:
        own = leg.call_ids[0] if leg.call_ids else ""
        if own and own not in taken:
            taken.add(own)
            found.append((leg, own))
        elif not own:
            without.append(leg)
    spare = [call_id for line in family.lines for call_id in line.call_ids if call_id not in taken]
    if without and spare:
        found.append((without[0], spare[0]))
    elif without and not found and over:
        found.append((without[0], made_up_id(family.node, without[0])))
    return sorted(found, key=lambda pair: (pair[0].first_at, pair[1]))


def made_up_id(node: str, leg: Leg) -> str:
    """Return the id of a call that came without ours: same lines, same id."""
    digits = re.sub(r"[^0-9]", "", leg.unique_id)[-20:].rjust(10, "0")
    return f"{node}-{int(leg.first_at.timestamp())}-{digits}"


def _own_lines(call_id: str, anchor: Leg, family: Family, several: bool) -> tuple[JournalLine, ...]:
    """The family's lines without what was said about another call of the same family."""
    if not several:
        return family.lines
    return tuple(
        line
        for line in family.lines
        if not line.event.startswith("CC_") or line.unique_id == anchor.unique_id or call_id in line.call_ids[:1]
    )


def _direction(call_id: str, anchor: Leg, family: Family) -> Direction:
    for line in family.lines:
        if line.event == "CC_CALL" and line.words.get("id") == call_id and line.words.get("dir") in ("in", "out"):
            return Direction.INBOUND if line.words["dir"] == "in" else Direction.OUTBOUND
    inbound = anchor.linked_ids[:1] == [anchor.unique_id]
    return Direction.INBOUND if inbound else Direction.OUTBOUND


def _agents(family: Family, legs: Mapping[str, Leg]) -> dict[str, str]:
    """Who was on which leg: the queue's word first, then who signed in there, then whose phone it usually is."""
    found = {leg.unique_id: (family.people or {}).get(leg.extension, "") for leg in legs.values() if leg.extension}
    for line in family.lines:
        leg = legs.get(line.unique_id)
        if line.event == "CHAN_START" and leg and leg.extension and AGENT_NUMBER_PATTERN.match(line.caller_name):
            found[line.unique_id] = line.caller_name  # the phone's own name: the person it usually belongs to
        if line.event in _NAMING and AGENT_NUMBER_PATTERN.match(line.words.get("agent", "")):
            found[line.words.get("leg") or line.unique_id] = line.words["agent"]
    for leg in legs.values():
        signed_in = family.sign_ins.person_on(leg.extension, leg.first_at) if family.sign_ins else ""
        if signed_in:
            found[leg.unique_id] = signed_in
    for entry in family.queue_lines:
        if entry.event == "CONNECT" and len(entry.data) > 1 and AGENT_NUMBER_PATTERN.match(entry.agent):
            found[entry.data[1]] = entry.agent
    return {leg_id: number for leg_id, number in found.items() if number}
