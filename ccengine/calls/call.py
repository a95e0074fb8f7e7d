"""One call as the tracker keeps it: its legs, queue waits and our own marks; where it stands is derived from them.

What does not live here: which leg belongs to which call (families), the finished record (live_record).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ccengine.calls import talks
from ccengine.calls.leg import LegState, TrackedLeg
from ccengine.calls.pbx_events import JournalMark
from ccengine.calls.queue_wait import QueueWait
from ccengine.channels import LegKind
from ccengine.values import BEGUN_BY_US_PREFIX, CALL_ID_PATTERN, Direction

_NO_NAME = frozenset({"", "unknown", "<unknown>"})


class Phase(StrEnum):
    """Where a call stands."""

    MENU = "menu"
    WAITING = "waiting"
    RINGING = "ringing"
    TALKING = "talking"
    VOICE_MESSAGE = "voice_message"
    GRADING = "grading"
    ENDING = "ending"


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """Legs that belong together. `kin` are calls of their own that were bridged with this one (two outside parties)."""

    node: str
    own_id: str | None = None
    legs: dict[str, TrackedLeg] = field(default_factory=dict)
    waits: list[QueueWait] = field(default_factory=list)
    marks: list[JournalMark] = field(default_factory=list)
    kin: list[Call] = field(default_factory=list)
    transfers: int = 0
    interrupted: bool = False
    reconciled: bool = False  # its end was not seen
    joined_late: bool = False  # its beginning was not seen
    announced: bool = False
    told: bool = False
    phase: Phase = Phase.MENU
    phase_since: datetime | None = None
    connected: set[str] = field(default_factory=set)
    offered: set[str] = field(default_factory=set)
    #: What `marks` say, kept until there are more of them: it is asked dozens of times for each event.
    _said: dict[str, list[JournalMark]] = field(default_factory=dict)
    _words: dict[tuple[str, str], str] = field(default_factory=dict)
    _marks_read: int = 0

    @property
    def anchor(self) -> TrackedLeg | None:
        """The leg on the trunk that makes this a call for the record; None for an internal one."""
        first: TrackedLeg | None = None  # asked several times for each event: no list, no key function
        for leg in self.legs.values():
            if leg.kind is LegKind.TRUNK and (
                first is None or (leg.first_at, leg.uniqueid) < (first.first_at, first.uniqueid)
            ):
                first = leg
        return first

    @property
    def call_id(self) -> str:
        """Our id; made up from the first leg, always the same, where the dialplan gave none."""
        if self.own_id:
            return self.own_id
        leg = self.anchor or min(self.legs.values(), key=lambda leg: (leg.first_at, leg.uniqueid))
        digits = re.sub(r"[^0-9]", "", leg.uniqueid)[-20:].rjust(10, "0")
        return f"{self.node}-{int(leg.first_at.timestamp())}-{digits}"

    @property
    def direction(self) -> Direction:
        """Which way the call crossed the trunk."""
        said = self.word("CC_CALL", "dir")
        anchor = self.anchor
        if anchor is None:
            return Direction.INTERNAL
        if said in ("in", "out"):
            return Direction.INBOUND if said == "in" else Direction.OUTBOUND
        return Direction.OUTBOUND if anchor.dialled else Direction.INBOUND

    @property
    def family(self) -> list[TrackedLeg]:
        """The legs of this call and of its kin."""
        if not self.kin:
            return list(self.legs.values())
        return [leg for call in self.relatives() for leg in call.legs.values()]

    def relatives(self) -> Iterator[Call]:
        """This call and all that were ever bridged with it, nearest first."""
        seen: list[Call] = [self]
        for call in seen:
            yield call
            seen += [kin for kin in call.kin if kin not in seen]

    @property
    def over(self) -> bool:
        """Whether every leg of the family has ended."""
        return all(leg.state is LegState.ENDED for leg in self.family)

    def said(self, kind: str) -> list[JournalMark]:
        """Our own marks of this kind, in order of time."""
        if self._marks_read != len(self.marks):
            self._marks_read, self._said, self._words = len(self.marks), {}, {}
            for mark in sorted(self.marks, key=lambda mark: mark.at):
                self._said.setdefault(mark.kind, []).append(mark)
        return self._said.get(kind, [])

    def word(self, kind: str, key: str) -> str:
        """The last non-empty word of our own marks of this kind."""
        said = self.said(kind)
        found = self._words.get((kind, key))
        if found is None:
            found = next((value for mark in reversed(said) if (value := mark.value(key))), "")
            self._words[kind, key] = found
        return found

    @property
    def unsent(self) -> bool:
        """Whether the engine began this call and its INVITE has not gone out: CC_CALL stands before that."""
        if self.said("CC_CALL") or any(leg.answered_at for leg in self.legs.values()):
            return False
        return any(link.startswith(BEGUN_BY_US_PREFIX) for leg in self.legs.values() for link in leg.linked_ids)

    @property
    def caller_number(self) -> str:
        """The number of the party outside; for an outbound call what is shown to the callee."""
        if self.said("CC_CALL"):
            return self.word("CC_CALL", "num")
        number = self.anchor.face.number if self.anchor else ""
        return number if number.strip("0") else ""

    @property
    def peer_number(self) -> str:
        """The number that the agent talks with."""
        return self.dialed_number if self.direction is Direction.OUTBOUND else self.caller_number

    @property
    def caller_name(self) -> str:
        """The name the carrier gave, or an empty text."""
        name = self.anchor.face.name if self.anchor else ""
        return "" if name in _NO_NAME else name[:60]

    @property
    def dialed_number(self) -> str:
        """The number dialled."""
        if said := self.word("CC_CALL", "did"):
            return said
        anchor = self.anchor
        if anchor is None or anchor.dialled:
            return anchor.face.number if anchor else ""
        return anchor.first_exten

    @property
    def language(self) -> str:
        """The caller's language."""
        return self.word("CC_LANG", "lang") or "zh"

    @property
    def menu_item(self) -> str | None:
        """What the caller chose last."""
        return self.word("CC_FLOW", "item") or self.word("CC_MENU", "item") or None

    @property
    def wait(self) -> QueueWait | None:
        """The queue wait that goes on, if any."""
        return next((wait for wait in reversed(self.waits) if wait.open), None)

    @property
    def queue(self) -> str | None:
        """The queue it is or was in last."""
        if self.waits:
            return max(self.waits, key=lambda wait: wait.joined_at).queue
        return self.word("CC_QUEUE", "queue") or None

    @property
    def agent_left(self) -> bool:
        """Whether the last talk ended by the agent's hanging up, with the caller still there."""
        over, queued = self.said("CC_TALK_OVER"), self.said("CC_QUEUE")
        return bool(over) and (not queued or over[-1].at >= queued[-1].at)

    def heard(self) -> list[TrackedLeg]:
        """Who hears the caller now: devices and other outside parties."""
        anchor = self.anchor
        if anchor is None:
            return []
        found = talks.heard_now(anchor, self.family)
        return [leg for leg in found if leg.kind in (LegKind.DEVICE, LegKind.TRUNK)]

    @property
    def held_since(self) -> datetime | None:
        """Since when everybody whom the caller would hear has the caller on hold; None while somebody speaks."""
        heard = self.heard()
        return max(leg.holds[-1].started_at for leg in heard) if heard and all(leg.held for leg in heard) else None

    def current_phase(self) -> Phase:
        """Where the call stands, derived from all that is known."""
        anchor = self.anchor
        if anchor is None or anchor.state is LegState.ENDED:
            return Phase.ENDING
        if self.heard():
            return Phase.TALKING
        rings = any(leg.rings_at_us for leg in self.legs.values())
        if self.wait is not None:
            return Phase.RINGING if rings else Phase.WAITING
        if rings or (self.direction is Direction.OUTBOUND and anchor.state is not LegState.UP):
            return Phase.RINGING
        if self.agent_left:
            return Phase.GRADING
        return Phase.VOICE_MESSAGE if self._leaves_message() else Phase.MENU

    def _leaves_message(self) -> bool:
        context = self.anchor.face.context if self.anchor else ""
        return bool(self.said("CC_MESSAGE")) or context == "cc-voice-message"

    def absorb(self, other: Call) -> None:
        """Take over everything of another call."""
        self.legs.update(other.legs)
        self.waits += other.waits
        self.marks += other.marks
        self.transfers += other.transfers
        self.interrupted |= other.interrupted
        self.joined_late |= other.joined_late
        self.connected |= other.connected
        self.offered |= other.offered
        self.kin += [call for call in other.kin if call is not self and call not in self.kin]
        for call in other.kin:
            call.kin = [self if kin is other else kin for kin in call.kin if kin is not self]

    def befriend(self, other: Call) -> None:
        """Remember that another call was bridged with this one."""
        if other not in self.kin:
            self.kin.append(other)
            other.kin.append(self)


def own_id(text: str) -> str | None:
    """Return an account code that is a call id of ours, else None."""
    return text if CALL_ID_PATTERN.fullmatch(text) else None
