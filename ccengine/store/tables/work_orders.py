"""Work orders, their history and calls, and the rules an administrator edits.

What does not live here: customers and calls themselves.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BindParameter,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    false,
    text,
)

from ccengine.hotline.work_order import EXTRA_STAMPS, OVER, OrderStatus
from ccengine.store.tables.base import Id, code, metadata
from ccengine.store.types import UtcDateTime

#: Stamp columns: one per state, then the stamps without a state.
STAMPS: tuple[str, ...] = (*(status.value for status in OrderStatus), *EXTRA_STAMPS)

#: For the index of open orders, and its questions.
_OVER = sorted(status.value for status in OVER)
_OPEN = text("status NOT IN ({})".format(", ".join(f"'{status}'" for status in _OVER)))
_VISITED = text("visited_at IS NOT NULL")
_UNHANDLED = text("handled_at IS NULL")
FILTERED = ("type", "category", "district", "form", "source")
#: Conditions that hold for few orders, in the words of their indexes.
RARE = {"suspended": "suspended <> ''", "reopened": "reopened > 0", "incident": "is_incident IS TRUE"}

work_orders = Table(
    "work_orders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(24), nullable=False, unique=True),
    Column("type", String(16), nullable=False),
    Column("category", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    Column("priority", String(16), nullable=False),
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("call_id", String(64)),
    Column("rule", String(32)),
    Column("customer_account", code(12), ForeignKey("customers.account")),
    Column("contact_name", String(64), nullable=False),
    Column("contact_number", String(64), nullable=False),
    Column("number_key", String(64), nullable=False),
    Column("address", String(200), nullable=False),
    Column("district", String(32), nullable=False),
    Column("form", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("created_by", String(96), nullable=False),
    Column("unit_code", String(32), nullable=False, server_default=""),
    Column("assigned_to", String(96), nullable=False),
    Column("fields", JSON, nullable=False, server_default="{}"),
    Column("suspended", String(32), nullable=False, server_default=""),
    Column("urges", Integer, nullable=False, server_default="0"),
    Column("supervised_by", String(96), nullable=False, server_default=""),
    Column("reopened", Integer, nullable=False, server_default="0"),
    Column("resolution", String(16), nullable=False, server_default=""),
    Column("parent_id", Id, nullable=True),
    Column("is_incident", Boolean, nullable=False, server_default=false()),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("place_by", String(16), nullable=False, server_default=""),
    Column("event_count", Integer, nullable=False, server_default="0"),
    Column("event_head", String(64), nullable=False, server_default=""),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    *(Column(f"{name}_at", UtcDateTime) for name in STAMPS),
    UniqueConstraint("call_id", "rule"),
    CheckConstraint("status IN ({})".format(", ".join(f"'{status.value}'" for status in OrderStatus)), name="status"),
    Index("ix_work_orders_created_at_id", "created_at", "id"),
    Index("ix_work_orders_status_created_at", "status", "created_at"),
    Index("ix_work_orders_customer_account_status", "customer_account", "status"),
    Index("ix_work_orders_number_key_status", "number_key", "status"),
    Index("ix_work_orders_assigned_to_status", "assigned_to", "status"),
    Index("ix_work_orders_unit_code_status", "unit_code", "status"),
    Index("ix_work_orders_parent_id", "parent_id"),
    Index("ix_work_orders_address", "address"),
    Index("ix_work_orders_due_at", "due_at"),
    # What lists are filtered by: a value that few orders have is found without reading a million.
    *(Index(f"ix_work_orders_{name}_created_at", name, "created_at") for name in FILTERED),
    *(
        Index(f"ix_work_orders_{name}", "created_at", "id", postgresql_where=text(rare), sqlite_where=text(rare))
        for name, rare in RARE.items()
    ),
    Index("ix_work_orders_unhandled", "due_at", postgresql_where=_UNHANDLED, sqlite_where=_UNHANDLED),
    Index("ix_work_orders_visited", "created_at", "id", postgresql_where=_VISITED, sqlite_where=_VISITED),
    # What people look at all day: a few thousand open orders among a million.
    Index("ix_work_orders_open", "created_at", "id", postgresql_where=_OPEN, sqlite_where=_OPEN),
)


def is_open() -> ColumnElement[bool]:
    """Return the condition that an order is not over, in the words of its index: neither database would see through a
    parameter."""
    over: BindParameter[str] = bindparam("over", _OVER, expanding=True, literal_execute=True, unique=True)
    return work_orders.c.status.not_in(over)


work_order_events = Table(
    "work_order_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False),
    Column("seq", Integer, nullable=False, server_default="0"),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(96), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("from_status", String(16)),
    Column("to_status", String(16)),
    Column("note", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("channel", String(16), nullable=False, server_default=""),
    Column("ip", String(64), nullable=False, server_default=""),
    Column("before", JSON, nullable=False, server_default="{}"),
    Column("after", JSON, nullable=False, server_default="{}"),
    Column("prev_hash", String(64), nullable=False, server_default=""),
    Column("hash", String(64), nullable=False, server_default=""),
    Index("ux_work_order_events_order_id_seq", "order_id", "seq", unique=True),
)

work_order_calls = Table(
    "work_order_calls",
    metadata,
    Column("order_id", Id, ForeignKey("work_orders.id"), primary_key=True),
    Column("call_id", String(64), primary_key=True, index=True),
)

order_numbers = Table(
    "order_numbers",
    metadata,
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)

#: Keys of requests that registered an order (Idempotency-Key of the API): the same request again finds its order.
order_requests = Table(
    "order_requests",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

opening_rules = Table(
    "opening_rules",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("when", JSON, nullable=False),
    Column("open", JSON(none_as_null=True), nullable=True),
    Column("active", Boolean, nullable=False),
)

dispositions = Table(
    "dispositions",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name_zh", String(64), nullable=False),
    Column("name_en", String(64), nullable=False),
    Column("order_type", String(16)),
    Column("category", String(32), nullable=False),
    Column("priority", String(16), nullable=False),
    Column("active", Boolean, nullable=False),
)

work_calendar = Table(
    "work_calendar",
    metadata,
    Column("day", Date, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(64), nullable=False),
    CheckConstraint("kind IN ('workday', 'holiday')", name="kind"),
)
