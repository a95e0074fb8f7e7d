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
from ccengine.rows.order_conditions import Group
from ccengine.values import mask_number


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """A work order. `stamps` holds when each state was reached, by state name, plus item_cleared and replied.

    `unit`: the unit's name as it was when it got the order, or a free text; `unit_code`: the unit itself, "" for none.
    `suspended`: why work stands still, "" when it does not. `reopened`: how often. `resolution`: "" or how it ended
    without work: not_needed, merged. `parent_id`: the incident it belongs to, or the order it was merged into.
    `place_by`: who knows where it is (WGS-84): customer (their file), field (a photo's place), hand; "" for nobody.
    """

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
    unit_code: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    suspended: str = ""
    urges: int = 0
    supervised_by: str = ""
    reopened: int = 0
    resolution: str = ""
    parent_id: int | None = None
    is_incident: bool = False
    latitude: float | None = None
    longitude: float | None = None
    place_by: str = ""
    call_ids: tuple[str, ...] = ()

    @property
    def contact_number_masked(self) -> str:
        """The contact number as people without the right see it."""
        return mask_number(self.contact_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRow:
    """A time in which work on an order stood still; `until` None: it still does."""

    id: int
    order_id: int
    reason: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JointUnit:
    """A further unit that works on an order 协办."""

    order_id: int
    unit_code: str
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRow:
    """A paper form as it was given out; `sha256` is the PDF's. The PDF itself is read by itself."""

    id: int
    order_id: int
    form: str
    language: str
    sha256: str
    printed_by: str
    printed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """The asking for a grade after the work of one round: each reopening begins a new round.

    kind: phone, message or agent; status: pending, asking, done, unreachable, cancelled. `grade_handling` and
    `grade_call` are kept apart; `fixed`: what the customer says about the matter itself.
    """

    id: int
    order_id: int
    round: int
    kind: str
    status: str
    due_at: datetime
    tries: int = 0
    grade_handling: int | None = None
    grade_call: int | None = None
    fixed: bool | None = None
    remark: str = ""
    remark_recording: str = ""
    call_id: str | None = None
    asked_by: str = ""
    created_at: datetime
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """One line of an order's history; append-only.

    kind: opened, moved, stamped, noted, changed, attached, detached, suspended, resumed, urged,
    supervised, joint, merged, visited. `channel` and `ip`: from where; `before` and `after`: the order's columns that
    changed. `seq`, `prev_hash` and `hash` are given by the store: the chain (hotline/event_chain.py).
    """

    order_id: int
    at: datetime
    actor: str
    kind: str
    from_status: str | None = None
    to_status: str | None = None
    note: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    channel: str = ""
    ip: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 0
    prev_hash: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetail:
    """One order with its history, its customer and where it may go next: `legal_moves` are the states that a plain move
    leads to, `moves` the names of all moves that the one who asks may make now (guards aside)."""

    order: OrderRow
    events: tuple[OrderEvent, ...]
    legal_moves: tuple[OrderStatus, ...]
    customer: CustomerRow | None
    moves: tuple[str, ...] = ()
    pauses: tuple[PauseRow, ...] = ()
    joint: tuple[JointUnit, ...] = ()
    visits: tuple[VisitRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """A request registered by hand: counter, letter, web. Empty address and contact are filled from the customer,
    an empty priority from the type."""

    type: str
    title: str
    category: str = ""
    priority: str = ""
    description: str = ""
    form: str = "phone"
    source: str = "customer"
    customer_account: str | None = None
    contact_name: str = ""
    contact_number: str = ""
    address: str = ""
    district: str = ""
    unit: str = ""
    unit_code: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    call_id: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Conditions on the list of orders; None or "" means any. `text`: number, title, address, contact, account.

    `crew_of`: a user name: what this person is to do, by own name, by unit or as a joint unit.
    `groups`: free conditions (order_conditions.py), as of the moment `as_of`.
    """

    status: str | None = None
    type: str | None = None
    priority: str | None = None
    category: str | None = None
    form: str | None = None
    source: str | None = None
    district: str | None = None
    assigned_to: str | None = None
    unit_code: str | None = None
    parent_id: int | None = None
    crew_of: str | None = None
    suspended: bool | None = None
    customer_account: str | None = None
    call_id: str | None = None
    overdue_at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    open_only: bool = False
    visited: bool = False
    groups: tuple[Group, ...] = ()
    as_of: datetime | None = None
