"""Time limits: policies in versions, an order's deadlines, stamps that were taken back, notices, penalties.

What does not live here: the calendar and the order itself (work_orders.py).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ccengine.hotline.sla import Step
from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

#: A version is never changed: orders refer to it.
sla_policies = Table(
    "sla_policies",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name_zh", String(64), nullable=False),
    Column("name_en", String(64), nullable=False),
    Column("definition", JSON, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(96), nullable=False),
)

#: One row: office hours, the retention money, the grade from which a customer counts as satisfied.
sla_settings = Table(
    "sla_settings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("office_hours", String(64), nullable=False),
    Column("retention_fen", BigInteger, nullable=False),
    Column("satisfied_from", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

order_deadlines = Table(
    "order_deadlines",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False),
    Column("step", String(16), nullable=False),
    Column("round", Integer, nullable=False),
    Column("policy_code", String(32), nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("warn_at", UtcDateTime),
    Column("met_at", UtcDateTime),
    Column("void", Boolean, nullable=False),
    Column("warned_at", UtcDateTime),
    Column("breached_at", UtcDateTime),
    Column("level", Integer, nullable=False),
    Column("next_at", UtcDateTime),
    UniqueConstraint("order_id", "step", "round"),
    CheckConstraint("step IN ({})".format(", ".join(f"'{step.value}'" for step in Step)), name="step"),
    Index("ix_order_deadlines_next_at", "next_at"),
)

#: Stamps that a return or a reopening took back: what a report as of an earlier day still has to see.
order_lost_stamps = Table(
    "order_lost_stamps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False, index=True),
    Column("name", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("to_kind", String(8), nullable=False),
    Column("to_name", String(96), nullable=False),
    Column("order_id", Id, ForeignKey("work_orders.id")),
    Column("detail", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("to_kind IN ('role', 'user', 'unit')", name="to_kind"),
    Index("ix_notices_to_kind_to_name_id", "to_kind", "to_name", "id"),
    Index("ix_notices_order_id", "order_id"),
)

notice_seen = Table(
    "notice_seen",
    metadata,
    Column("user_name", String(96), primary_key=True),
    Column("notice_id", Id, ForeignKey("notices.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

#: "All seen" costs one row, however many notices there are.
notice_marks = Table(
    "notice_marks",
    metadata,
    Column("user_name", String(96), primary_key=True),
    Column("seen_up_to", BigInteger, nullable=False),
)

penalties = Table(
    "penalties",
    metadata,
    Column("id", Id, primary_key=True),
    Column("deadline_id", Id, ForeignKey("order_deadlines.id"), nullable=False, unique=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False, index=True),
    Column("policy_code", String(32), nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("step", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

penalty_waivers = Table(
    "penalty_waivers",
    metadata,
    Column("penalty_id", Id, ForeignKey("penalties.id"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("waived_by", String(96), nullable=False),
    Column("waived_at", UtcDateTime, nullable=False),
)
