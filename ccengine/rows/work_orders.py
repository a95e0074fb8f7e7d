"""Work orders, their history, and what somebody wants to register or find.

What does not live here: tables (store/tables/), rules (hotline/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ccengine.hotline.work_order import OrderStatus
from ccengine.rows.customers import CustomerRow
from ccengine.values import mask_number


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """A work order. `stamps` holds when each state was reached, by state name, plus item_cleared and replied."""

    id: int
    number: str
    type: str
    category: str
    status: OrderStatus
    priority: str
    title: str
    description: str
    call_id: str | None
    rule: str | None
    customer_account: str | None
    contact_name: str
    contact_number: str
    address: str
    district: str
    form: str
    source: str
    unit: str
    created_by: str
    assigned_to: str
    version: int
    created_at: datetime
    updated_at: datetime
    due_at: datetime
    stamps: Mapping[str, datetime]
    call_ids: tuple[str, ...] = ()

    @property
    def contact_number_masked(self) -> str:
        """The contact number as people without the right see it."""
        return mask_number(self.contact_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """One line of an order's history; append-only. kind: opened, moved, stamped, noted, changed, attached, detached."""

    order_id: int
    at: datetime
    actor: str
    kind: str
    from_status: str | None = None
    to_status: str | None = None
    note: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetail:
    """One order with its history, its customer and where it may go next."""

    order: OrderRow
    events: tuple[OrderEvent, ...]
    legal_moves: tuple[OrderStatus, ...]
    customer: CustomerRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """A request registered by hand: counter, letter, web. Empty address and contact are filled from the customer."""

    type: str
    title: str
    category: str = ""
    priority: str = "normal"
    description: str = ""
    form: str = "phone"
    source: str = "customer"
    customer_account: str | None = None
    contact_name: str = ""
    contact_number: str = ""
    address: str = ""
    district: str = ""
    unit: str = ""
    call_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Conditions on the list of orders; None or "" means any. `text`: number, title, address, contact, account."""

    status: str | None = None
    type: str | None = None
    priority: str | None = None
    category: str | None = None
    form: str | None = None
    source: str | None = None
    district: str | None = None
    assigned_to: str | None = None
    customer_account: str | None = None
    call_id: str | None = None
    overdue_at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    open_only: bool = False
