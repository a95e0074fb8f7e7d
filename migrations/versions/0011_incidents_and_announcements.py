"""Incidents, and emergency announcements with their sound.

Revision: 0011
Follows: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("district", sa.String(length=32), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("sound", sa.LargeBinary(), nullable=False),
        sa.Column("sound_hash", sa.String(length=64), nullable=False),
        sa.Column("recorded_by", sa.String(length=16), nullable=False),
        sa.Column("created_by", sa.String(length=96), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_index("ix_announcements_ends_at", "announcements", ["ends_at"], unique=False)

    op.create_table(
        "incidents",
        sa.Column(
            "order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("district", sa.String(length=32), nullable=False),
        sa.Column("trouble", sa.String(length=32), nullable=False),
        sa.Column("road", sa.String(length=64), nullable=False),
        sa.Column("outage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("begun_by", sa.String(length=96), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_incidents_order_id_work_orders")),
        sa.ForeignKeyConstraint(
            ["outage_id"], ["outage_notices.id"], name=op.f("fk_incidents_outage_id_outage_notices")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_incidents")),
    )
    op.create_index("ix_incidents_closed_at", "incidents", ["closed_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_incidents_closed_at", table_name="incidents")

    op.drop_table("incidents")
    op.drop_index("ix_announcements_ends_at", table_name="announcements")

    op.drop_table("announcements")
