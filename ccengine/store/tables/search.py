"""What the one search box looks through: a row per order, customer, call and article, in words (store/search_text.py).

On PostgreSQL the words are a tsvector with a GIN index; on SQLite they are text, and triggers of the migration keep the
FTS5 table `search_fts` in step, in the same transaction.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR

from ccengine.store.tables.base import Id, metadata

search_entries = Table(
    "search_entries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("key", String(64), nullable=False),
    Column("words", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
    UniqueConstraint("kind", "key"),
    Index("ix_search_entries_kind_id", "kind", "id"),
    Index("ix_search_entries_words", "words", postgresql_using="gin"),
)
