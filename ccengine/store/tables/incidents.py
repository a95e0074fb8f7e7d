"""Incidents (an order that stands for many), and emergency announcements with their sound.

What does not live here: the orders themselves (work_orders.py), outage notices (customers.py).
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, LargeBinary, String, Table

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

incidents = Table(
    "incidents",
    metadata,
    Column("order_id", Id, ForeignKey("work_orders.id"), primary_key=True, autoincrement=False),
    Column("district", String(32), nullable=False),
    Column("trouble", String(32), nullable=False),
    Column("road", String(64), nullable=False),
    Column("outage_id", Id, ForeignKey("outage_notices.id"), nullable=True),
    Column("begun_by", String(96), nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime, nullable=True),
    Index("ix_incidents_closed_at", "closed_at"),
)

announcements = Table(
    "announcements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", String(100), nullable=False),
    Column("district", String(32), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("sound", LargeBinary, nullable=False),
    Column("sound_hash", String(64), nullable=False),
    Column("recorded_by", String(16), nullable=False),
    Column("created_by", String(96), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime, nullable=True),
    Index("ix_announcements_ends_at", "ends_at"),
)
