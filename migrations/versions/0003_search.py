"""The index behind the search box.

Revision: 0003
Follows: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ADD = "INSERT INTO search_fts(rowid, words) VALUES (new.id, new.words);"
_TAKE = "INSERT INTO search_fts(search_fts, rowid, words) VALUES ('delete', old.id, old.words);"


def upgrade() -> None:
    op.create_table(
        "search_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entries")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_search_entries_kind_key")),
    )
    op.create_index("ix_search_entries_kind_id", "search_entries", ["kind", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_search_entries_words", "search_entries", ["words"], postgresql_using="gin")
        return
    op.execute(
        "CREATE VIRTUAL TABLE search_fts USING fts5(words, content='search_entries', content_rowid='id', "
        "tokenize='unicode61 remove_diacritics 0')"
    )
    op.execute(f"CREATE TRIGGER search_entries_added AFTER INSERT ON search_entries BEGIN {_ADD} END")
    op.execute(f"CREATE TRIGGER search_entries_gone AFTER DELETE ON search_entries BEGIN {_TAKE} END")
    op.execute(
        f"CREATE TRIGGER search_entries_changed AFTER UPDATE OF words ON search_entries BEGIN {_TAKE} {_ADD} END"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_fts")
    op.drop_table("search_entries")
