"""An index of open orders alone: a few thousand among a million.

Revision: 0014
Follows: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    open_ones = sa.text("status NOT IN ('archived', 'closed')")
    op.create_index(
        "ix_work_orders_open",
        "work_orders",
        ["created_at", "id"],
        postgresql_where=open_ones,
        sqlite_where=open_ones,
    )


def downgrade() -> None:
    op.drop_index("ix_work_orders_open", table_name="work_orders")
