"""Whose jobs they are, and what each day's comparison came to.

Revision: 0002
Follows: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("holder", sa.String(length=64), nullable=True))
    op.add_column("anomalies", sa.Column("day", sa.Date(), nullable=True))
    op.add_column("anomalies", sa.Column("mended", sa.String(length=32), server_default="", nullable=False))
    op.add_column("anomalies", sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("anomalies", sa.Column("looked_by", sa.String(length=96), server_default="", nullable=False))
    op.create_index("ix_anomalies_day_id", "anomalies", ["day", "id"], unique=False)
    op.create_table(
        "day_checks",
        sa.Column("node", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("journal", sa.Integer(), nullable=False),
        sa.Column("cdr", sa.Integer(), nullable=True),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("journal_whole", sa.Boolean(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("mended", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("node", "day", name=op.f("pk_day_checks")),
    )


def downgrade() -> None:
    op.drop_table("day_checks")
    op.drop_index("ix_anomalies_day_id", table_name="anomalies")
    for name in ("looked_by", "looked_at", "mended", "day"):
        op.drop_column("anomalies", name)
    op.drop_column("jobs", "holder")
