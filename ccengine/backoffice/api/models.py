"""What the API answers and takes, field by field. The OpenAPI document and the checks are both made from these classes.

What does not live here: where the values come from (shapes.py), what is allowed (services).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from ccengine.backoffice.api.fields import (
    Account,
    AgentNumber,
    CallId,
    Cursor,
    Extension,
    In,
    Limit,
    Moment,
    Out,
    PhoneNumber,
    QueueName,
    Since,
    Until,
    Version,
    free_text,
    one_of,
)
from ccengine.hotline.outage import DISTRICTS, OutageKind
from ccengine.hotline.work_order import Form, OrderStatus, OrderType, Priority, RequestSource
from ccengine.services.agents import PAUSE_REASONS, STATES
from ccengine.values import Direction, EndedBy, Outcome, Source

DistrictCode: Any = one_of(DISTRICTS)
DistrictOrNone: Any = one_of(("", *DISTRICTS))
AgentState: Any = one_of(STATES)
PauseReason: Any = one_of(PAUSE_REASONS)
Next = Annotated[str | None, Field(description="Cursor of the next page; null at the end")]


# --- calls ---------------------------------------------------------------------------------------------------------


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


# --- work orders ---------------------------------------------------------------------------------------------------


class Order(Out):
    """A work order 工单."""

    id: int
    number: str
    type: OrderType
    category: str
    status: OrderStatus
    priority: Priority
    title: str
    description: str
    call_id: str | None
    call_ids: list[str] = Field(description="All calls on this matter")
    rule: str | None = Field(description="The opening rule that opened it; null when registered by hand")
    customer_id: str | None
    contact_name: str
    contact_number: str = Field(description="Masked unless the token may reveal numbers")
    address: str
    district: str
    form: Form
    source: RequestSource
    unit: str
    created_by: str
    assigned_to: str
    version: int = Field(description="Grows with each change; send it as expected_version")
    created_at: datetime
    updated_at: datetime
    due_at: datetime
    stamps: dict[str, datetime] = Field(description="When each state was reached, plus item_cleared 消件, replied 回复")


class OrderEvent(Out):
    """One line of an order's history."""

    at: datetime
    actor: str
    kind: str
    from_status: str | None
    to_status: str | None
    note: str
    detail: dict[str, Any]


class OrderDetail(Order):
    """An order with its history and where it may go next."""

    legal_moves: list[OrderStatus]
    events: list[OrderEvent]


class OrderList(Out):
    """Work orders, newest first."""

    items: list[Order]
    next: Next


class OrderQuery(In):
    """Conditions on the list of work orders."""

    status: OrderStatus | None = None
    type: OrderType | None = None
    priority: Priority | None = None
    category: Annotated[str, free_text(32)] | None = None
    district: DistrictCode | None = None
    assigned_to: Annotated[str, free_text(64)] | None = None
    customer_id: Account | None = None
    call_id: CallId | None = None
    text: Annotated[str, free_text(100), Field(description="Number, title, address, contact or account")] = ""
    open_only: bool = False
    overdue_only: bool = False
    since: Since = None
    until: Until = None
    cursor: Cursor | None = None
    limit: Limit = 50


class OrderBody(In):
    """A request registered by hand. Empty contact and address are filled from the customer."""

    type: OrderType
    title: Annotated[str, free_text(200, 1)]
    category: Annotated[str, free_text(32)] = ""
    priority: Priority = Priority.NORMAL
    description: Annotated[str, free_text(4000)] = ""
    form: Form = Form.PHONE
    source: RequestSource = RequestSource.CUSTOMER
    customer_id: Account | None = None
    contact_name: Annotated[str, free_text(64)] = ""
    contact_number: PhoneNumber = ""
    address: Annotated[str, free_text(200)] = ""
    district: DistrictOrNone = ""
    unit: Annotated[str, free_text(64)] = ""
    call_id: CallId | None = None


class TransitionBody(In):
    """A move to another state. Going back (退单, reopening) needs a note."""

    to: OrderStatus
    note: Annotated[str, free_text(2000)] = ""
    expected_version: Version | None = Field(
        default=None, description="The version you saw; refused when somebody else was faster"
    )


class NoteBody(In):
    """A line for an order's history."""

    text: Annotated[str, free_text(2000, 1)]


# --- customers -----------------------------------------------------------------------------------------------------


class Customer(Out):
    """A customer. Money is in fen; arrears are what is owed."""

    id: str = Field(description="The account number 户号")
    name: str
    phone: str = Field(description="Masked in lists; whole in the detail for a token that may reveal numbers (audited)")
    phone2: str
    address: str
    district: str
    meter_number: str
    tags: list[str]
    balance_fen: int
    arrears_fen: int
    arrears_months: int
    due_on: date | None
    masked: bool


class CustomerDetail(Customer):
    """A customer with the open orders and the last calls."""

    open_orders: list[Order]
    last_calls: list[Call]


class CustomerList(Out):
    """Customers by account number."""

    items: list[Customer]
    next: Next


class CustomerQuery(In):
    """What to search for: account, phone, meter, name, address, or pinyin initials of name or address."""

    text: Annotated[str, free_text(100)] = ""
    cursor: Cursor | None = None
    limit: Limit = 50


# --- now -----------------------------------------------------------------------------------------------------------


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


class Board(_Live):
    """What happens now, from the engine. `stale`: what is shown may be old."""

    at: datetime
    pbx_connected: bool
    stale: bool
    queues: list[BoardQueue]
    waiting: list[BoardWaiting]
    agents: list[BoardAgent]
    calls: list[BoardCall]
    today: dict[str, Any]


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


# --- outages -------------------------------------------------------------------------------------------------------


class Outage(Out):
    """An outage notice 停水通知."""

    id: int
    kind: OutageKind
    district: str
    area_text: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None


class OutageList(Out):
    """Outage notices, newest first."""

    items: list[Outage]
    next: Next


class OutageQuery(In):
    """Which notices."""

    current_only: bool = Field(default=False, description="Only what callers are told now")
    cursor: Cursor | None = None
    limit: Limit = 50


class OutageBody(In):
    """A notice to publish."""

    kind: OutageKind
    district: DistrictCode
    area_text: Annotated[str, free_text(500, 1)]
    reason: Annotated[str, free_text(500, 1)]
    starts_at: Moment
    ends_at: Moment


# --- problems ------------------------------------------------------------------------------------------------------


class FieldError(Out):
    """What is wrong with one field and what to do. `field` is a name, a path like `a.b`, or "" for the whole."""

    field: str
    message: str
    remedy: str


class Problem(Out):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError]
    legal_moves: list[str] | None = Field(default=None, description="With a conflict: what would be possible")
