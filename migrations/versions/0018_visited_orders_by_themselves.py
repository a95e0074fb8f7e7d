"""An index of the orders whose customer was asked: the quick filter 已回访 and its count.

Revision: 0018
Follows: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    visited = sa.text("visited_at IS NOT NULL")
    op.create_index(
        "ix_work_orders_visited",
        "work_orders",
        ["created_at", "id"],
        postgresql_where=visited,
        sqlite_where=visited,
    )


def downgrade() -> None:
    op.drop_index("ix_work_orders_visited", table_name="work_orders")
