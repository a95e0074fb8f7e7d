"""What the live view concludes, as values: the words in which it tells the rest of the engine.

What does not live here: how it is concluded (tracker).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ccengine.calls.agent_state import AgentState
from ccengine.values import CallRecord, Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something is so since a moment of the PBX's clock."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxEnds(Fact):
    """The PBX has begun to hang up on everybody, to end or to start anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(Fact):
    """A call has a name of ours."""

    call_id: str
    direction: Direction
    caller_number: str
    caller_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWaiting(Fact):
    """The caller stands in a queue."""

    call_id: str
    queue: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(Fact):
    """An agent's phone rings with the call. `agent_number` is None where nobody is signed in on that phone."""

    call_id: str
    agent_number: str | None
    extension: str
    caller_number: str
    caller_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMissed(Fact):
    """An agent did not take the call offered."""

    call_id: str
    agent_number: str
    extension: str
    ring_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallConnected(Fact):
    """Agent and other party hear each other."""

    call_id: str
    agent_number: str | None
    extension: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(Fact):
    """The agent has put the other party on hold."""

    call_id: str
    agent_number: str | None
    extension: str
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResumed(Fact):
    """The agent has taken the other party back."""

    call_id: str
    agent_number: str | None
    extension: str
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(Fact):
    """A call is over; `record` is all that the live view knows (source=live, final). Internal calls have no facts."""

    call_id: str
    record: CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStateChanged(Fact):
    """An agent's state, its reason, device or call changed. `direction` is that of the call left or entered."""

    agent_number: str
    extension: str
    state: AgentState
    previous: AgentState
    reason: str | None = None
    call_id: str | None = None
    previous_call_id: str | None = None
    direction: Direction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningPassedOn(Fact):
    """A supervisor transferred the leg that listens: one of these channels listens now, and nobody knows it."""

    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly(Fact):
    """The PBX told something late or impossible; nothing was changed by it."""

    kind: str
    detail: str
