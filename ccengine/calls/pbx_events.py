"""What the PBX can tell the live view, as values. Nothing of AMI's names or escapes is left here.

What does not live here: how they are read off the wire (asterisk/ami/translate), what follows from them (tracker).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ChannelState(StrEnum):
    """A channel's own state, as far as it matters."""

    DOWN = "down"
    RINGING = "ringing"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One channel as an event describes it. All text is the PBX's, so possibly a stranger's."""

    uniqueid: str
    channel: str
    linkedid: str = ""
    state: ChannelState = ChannelState.DOWN
    number: str = ""
    name: str = ""
    language: str = ""
    account: str = ""
    context: str = ""
    exten: str = ""
    agent: str = ""  # CC_AGENT of the phone, where the PBX tells it


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxEvent:
    """Something happened at the PBX at a moment of the PBX's clock."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LegCreated(PbxEvent):
    """A channel began."""

    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class LegChanged(PbxEvent):
    """A channel's state, number, account or other face changed."""

    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEnded(PbxEvent):
    """A channel is gone. `cause` is the ISDN cause."""

    leg: Leg
    cause: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HangupAsked(PbxEvent):
    """A hangup was asked for: by the party at the far end of this leg, or (`inside`) by the PBX or a command.

    pbx_ends: by the PBX, which hangs up on everybody because it ends.
    """

    leg: Leg
    inside: bool = False
    pbx_ends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DialBegun(PbxEvent):
    """A leg is being called, by another one or by a command."""

    dest: Leg
    caller: Leg | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialRinging(PbxEvent):
    """The called leg rings."""

    dest: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class DialEnded(PbxEvent):
    """The calling of a leg came to an end (ANSWER, BUSY, NOANSWER, CANCEL, ...)."""

    dest: Leg
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeEntered(PbxEvent):
    """A leg hears the others of this bridge from now on."""

    bridge: str
    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeLeft(PbxEvent):
    """A leg has left a bridge."""

    bridge: str
    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(PbxEvent):
    """The party at this leg has put the other one on hold."""

    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheld(PbxEvent):
    """The party at this leg has taken the other one back."""

    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningBegun(PbxEvent):
    """A supervisor's leg hears another one from now on; its extension is the mode."""

    leg: Leg
    heard: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningFailed(PbxEvent):
    """A supervisor's phone was not reached or not picked up."""

    extension: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred(PbxEvent):
    """A transfer succeeded. `legs` are all that took part, the transferer's first."""

    attended: bool
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerJoined(PbxEvent):
    """A caller stands in a queue."""

    queue: str
    leg: Leg
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerLeft(PbxEvent):
    """A caller left a queue, for whatever reason."""

    queue: str
    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerGaveUp(PbxEvent):
    """A caller left a queue without an agent: hung up, or ran into a limit."""

    queue: str
    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRung(PbxEvent):
    """A queue rings a member."""

    queue: str
    agent_number: str
    interface: str
    caller: Leg
    dest: Leg | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentMissed(PbxEvent):
    """A member did not take the call offered."""

    queue: str
    agent_number: str
    interface: str
    caller: Leg
    ring_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAnswered(PbxEvent):
    """A queue gave the caller to a member."""

    queue: str
    agent_number: str
    interface: str
    caller: Leg


class DeviceState(StrEnum):
    """What the PBX knows of a member's phone."""

    UNKNOWN = "unknown"
    FREE = "free"
    IN_USE = "in_use"
    RINGING = "ringing"
    ON_HOLD = "on_hold"
    UNREACHABLE = "unreachable"


class MemberChange(StrEnum):
    """Why a member is told of."""

    ADDED = "added"
    REMOVED = "removed"
    PAUSE = "pause"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A queue's member: an agent (by number) on a device."""

    queue: str
    interface: str
    agent_number: str
    device: DeviceState = DeviceState.UNKNOWN
    paused: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChanged(PbxEvent):
    """A member came, went, paused, or its phone changed."""

    change: MemberChange
    member: Member


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalMark(PbxEvent):
    """A line of our own that dialplan or flow wrote into the journal, seen live. `values` are its k=v pairs."""

    kind: str
    uniqueid: str
    linkedid: str = ""
    account: str = ""
    values: tuple[tuple[str, str], ...] = ()

    def value(self, key: str) -> str:
        """Return the value of a key, or an empty text."""
        return next((value for name, value in reversed(self.values) if name == key), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Booted(PbxEvent):
    """The PBX is up and says since how many seconds."""

    uptime_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLost(PbxEvent):
    """The event stream is cut: what is shown from now on is stale."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotLeg:
    """A channel as listed: the leg, how long it has lived, the bridge it stands in."""

    leg: Leg
    seconds: float = 0.0
    bridge: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotEntry:
    """A caller in a queue as listed."""

    queue: str
    uniqueid: str
    position: int = 0
    wait_seconds: float = 0.0
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTaken(PbxEvent):
    """All that the PBX has now, listed after the event stream was opened, and fed through the same door."""

    generation: int = 0
    boot: str = ""  # names the PBX's present run; another one than before: nothing of before lives
    legs: tuple[SnapshotLeg, ...] = field(default=())
    members: tuple[Member, ...] = field(default=())
    entries: tuple[SnapshotEntry, ...] = field(default=())
