"""What comes from the field: uploads, evidence, materials, actions of phones; and the site's own secrets.

What does not live here: the orders they belong to, the files themselves (evidence/).
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Date, Float, ForeignKey, Index, Integer, String, Table, Text

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

uploads = Table(
    "uploads",
    metadata,
    Column("key", String(36), primary_key=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False, index=True),
    Column("user_name", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("accuracy_m", Float),
    Column("note", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("evidence_id", Id),
    Column("refused", String(32), nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False, index=True),
    Column("upload_key", String(36), nullable=False, unique=True),
    Column("round", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("media_type", String(32), nullable=False),
    Column("file_name", String(96), nullable=False),
    Column("thumbnail", String(96), nullable=False),
    Column("original", String(96), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("taken_by", String(64), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("accuracy_m", Float),
    Column("exif_at", UtcDateTime),
    Column("exif_latitude", Float),
    Column("exif_longitude", Float),
    Column("note", String(200), nullable=False),
)

order_materials = Table(
    "order_materials",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("quantity", String(16), nullable=False),
    Column("unit", String(16), nullable=False),
    Column("used_by", String(64), nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Column("part", String(32), nullable=False, server_default=""),
    Column("store", String(32), nullable=False, server_default=""),
)

field_actions = Table(
    "field_actions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("user_name", String(64), nullable=False),
    Column("order_id", Id, ForeignKey("work_orders.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("performed_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("message_zh", Text, nullable=False),
    Column("message_en", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Index("ix_field_actions_order_id_received_at", "order_id", "received_at"),
)

site_secrets = Table(
    "site_secrets",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", String(128), nullable=False),
)

visit_plans = Table(
    "visit_plans",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("contact_name", String(64), nullable=False),
    Column("contact_number", String(24), nullable=False),
    Column("note", String(500), nullable=False),
    Column("state", String(16), nullable=False),
    Column("last_on", Date, nullable=False),
    Column("next_on", Date, index=True),
    Column("order_id", Id, ForeignKey("work_orders.id")),
    Column("created_by", String(96), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
