"""A call, its recordings, timeline and corrections, and what calls can be asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

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
    free_text,
)
from ccengine.backoffice.api.models.codes import Next
from ccengine.backoffice.api.models.listening import Listened
from ccengine.backoffice.api.models.orders import Order
from ccengine.hotline.work_order import OrderType, Priority
from ccengine.values import Direction, EndedBy, Outcome, Source


class Recording(Out):
    """One audio file of a call. `stereo` (left caller, right agents) and `message` are what people listen to."""

    id: int
    kind: Literal["part", "stereo", "message"]
    party: str
    seconds: float | None
    silent_sides: list[str] = Field(description="Parties bridged but silent; `cut`: it ends before the talk")
    built_at: datetime | None


class Talk(Out):
    """One stretch in which an agent and the other party could hear one another."""

    agent_number: str | None
    extension: str
    started_at: datetime
    ended_at: datetime
    seconds: float


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
    agent_number: str | None = Field(description="Who talked first; after a transfer all are in talks")
    agent_extension: str | None
    talks: list[Talk]
    ended_by: EndedBy
    outcome: Outcome | None
    grade: int | None = Field(description="The caller's grade of the talk by key, 1 to 5; None: not given")
    source: Source
    fallback: bool = Field(description="The dialplan queued the call by itself because the engine did not answer")
    notes: list[str] = Field(description="What is special: interrupted, reconciled, joined_late, recording_off")
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


class Choice(Out):
    """What an agent chose for a call."""

    disposition: str
    note: str
    chosen_by: str
    chosen_at: datetime | None


class CallDetail(Call):
    """A call with its timeline, corrections and the agent's choice."""

    timeline: list[TimelineEntry]
    choice: Choice | None
    corrections: list[Correction]
    listened: list[Listened] = Field(default_factory=list, description="With calls.listen_in only: who listened")


class CallList(Out):
    """Calls, newest first."""

    items: list[Call]
    next: Next


class ChoiceBody(In):
    """What the call was about; what is left out is as the disposition says."""

    disposition: Annotated[str, free_text(32, 1), Field(description="A code of GET /dispositions")]
    category: Annotated[str, free_text(32)] | None = None
    priority: Priority | None = None
    title: Annotated[str, free_text(200)] = ""
    note: Annotated[str, free_text(2000)] = ""
    customer_id: Account | None = None
    address: Annotated[str, free_text(200)] = ""


class ChoiceAnswer(Out):
    """The choice as it is kept, and the call's order; null where the choice needs none."""

    call_id: str
    disposition: str
    order: Order | None


class Disposition(Out):
    """One thing an agent may choose for a call; without an order type it opens no order."""

    code: str
    name_zh: str
    name_en: str
    order_type: OrderType | None
    category: str
    priority: Priority


class DispositionList(Out):
    """Dispositions in the order in which agents see them."""

    items: list[Disposition]
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
