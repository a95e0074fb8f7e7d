"""What is happening now: board, agents, figures, health."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import ConfigDict, Field

from ccengine.backoffice.api.fields import (
    Extension,
    In,
    Out,
)
from ccengine.backoffice.api.models.codes import AgentState, Next, PauseReason


class _Live(Out):
    model_config = ConfigDict(extra="allow")


class BoardAgent(_Live):
    """An agent now."""

    number: str
    name: str
    extension: str | None
    state: str
    reason: str | None
    since: datetime | None
    call_id: str | None
    peer_number: str | None


class BoardCall(_Live):
    """A call now."""

    call_id: str
    direction: str
    state: str
    since: datetime
    caller_number: str
    caller_name: str
    queue: str | None
    agent_number: str | None


class BoardWaiting(_Live):
    """A caller who waits."""

    call_id: str
    caller_number: str
    queue: str
    position: int | None
    since: datetime


class BoardQueue(_Live):
    """A queue now."""

    queue: str
    waiting: int
    longest_wait_since: datetime | None


class BoardListening(_Live):
    """A supervisor (agent number `listener`) on an agent's talk. `state`: calling (their phone rings) or on."""

    listener: str
    extension: str
    agent_number: str
    call_id: str
    mode: str
    state: str
    since: datetime


class BoardAlarm(_Live):
    """Something people should see to: a full disk, recordings that stopped, calls that do not get through, silence."""

    code: str
    percent: int
    bad: bool
    minutes: int = 0


class BoardYesterday(_Live):
    """What the comparison of the day before came to; `waiting`: differences that need a person."""

    day: date
    checked: bool
    found: int
    mended: int
    waiting: int


class BoardProbe(_Live):
    """The call that the engine places by itself. `problem`: empty, no_calls, no_sip or no_queue."""

    ok: bool
    problem: str
    well_at: datetime | None
    seconds: float


class BoardOwn(_Live):
    """What the product knows about itself."""

    yesterday: BoardYesterday | None = None
    probe: BoardProbe | None = None


class Board(_Live):
    """What happens now, from the engine. `stale`: what is shown may be old; `listening`: with calls.listen_in only."""

    at: datetime
    pbx_connected: bool
    stale: bool
    queues: list[BoardQueue]
    waiting: list[BoardWaiting]
    agents: list[BoardAgent]
    calls: list[BoardCall]
    today: dict[str, Any]
    listening: list[BoardListening] = Field(default_factory=list)
    alarms: list[BoardAlarm] = Field(default_factory=list)
    own: BoardOwn = BoardOwn()


class Agent(Out):
    """An agent, with the state now when the engine answers (else null)."""

    number: str
    name: str
    extension: str
    state: str | None
    reason: str | None
    since: datetime | None
    call_id: str | None


class AgentList(Out):
    """Agents by number."""

    items: list[Agent]
    next: Next


class AgentStateBody(In):
    """The state wanted. `paused` needs a reason; `available` signs in where necessary."""

    state: AgentState
    reason: PauseReason | None = None
    extension: Extension | None = Field(default=None, description="The phone to sign in on; default: the last one")


class AgentStateAnswer(Out):
    """The PBX accepted the command; the board shows the state when the PBX's event has come back."""

    number: str
    extension: str
    state: str
    reason: str | None


class Figures(Out):
    """Today's figures from the call records, each with its formula."""

    offered: int
    answered: int
    abandoned: int
    served: int
    average_wait_seconds: float | None
    service_level_percent: float | None
    formula: dict[str, dict[str, str]]
    orders: dict[str, int] = Field(description="How many orders stand in each state")


class Health(Out):
    """Whether the parts answer. Details only for who may see the board."""

    ok: bool
    database: bool
    engine: bool
    pbx: bool
    version: str
    detail: dict[str, Any] | None
