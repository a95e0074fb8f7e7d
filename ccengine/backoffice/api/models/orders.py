"""A work order and its history, and the bodies that register, move and note.

What does not live here: the lists behind orders (order_lists.py), where the values come from (api/shapes.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt, StringConstraints

from ccengine.backoffice.api.fields import (
    Account,
    AgentNumber,
    CallId,
    Cursor,
    In,
    Limit,
    Out,
    PhoneNumber,
    RowId,
    Since,
    Until,
    Version,
    free_text,
    one_of,
)
from ccengine.backoffice.api.models.codes import DistrictCode, DistrictOrNone, Next
from ccengine.hotline.order_moves import NAMES, SUSPEND_REASONS
from ccengine.hotline.work_order import OrderStatus, Priority

#: Codes of the lists that an administrator edits (GET /order-codes names those of this site).
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,31}$")]
CodeOrNone = Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9_]{0,31})?$")]
MoveName: Any = one_of(NAMES)
SuspendReason: Any = one_of(("", *SUSPEND_REASONS))
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class Order(Out):
    """A work order 工单."""

    id: int
    number: str
    type: str
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
    form: str
    source: str
    unit: str = Field(description="The unit's name when it got the order, or a free text")
    unit_code: str
    created_by: str
    assigned_to: str
    version: int = Field(description="Grows with each change; send it as expected_version")
    created_at: datetime
    updated_at: datetime
    due_at: datetime
    fields: dict[str, Any] = Field(description="The type's further fields")
    suspended: str = Field(description="Why work stands still; empty when it does not")
    urges: int = Field(description="How often the order was urged 催办")
    supervised_by: str = Field(description="Who watches over it 督办; empty for nobody")
    reopened: int = Field(description="How often it was reopened")
    resolution: str = Field(description="not_needed or merged when it ended without work")
    parent_id: int | None = Field(description="The incident it belongs to, or the order it was merged into")
    is_incident: bool
    latitude: float | None = Field(description="Where it is (WGS-84); null when nobody knows")
    longitude: float | None
    place_by: str = Field(description="Who knows: customer (their file), field (a photo's place), hand; empty: nobody")
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
    channel: str = Field(description="By which way: page, api, phone, ivr, engine …")
    before: dict[str, Any] = Field(description="The order's columns that changed, as they were")
    after: dict[str, Any]
    seq: int
    hash: str = Field(description="SHA-256 over this line and the hash of the line before")


class Pause(Out):
    """A time in which work stood still."""

    reason: str
    since: datetime
    until: datetime | None


class Visit(Out):
    """The asking for a grade 回访 in one round of work."""

    id: int
    round: int
    kind: str
    status: str
    due_at: datetime
    tries: int
    grade_handling: int | None
    grade_call: int | None
    fixed: bool | None
    remark: str
    call_id: str | None = Field(description="The call that asked; a spoken remark is among its recordings")
    done_at: datetime | None


class OrderDetail(Order):
    """An order with its history and where it may go next."""

    legal_moves: list[OrderStatus] = Field(description="The states that POST …/transitions may lead to")
    moves: list[str] = Field(description="The moves that you may make now with POST …/moves")
    joint_units: list[str]
    pauses: list[Pause]
    visits: list[Visit]
    events: list[OrderEvent]


class MatterStep(Out):
    """One step of a matter: a call, a recording, a line of the history, a piece of evidence."""

    at: datetime
    kind: str
    who: str
    key: str = Field(description="The call's or the evidence's id")
    note: str
    event: OrderEvent | None
    detail: dict[str, Any]


class Matter(Out):
    """Everything that happened in one matter, first to last."""

    items: list[MatterStep]


class OrderList(Out):
    """Work orders, newest first."""

    items: list[Order]
    next: Next


class OrderConditions(In):
    """Conditions on work orders."""

    status: OrderStatus | None = None
    type: Code | None = None
    priority: Priority | None = None
    category: Annotated[str, free_text(32)] | None = None
    district: DistrictCode | None = None
    assigned_to: Annotated[str, free_text(64)] | None = None
    unit_code: Code | None = None
    parent_id: RowId | None = None
    crew_of: Annotated[str, free_text(64), Field(description="A user name: what this person is to do")] | None = None
    suspended: bool | None = None
    customer_id: Account | None = None
    call_id: CallId | None = None
    text: Annotated[str, free_text(100), Field(description="Number, title, address, contact or account")] = ""
    where: Annotated[
        str,
        free_text(2000),
        Field(
            description="Free conditions `field.operator.value,value`; `;` is and, `|` is or, values percent-encoded: "
            "`status.is.accepted,dispatched;created.days.7|overdue.is.yes`"
        ),
    ] = ""
    open_only: bool = False
    overdue_only: bool = False
    since: Since = None
    until: Until = None


class OrderQuery(OrderConditions):
    """A page of the list of work orders."""

    cursor: Cursor | None = None
    limit: Limit = 50


class OrderBody(In):
    """A request registered by hand. Empty contact and address are filled from the customer."""

    type: Code
    title: Annotated[str, free_text(200, 1)]
    category: CodeOrNone = ""
    priority: Priority | None = Field(default=None, description="Left out: the type's own")
    description: Annotated[str, free_text(4000)] = ""
    form: Code = "phone"
    source: Code = "customer"
    customer_id: Account | None = None
    contact_name: Annotated[str, free_text(64)] = ""
    contact_number: PhoneNumber = ""
    address: Annotated[str, free_text(200)] = ""
    district: DistrictOrNone = ""
    unit: Annotated[str, free_text(64)] = ""
    unit_code: CodeOrNone = ""
    fields: dict[str, str] = Field(default_factory=dict, description="The type's further fields", max_length=30)
    call_id: CallId | None = None
    latitude: Latitude | None = Field(default=None, description="Where it is (WGS-84); left out: the customer's place")
    longitude: Longitude | None = None


class PlaceBody(In):
    """Where an order is (WGS-84); null for both: nobody knows."""

    latitude: Latitude | None
    longitude: Longitude | None


class TransitionBody(In):
    """A move to another state. Going back (退单, reopening) needs a note."""

    to: OrderStatus
    note: Annotated[str, free_text(2000)] = ""
    expected_version: Version | None = Field(
        default=None, description="The version you saw; refused when somebody else was faster"
    )


class MoveBody(In):
    """One move of the table. A suspension takes a `reason`; dispatch and reassign who gets the work; joint all further
    units; merge the order `into` which this one goes."""

    move: MoveName
    note: Annotated[str, free_text(2000)] = ""
    expected_version: Version | None = None
    reason: SuspendReason = ""
    unit_code: CodeOrNone | None = None
    assigned_to: Annotated[str, free_text(64)] | None = None
    joint_units: list[Code] | None = Field(default=None, max_length=20)
    into: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)] | None = None


class VisitBody(In):
    """What the customer said when asked by a person; without a grade: nobody was reached."""

    grade: Annotated[StrictInt, Field(ge=1, le=5)] | None = None
    fixed: StrictBool | None = None
    remark: Annotated[str, free_text(2000)] = ""


class VisitCallBody(In):
    """Whose phone rings first; left out: the asking person's own."""

    agent_number: AgentNumber | None = None


class VisitCall(Out):
    """The call, which is known to the calls as soon as the agent picked up."""

    call_id: str


class Print(Out):
    """A paper form as it was given out; its PDF is at /work-orders/{order_id}/prints/{id}."""

    id: int
    order_id: int
    form: str
    language: str
    sha256: str = Field(description="Of the PDF; it stands in the order's chained history too")
    printed_by: str
    printed_at: datetime


class PrintList(Out):
    """Forms that were given out, newest first."""

    items: list[Print]


class NoteBody(In):
    """A line for an order's history."""

    text: Annotated[str, free_text(2000, 1)]
