"""What the one search box looks through: a row per order, customer, call and article, in words (store/search_text.py).

On PostgreSQL the words are a tsvector with GIN indexes; on SQLite they are text, and triggers of the migration keep the
FTS5 table `search_fts` in step, in the same transaction.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from ccengine.store.tables.base import Id, metadata

KINDS = ("order", "customer", "call", "article")

search_entries = Table(
    "search_entries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("key", String(64), nullable=False),
    Column("words", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
    UniqueConstraint("kind", "key"),
    Index("ix_search_entries_kind_id", "kind", "id"),
    # One for each kind: who looks for a call does not read what a million orders say.
    *(
        Index(
            f"ix_search_entries_words_{kind}",
            "words",
            postgresql_using="gin",
            postgresql_where=text(f"kind = '{kind}'"),
        )
        for kind in KINDS
    ),
)
