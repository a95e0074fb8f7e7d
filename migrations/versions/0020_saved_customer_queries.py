"""Saved queries for customers to call.

Revision: 0020
Follows: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "customer_queries",
        sa.Column("id", big, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("arrears_from_fen", sa.Integer(), nullable=False),
        sa.Column("overdue_days", sa.Integer()),
        sa.Column("district", sa.String(length=32), nullable=False),
        sa.Column("silent_days", sa.Integer()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=96), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=96), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_queries")),
        sa.UniqueConstraint("name", name=op.f("uq_customer_queries_name")),
    )


def downgrade() -> None:
    op.drop_table("customer_queries")
