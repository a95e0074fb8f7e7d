"""Messages to customers, which connectors send.

Revision: 0021
Follows: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "customer_messages",
        sa.Column("id", big, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("order_id", big, nullable=False),
        sa.Column("visit_id", big, nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.String(length=96), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_customer_messages_key")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_orders.id"], name=op.f("fk_customer_messages_order_id_work_orders")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["order_visits.id"], name=op.f("fk_customer_messages_visit_id_order_visits")
        ),
    )
    op.create_index("ix_customer_messages_order_id", "customer_messages", ["order_id"])
    op.create_index("ix_customer_messages_state_due_at", "customer_messages", ["state", "due_at"])


def downgrade() -> None:
    op.drop_table("customer_messages")
