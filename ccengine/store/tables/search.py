"""What the one search box looks through: a row per order, customer, call and article, in words (store/search_text.py).

On PostgreSQL the words are a tsvector with GIN indexes; on SQLite they are text, and triggers of the migration keep the
FTS5 table `search_fts` in step, in the same transaction.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnClause, Index, String, Table, Text, UniqueConstraint, literal_column, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from ccengine.store.tables.base import Id, metadata

KINDS = ("order", "customer", "call", "article")
#: So many first signs of a key are its step: ten days of orders (WO2026112), a thousand accounts (10000).
STEP_SIGNS = {"order": 9, "customer": 5}
#: So many ids in a row are a block.
BLOCK = 16384


def step_of(kind: str) -> ColumnClause[Any]:
    """Return the step of an entry, as the index of its kind says it."""
    return literal_column(f"(ARRAY[left(key, {STEP_SIGNS[kind]})])")


#: The block of an entry, as the indexes say it.
BLOCK_OF: ColumnClause[Any] = literal_column(f"(ARRAY[id / {BLOCK}])")


def _said(kind: str) -> tuple[str | ColumnClause[Any], ...]:
    """Return what the index of a kind holds beside the words, so that what is new is found without what is old."""
    if kind == "article":
        return ("words",)
    return ("words", BLOCK_OF, step_of(kind)) if kind in STEP_SIGNS else ("words", BLOCK_OF)


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
            *_said(kind),
            postgresql_using="gin",
            postgresql_where=text(f"kind = '{kind}'"),
        )
        for kind in KINDS
    ),
)
