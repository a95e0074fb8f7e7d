"""The lists that an administrator keeps for work orders: one table for all of them, and who belongs to which unit.

What does not live here: opening rules, dispositions, the calendar (work_orders.py).
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Integer, String, Table

from ccengine.hotline.order_catalogue import CodeKind
from ccengine.store.tables.base import metadata

order_codes = Table(
    "order_codes",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("code", String(32), primary_key=True),
    Column("parent", String(32), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name_zh", String(64), nullable=False),
    Column("name_en", String(64), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("data", JSON, nullable=False),
    CheckConstraint("kind IN ({})".format(", ".join(f"'{kind.value}'" for kind in CodeKind)), name="kind"),
)

unit_members = Table(
    "unit_members",
    metadata,
    Column("unit_code", String(32), primary_key=True),
    Column("user_name", String(64), primary_key=True, index=True),
)
