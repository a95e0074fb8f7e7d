"""The configuration inventory: items, each change of one, what engines found.

What does not live here: spare parts (parts.py).
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Integer, String, Table, UniqueConstraint

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

inventory_items = Table(
    "inventory_items",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(100), nullable=False, unique=True),
    Column("version", String(100), nullable=False),
    Column("place", String(100), nullable=False),
    Column("unit_code", String(32), nullable=False),
    Column("person", String(64), nullable=False),
    Column("bought_on", Date),
    Column("warranty_until", Date, index=True),
    Column("runs_on_id", Id, ForeignKey("inventory_items.id")),
    Column("belongs_to_id", Id, ForeignKey("inventory_items.id")),
    Column("note", String(200), nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("found_key", String(64), unique=True),
    Column("revision", Integer, nullable=False),
    Column("warned", Integer),
    Column("updated_by", String(96), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

#: Never changed (a trigger sees to it).
inventory_changes = Table(
    "inventory_changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("item_id", Id, ForeignKey("inventory_items.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(96), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("changes", JSON, nullable=False),
    UniqueConstraint("item_id", "revision"),
)

inventory_found = Table(
    "inventory_found",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(100), nullable=False),
    Column("version", String(100), nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
