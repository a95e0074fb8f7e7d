"""Customers, districts and outage notices.

What does not live here: orders and calls of a customer.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, Float, ForeignKey, Index, Integer, String, Table, Text

from ccengine.store.tables.base import Id, code, metadata
from ccengine.store.types import UtcDateTime

districts = Table(
    "districts",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("name_zh", String(64), nullable=False),
    Column("name_en", String(64), nullable=False),
    Column("position", Integer, nullable=False),
)

customers = Table(
    "customers",
    metadata,
    Column("account", code(12), primary_key=True),
    Column("name", String(64), nullable=False, index=True),
    Column("name_pinyin", code(64), nullable=False, index=True),
    Column("phone", code(24), nullable=False, index=True),
    Column("phone2", code(24), nullable=False, index=True),
    Column("address", String(200), nullable=False, index=True),
    Column("address_pinyin", code(100), nullable=False, index=True),
    Column("district", String(32), ForeignKey("districts.code"), nullable=False, index=True),
    Column("meter_number", code(32), nullable=False, index=True),
    Column("tags", JSON, nullable=False),
    Column("balance_fen", Integer, nullable=False),
    Column("arrears_fen", Integer, nullable=False),
    Column("arrears_months", Integer, nullable=False),
    Column("due_on", Date, nullable=True),
    Column("latitude", Float),
    Column("longitude", Float),
)

outage_notices = Table(
    "outage_notices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("district", String(32), ForeignKey("districts.code"), nullable=False),
    Column("area_text", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("created_by", String(96), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime, nullable=True),
    Index("ix_outage_notices_ends_at", "ends_at"),
)
