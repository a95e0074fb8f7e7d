"""What hangs on a work order: pauses, joint units, visits (the asking for a grade).

What does not live here: the order and its history (work_orders.py).
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

order_pauses = Table(
    "order_pauses",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False, index=True),
    Column("reason", String(32), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=True),
)

order_units = Table(
    "order_units",
    metadata,
    Column("order_id", Id, ForeignKey("work_orders.id"), primary_key=True),
    Column("unit_code", String(32), primary_key=True, index=True),
    Column("added_by", String(96), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
)

#: Forms as they were given out. `sha256` is the PDF's own; the same print shown again adds nothing.
order_prints = Table(
    "order_prints",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False),
    Column("form", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("printed_by", String(96), nullable=False),
    Column("printed_at", UtcDateTime, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("ix_order_prints_order_id_id", "order_id", "id"),
)

order_visits = Table(
    "order_visits",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("grade_handling", Integer, nullable=True),
    Column("grade_call", Integer, nullable=True),
    Column("fixed", Boolean, nullable=True),
    Column("remark", Text, nullable=False),
    Column("remark_recording", String(200), nullable=False),
    Column("call_id", String(64), nullable=True),
    Column("asked_by", String(96), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime, nullable=True),
    UniqueConstraint("order_id", "round"),
    CheckConstraint("status IN ('pending', 'asking', 'done', 'unreachable', 'cancelled')", name="status"),
    CheckConstraint("grade_handling BETWEEN 1 AND 5", name="grade_handling"),
    CheckConstraint("grade_call BETWEEN 1 AND 5", name="grade_call"),
    Index("ix_order_visits_status_due_at", "status", "due_at"),
)
