"""Indexes for a million orders: rare values of what lists are filtered by, and words kind by kind.

Revision: 0019
Follows: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KINDS = ("order", "customer", "call", "article")
_FILTERED = ("type", "category", "district", "form", "source")
_RARE = {"suspended": "suspended <> ''", "reopened": "reopened > 0", "incident": "is_incident IS TRUE"}


def upgrade() -> None:
    for name in _FILTERED:
        op.create_index(f"ix_work_orders_{name}_created_at", "work_orders", [name, "created_at"])
    for name, condition in _RARE.items():
        where = sa.text(condition)
        op.create_index(
            f"ix_work_orders_{name}",
            "work_orders",
            ["created_at", "id"],
            postgresql_where=where,
            sqlite_where=where,
        )
    unhandled = sa.text("handled_at IS NULL")
    op.create_index(
        "ix_work_orders_unhandled", "work_orders", ["due_at"], postgresql_where=unhandled, sqlite_where=unhandled
    )
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_search_entries_words", table_name="search_entries")
        for kind in _KINDS:
            op.create_index(
                f"ix_search_entries_words_{kind}",
                "search_entries",
                ["words"],
                postgresql_using="gin",
                postgresql_where=sa.text(f"kind = '{kind}'"),
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for kind in _KINDS:
            op.drop_index(f"ix_search_entries_words_{kind}", table_name="search_entries")
        op.create_index("ix_search_entries_words", "search_entries", ["words"], postgresql_using="gin")
    for name in ("unhandled", *_RARE, *(f"{one}_created_at" for one in _FILTERED)):
        op.drop_index(f"ix_work_orders_{name}", table_name="work_orders")
