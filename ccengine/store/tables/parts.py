"""Spare parts: kinds, stores, stock, and the append-only list of movements.

What does not live here: materials that crews wrote down freely (field.py).
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

parts = Table(
    "parts",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("spec", String(64), nullable=False),
    Column("unit", String(16), nullable=False),
    Column("low_at", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
)

part_stores = Table(
    "part_stores",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("active", Boolean, nullable=False),
)

part_stock = Table(
    "part_stock",
    metadata,
    Column("store", String(32), ForeignKey("part_stores.code"), primary_key=True),
    Column("part", String(32), ForeignKey("parts.code"), primary_key=True),
    Column("quantity", Integer, nullable=False),
    Column("counted_at", UtcDateTime),
    CheckConstraint("quantity >= 0", name="quantity"),
)

part_movements = Table(
    "part_movements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(96), nullable=False),
    Column("store", String(32), ForeignKey("part_stores.code"), nullable=False),
    Column("part", String(32), ForeignKey("parts.code"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("balance", Integer, nullable=False),
    Column("order_id", Id, ForeignKey("work_orders.id"), index=True),
    Column("note", String(200), nullable=False),
    Column("key", String(64), unique=True),
    CheckConstraint("balance >= 0", name="balance"),
    Index("ix_part_movements_part_id", "part", "id"),
)
