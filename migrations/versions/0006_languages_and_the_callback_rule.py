"""A language per user; the shipped call-back rule asks whether anybody can be called back, unless somebody edited it.

Revision: 0006
Follows: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OLD = {
    "direction": ["inbound"],
    "outcome": ["abandoned", "queue_timeout", "interrupted"],
    "queued": True,
    "min_wait_seconds": 5,
}
_NEW = {**_OLD, "caller_known": True}
_rules = sa.table("opening_rules", sa.column("code", sa.String), sa.column("when", sa.JSON))


def _replace(before: dict[str, object], after: dict[str, object]) -> None:
    found = op.get_bind().execute(sa.select(_rules.c.when).where(_rules.c.code == "callback")).scalar_one_or_none()
    if found == before:
        op.execute(_rules.update().where(_rules.c.code == "callback").values(when=after))


def upgrade() -> None:
    op.add_column("users", sa.Column("language", sa.String(length=8), server_default="", nullable=False))
    _replace(_OLD, _NEW)


def downgrade() -> None:
    _replace(_NEW, _OLD)
    op.drop_column("users", "language")
