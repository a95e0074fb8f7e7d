"""Inspection rounds: plans with their items, rounds, records with their results, the orders of faults.

What does not live here: the orders themselves (work_orders.py).
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

round_plans = Table(
    "round_plans",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("place", String(100), nullable=False),
    Column("unit_code", String(32), nullable=False),
    Column("person", String(64), nullable=False),
    Column("order_type", String(16), nullable=False),
    Column("rhythm", String(16), nullable=False),
    Column("every", Integer, nullable=False),
    Column("first_on", Date, nullable=False),
    Column("grace_days", Integer, nullable=False),
    Column("next_on", Date, index=True),
    Column("version", Integer, nullable=False),
    Column("created_by", String(96), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

round_plan_items = Table(
    "round_plan_items",
    metadata,
    Column("plan_id", Id, ForeignKey("round_plans.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", String(100), nullable=False),
    Column("expected", String(200), nullable=False),
)

#: `items`: as they were when the round fell due; a plan that changes later changes no round.
rounds = Table(
    "rounds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("plan_id", Id, ForeignKey("round_plans.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("place", String(100), nullable=False),
    Column("unit_code", String(32), nullable=False),
    Column("person", String(64), nullable=False),
    Column("order_type", String(16), nullable=False),
    Column("items", JSON, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("until_on", Date, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("done_on", Date),
    Column("done_by", String(96), nullable=False),
    Column("faults", Integer, nullable=False),
    Column("told_overdue", Boolean, nullable=False),
    UniqueConstraint("plan_id", "due_on"),
    Index("ix_rounds_due_on_id", "due_on", "id"),
    Index("ix_rounds_done_on_until_on", "done_on", "until_on"),
)

#: Never changed (a trigger sees to it): a correction is a further record.
round_records = Table(
    "round_records",
    metadata,
    Column("id", Id, primary_key=True),
    Column("round_id", Id, ForeignKey("rounds.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("done_by", String(96), nullable=False),
    Column("done_at", UtcDateTime, nullable=False),
    Column("note", String(1000), nullable=False),
    Column("reason", String(500), nullable=False),
    UniqueConstraint("round_id", "revision"),
)

round_results = Table(
    "round_results",
    metadata,
    Column("record_id", Id, ForeignKey("round_records.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("normal", Boolean, nullable=False),
    Column("remark", String(500), nullable=False),
)

round_orders = Table(
    "round_orders",
    metadata,
    Column("round_id", Id, ForeignKey("rounds.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False, unique=True),
    Column("created_by", String(96), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
