"""One channel as the tracker keeps it: its states by a transition table, its stays in bridges, its holds.

What does not live here: which call it belongs to and what follows (tracker, call).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ccengine.calls import pbx_events as ev
from ccengine.channels import LegKind, extension_of, kind_of, wire_of


class LegState(StrEnum):
    """How far a leg is."""

    NEW = "new"
    RINGING = "ringing"
    UP = "up"
    ENDED = "ended"


class LegInput(StrEnum):
    """What can happen to a leg."""

    SEEN = "seen"
    RINGS = "rings"
    ANSWERS = "answers"
    ENDS = "ends"


#: A pair that is missing is late or impossible and changes nothing.
TRANSITIONS: dict[tuple[LegState, LegInput], LegState] = {
    (LegState.NEW, LegInput.SEEN): LegState.NEW,
    (LegState.NEW, LegInput.RINGS): LegState.RINGING,
    (LegState.NEW, LegInput.ANSWERS): LegState.UP,
    (LegState.NEW, LegInput.ENDS): LegState.ENDED,
    (LegState.RINGING, LegInput.SEEN): LegState.RINGING,
    (LegState.RINGING, LegInput.RINGS): LegState.RINGING,
    (LegState.RINGING, LegInput.ANSWERS): LegState.UP,
    (LegState.RINGING, LegInput.ENDS): LegState.ENDED,
    (LegState.UP, LegInput.SEEN): LegState.UP,
    (LegState.UP, LegInput.RINGS): LegState.UP,  # news that was overtaken by the answer
    (LegState.UP, LegInput.ANSWERS): LegState.UP,
    (LegState.UP, LegInput.ENDS): LegState.ENDED,
}
INPUT_OF = {
    ev.ChannelState.DOWN: LegInput.SEEN,
    ev.ChannelState.RINGING: LegInput.RINGS,
    ev.ChannelState.UP: LegInput.ANSWERS,
}


@dataclass(slots=True, kw_only=True)
class Span:
    """From a moment to another, or open."""

    started_at: datetime
    ended_at: datetime | None = None
    place: str = ""


@dataclass(slots=True, kw_only=True)
class TrackedLeg:
    """One channel from its first event to its last."""

    uniqueid: str
    channel: str = ""
    kind: LegKind = LegKind.OTHER
    extension: str = ""  # the device's; empty for a leg that is no device
    wire: str = ""  # the name that both halves of a Local pair share
    first_at: datetime
    state: LegState = LegState.NEW
    face: ev.Leg
    linked_ids: list[str] = field(default_factory=list)
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    hangup_asked_at: datetime | None = None
    hung_up_by_pbx: bool = False  # because the PBX ended
    dialled: bool = False
    first_exten: str = ""
    stays: list[Span] = field(default_factory=list)
    holds: list[Span] = field(default_factory=list)
    agent_number: str | None = None

    @property
    def bridge(self) -> str:
        """The bridge it stands in now, or an empty text."""
        return self.stays[-1].place if self.stays and self.stays[-1].ended_at is None else ""

    @property
    def rings_at_us(self) -> bool:
        """Whether this is an agent's phone that is being called and has not been connected yet."""
        waiting = self.state is LegState.RINGING or (self.state is LegState.UP and not self.stays)
        return self.dialled and self.kind is LegKind.DEVICE and waiting

    @property
    def held(self) -> bool:
        """Whether its party holds the other one now."""
        return bool(self.holds) and self.holds[-1].ended_at is None

    def rename(self, channel: str) -> None:
        """Take the channel's name and what follows from it: what this channel is to us."""
        if channel == self.channel or not channel:
            return
        self.channel, self.kind = channel, kind_of(channel)
        self.extension, self.wire = extension_of(channel), wire_of(channel)

    def move(self, what: LegInput, at: datetime) -> bool:
        """Make a transition; False, and nothing changed, where the table has none."""
        target = TRANSITIONS.get((self.state, what))
        if target is None:
            return False
        self.state = target
        if what is LegInput.ANSWERS:
            self.answered_at = min(self.answered_at or at, at)
        if what is LegInput.ENDS:
            self.ended_at = at
            close(self.stays, at)
            close(self.holds, at)
        return True

    def enter(self, bridge: str, at: datetime) -> None:
        """Enter a bridge; whoever was in another one has left it."""
        if self.bridge == bridge:
            return
        close(self.stays, at)
        self.stays.append(Span(started_at=at, place=bridge))

    def leave(self, bridge: str, at: datetime) -> bool:
        """Leave a bridge; False where the leg was not in it."""
        if not self.bridge or self.bridge != bridge:
            return False
        close(self.stays, at)
        return True


def close(spans: list[Span], at: datetime) -> None:
    """End the last span where it is open, never before it began."""
    if spans and spans[-1].ended_at is None:
        spans[-1].ended_at = max(at, spans[-1].started_at)
