"""Messages to customers, until a connector has sent them.

What does not live here: the gateway's side (a connector's).
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

customer_messages = Table(
    "customer_messages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False, index=True),
    Column("visit_id", Id, ForeignKey("order_visits.id"), nullable=False),
    Column("number", String(24), nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("taken_by", String(96), nullable=False),
    Column("taken_at", UtcDateTime),
    Column("settled_at", UtcDateTime),
    Column("reference", String(64), nullable=False),
    Column("reason", String(200), nullable=False),
    Index("ix_customer_messages_state_due_at", "state", "due_at"),
)
