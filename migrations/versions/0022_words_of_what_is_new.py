"""Indexes of words that also know where an entry stands: what is new is found without reading what is old.

Revision: 0022
Follows: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_BLOCK = "(ARRAY[id / 16384])"
_BESIDE = {
    "order": (_BLOCK, "(ARRAY[left(key, 9)])"),
    "customer": (_BLOCK, "(ARRAY[left(key, 5)])"),
    "call": (_BLOCK,),
}


def _make_anew(beside: dict[str, tuple[str, ...]]) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for kind in _BESIDE:
        name = f"ix_search_entries_words_{kind}"
        op.drop_index(name, table_name="search_entries")
        op.create_index(
            name,
            "search_entries",
            ["words", *(sa.text(one) for one in beside.get(kind, ()))],
            postgresql_using="gin",
            postgresql_where=sa.text(f"kind = '{kind}'"),
        )


def upgrade() -> None:
    _make_anew(_BESIDE)


def downgrade() -> None:
    _make_anew({})
