"""What the store hands out and takes in: one frozen value per noun, the same for pages, API, IVR and engine.

What does not live here: the finished CallRecord (values.py), rules (hotline/), tables (store/tables/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from ccengine.hotline.work_order import OrderStatus
from ccengine.values import AgentInterval, CallRecord, mask_number

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list, newest first; `next` is the opaque cursor of the following page, None at the end."""

    items: tuple[T, ...]
    next: str | None = None


# --- calls ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRef:
    """An order as a call shows it; `attached`: the order was there before this call."""

    id: int
    number: str
    type: str
    status: str
    attached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRow:
    """One audio file of a call: kind "part" (one party's own audio), "message", or "stereo" (offered to people).

    `silent_sides` names parties that were bridged but are digital silence. `file_name` is below recordings_dir.
    """

    id: int
    call_id: str
    file_name: str
    kind: str
    party: str
    seconds: float | None = None
    silent_sides: tuple[str, ...] = ()
    built_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call in a list. `revision` counts corrections; `place` is where the number belongs, as far as known;
    `fingerprint` is that of the record as it came."""

    record: CallRecord
    customer_account: str | None
    customer_name: str
    revision: int
    fingerprint: str = ""
    place: str = ""
    orders: tuple[OrderRef, ...] = ()
    recordings: tuple[RecordingRow, ...] = ()

    @property
    def caller_number_masked(self) -> str:
        """The caller's number as people without the right see it."""
        return mask_number(self.record.caller_number)

    @property
    def work_order_ids(self) -> tuple[int, ...]:
        """Ids of the call's orders, attached ones included."""
        return tuple(order.id for order in self.orders)

    @property
    def playable(self) -> RecordingRow | None:
        """What a person should hear: the stereo file, else the message, else nothing yet."""
        by_kind = {row.kind: row for row in self.recordings}
        return by_kind.get("stereo") or by_kind.get("message")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of a call's timeline: kind is e.g. arrived, menu, queued, connected, ended, order, choice."""

    at: datetime
    kind: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A later change of a final record: the fields before and after. Nothing is ever overwritten without one."""

    call_id: str
    revision: int
    at: datetime
    source: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    fingerprint_before: str
    fingerprint_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDetail:
    """One call with everything known about it."""

    call: CallRow
    timeline: tuple[TimelineEntry, ...]
    corrections: tuple[Correction, ...]
    choice: CallChoice | None
    customer: CustomerRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Conditions on the list of calls; None or "" means any. `number`: digits of a number, or a name."""

    direction: str | None = None
    outcome: str | None = None
    agent_number: str | None = None
    queue: str | None = None
    customer_account: str | None = None
    number: str = ""
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    include_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChoice:
    """What an agent chose for a call, during it or in wrap-up."""

    call_id: str
    disposition: str
    order_type: str | None
    category: str = ""
    priority: str = "normal"
    title: str = ""
    note: str = ""
    customer_account: str | None = None
    address: str = ""
    chosen_by: str = ""
    chosen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFile:
    """A file to play: its name below recordings_dir."""

    call_id: str
    file_name: str
    kind: str
    seconds: float | None
    silent_sides: tuple[str, ...] = ()


# --- the journal ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPosition:
    """Where to go on reading: a file known by device, inode and hash of its first line. `file` is "cel" or "queue_log".

    `offset`: everything before it is in the rows. `resume_offset`: where re-reading must begin (oldest open call).
    """

    node: str
    file: str
    device: int
    inode: int
    first_line_hash: str
    offset: int
    resume_offset: int
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedLine:
    """A line that could not be read; kept whole as bytes in latin-1 text."""

    node: str
    file: str
    offset: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyRow:
    """Something that did not fit: kind e.g. live_disagrees, lost_tail, unknown_leg."""

    at: datetime
    kind: str
    call_id: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """A line of a call's timeline, as written."""

    call_id: str
    at: datetime
    kind: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalBatch:
    """What one stretch of a journal file came to: everything of it and the position go into ONE transaction."""

    node: str
    file: str
    position: JournalPosition
    records: tuple[CallRecord, ...] = ()
    intervals: tuple[AgentInterval, ...] = ()
    quarantined: tuple[QuarantinedLine, ...] = ()
    events: tuple[CallEvent, ...] = ()
    anomalies: tuple[AnomalyRow, ...] = ()


# --- customers, outages, agents ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRow:
    """A customer. `masked`: phones are shown as 138****5678."""

    account: str
    name: str
    phone: str
    phone2: str
    address: str
    district: str
    meter_number: str
    tags: tuple[str, ...]
    balance_fen: int
    arrears_fen: int
    arrears_months: int
    due_on: date | None
    name_pinyin: str = ""
    address_pinyin: str = ""
    masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What the caller is told about money."""

    account: str
    balance_fen: int
    arrears_fen: int
    arrears_months: int
    due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageRow:
    """An outage notice. `district` is a code of hotline.outage.DISTRICTS."""

    id: int
    kind: str
    district: str
    area_text: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOutage:
    """What somebody wants to publish."""

    kind: str
    district: str
    area_text: str
    reason: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """An agent (person) with the device last signed in on, or the one that is theirs by default."""

    number: str
    name: str
    extension: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """A phone."""

    extension: str
    sip_user: str
    label: str
    default_agent: str | None


# --- work orders ---------------------------------------------------------------------------------------------------


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


# --- people --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """Somebody who may sign in."""

    id: int
    user_name: str
    display_name: str
    roles: frozenset[str]
    agent_number: str | None
    active: bool
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A signed-in browser; the token itself is stored nowhere."""

    token_hash: str
    user_id: int
    csrf_token: str
    ip: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """An API token, by its hash."""

    id: int
    name: str
    roles: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to what; append-only."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


# --- work that waits -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A piece of work that is done later, exactly once per (kind, key) at a time."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A change that was committed; `id` only grows. topic: call, order, outage, agent."""

    id: int
    topic: str
    payload: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """The raw counts of a day, from rows."""

    offered: int
    answered: int
    abandoned: int
    served: int
    within_service_level: int
    wait_seconds_total: float
