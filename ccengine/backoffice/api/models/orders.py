"""A work order and its history, and the bodies that register, move and note."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from ccengine.backoffice.api.fields import (
    Account,
    CallId,
    Cursor,
    In,
    Limit,
    Out,
    PhoneNumber,
    Since,
    Until,
    Version,
    free_text,
)
from ccengine.backoffice.api.models.codes import DistrictCode, DistrictOrNone, Next
from ccengine.hotline.work_order import Form, OrderStatus, OrderType, Priority, RequestSource


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
