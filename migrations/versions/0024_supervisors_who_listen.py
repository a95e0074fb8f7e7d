"""Supervisors who listened to a running talk, whispered or barged in.

Revision: 0024
Follows: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "listenings",
        sa.Column("id", big, nullable=False),
        sa.Column("node", sa.String(length=16), nullable=False),
        sa.Column("leg_id", sa.String(length=160), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("listener", sa.String(length=8), nullable=False),
        sa.Column("agent_number", sa.String(length=8), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listenings")),
        sa.UniqueConstraint("leg_id", "started_at", "node", name="uq_listenings_start"),
    )
    op.create_index("ix_listenings_call_id", "listenings", ["call_id"])


def downgrade() -> None:
    op.drop_table("listenings")
