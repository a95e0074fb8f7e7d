"""What people keep at their desk: saved queries, drafts of forms.

What does not live here: the orders.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, String, Table, UniqueConstraint

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

saved_queries = Table(
    "saved_queries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner", String(96), nullable=False),
    Column("name", String(40), nullable=False),
    Column("query", String(2000), nullable=False),
    Column("shared", Boolean, nullable=False, index=True),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner", "name"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("owner", String(96), primary_key=True),
    Column("form", String(64), primary_key=True),
    Column("values", JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
