"""A call, its recordings, timeline and corrections, and what calls can be asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ccengine.backoffice.api.fields import (
    Account,
    AgentNumber,
    Cursor,
    In,
    Limit,
    Out,
    PhoneNumber,
    QueueName,
    Since,
    Until,
)
from ccengine.backoffice.api.models.codes import Next
from ccengine.values import Direction, EndedBy, Outcome, Source


class Recording(Out):
    """One audio file of a call. `stereo` (left caller, right agents) and `message` are what people listen to."""

    id: int
    kind: Literal["part", "stereo", "message"]
    party: str
    seconds: float | None
    silent_sides: list[str] = Field(description="Parties that were bridged but are digital silence")
    built_at: datetime | None


class Call(Out):
    """A call that entered or left by a trunk. While `final` is false it goes on and later fields may grow."""

    id: str
    direction: Direction
    started_at: datetime
    answered_at: datetime | None
    queued_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    caller_number: str = Field(description="Masked unless the token may reveal numbers")
    caller_name: str
    called_number: str
    place: str
    customer_id: str | None = Field(description="The customer's account number 户号")
    customer_name: str
    ivr_path: list[str]
    language: str
    queue: str | None
    wait_seconds: float
    talk_seconds: float
    hold_seconds: float
    transfers: int
    agent_number: str | None
    agent_extension: str | None
    ended_by: EndedBy
    outcome: Outcome | None
    source: Source
    fallback: bool = Field(description="The dialplan queued the call by itself because the engine did not answer")
    final: bool
    revision: int
    recordings: list[Recording]
    work_order_ids: list[int]


class TimelineEntry(Out):
    """One line of a call's history."""

    at: datetime
    kind: str
    detail: dict[str, Any]


class Correction(Out):
    """A later change of a final record; nothing is overwritten without one."""

    revision: int
    at: datetime
    source: str
    before: dict[str, Any]
    after: dict[str, Any]


class CallDetail(Call):
    """A call with its timeline and corrections."""

    timeline: list[TimelineEntry]
    corrections: list[Correction]


class CallList(Out):
    """Calls, newest first."""

    items: list[Call]
    next: Next


class CallQuery(In):
    """Conditions on the list of calls."""

    direction: Direction | None = None
    outcome: Outcome | None = None
    source: Source | None = None
    agent_number: AgentNumber | None = None
    queue: QueueName | None = None
    customer_id: Account | None = None
    number: PhoneNumber = ""
    since: Since = None
    until: Until = None
    final_only: bool = False
    cursor: Cursor | None = None
    limit: Limit = 50
