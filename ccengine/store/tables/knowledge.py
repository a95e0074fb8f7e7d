"""The knowledge base: articles, their versions, votes.

What does not live here: the search index.
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

kb_articles = Table(
    "kb_articles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("category", String(32), nullable=False),
    Column("keywords", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("published_version", Integer),
    Column("order_id", Id, ForeignKey("work_orders.id")),
    Column("written_by", String(96), nullable=False),
    Column("reviewed_by", String(96), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    CheckConstraint("status IN ('draft', 'reviewed', 'published', 'withdrawn')", name="status"),
    Index("ix_kb_articles_category", "category"),
    Index("ix_kb_articles_updated_at", "updated_at"),
)

kb_versions = Table(
    "kb_versions",
    metadata,
    Column("article_id", Id, ForeignKey("kb_articles.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("category", String(32), nullable=False),
    Column("keywords", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("written_by", String(96), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

kb_ratings = Table(
    "kb_ratings",
    metadata,
    Column("article_id", Id, ForeignKey("kb_articles.id"), primary_key=True),
    Column("user_name", String(96), primary_key=True),
    Column("useful", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
