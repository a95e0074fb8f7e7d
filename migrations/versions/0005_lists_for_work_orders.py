"""Lists for work orders, units, and what hangs on an order: pauses, joint units, visits.

Revision: 0005
Follows: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_codes",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("parent", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind IN ('type', 'category', 'form', 'source', 'unit')", name=op.f("ck_order_codes_kind")),
        sa.PrimaryKeyConstraint("kind", "code", name=op.f("pk_order_codes")),
    )
    op.create_table(
        "unit_members",
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("user_name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("unit_code", "user_name", name=op.f("pk_unit_members")),
    )
    op.create_index(op.f("ix_unit_members_user_name"), "unit_members", ["user_name"], unique=False)

    op.create_table(
        "order_pauses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_order_pauses_order_id_work_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_pauses")),
    )
    op.create_index(op.f("ix_order_pauses_order_id"), "order_pauses", ["order_id"], unique=False)

    op.create_table(
        "order_units",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("added_by", sa.String(length=96), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_order_units_order_id_work_orders")),
        sa.PrimaryKeyConstraint("order_id", "unit_code", name=op.f("pk_order_units")),
    )
    op.create_index(op.f("ix_order_units_unit_code"), "order_units", ["unit_code"], unique=False)

    op.create_table(
        "order_visits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("grade_handling", sa.Integer(), nullable=True),
        sa.Column("grade_call", sa.Integer(), nullable=True),
        sa.Column("fixed", sa.Boolean(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("remark_recording", sa.String(length=200), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=True),
        sa.Column("asked_by", sa.String(length=96), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'asking', 'done', 'unreachable', 'cancelled')", name=op.f("ck_order_visits_status")
        ),
        sa.CheckConstraint("grade_call BETWEEN 1 AND 5", name=op.f("ck_order_visits_grade_call")),
        sa.CheckConstraint("grade_handling BETWEEN 1 AND 5", name=op.f("ck_order_visits_grade_handling")),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_order_visits_order_id_work_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_visits")),
        sa.UniqueConstraint("order_id", "round", name=op.f("uq_order_visits_order_id_round")),
    )
    op.create_index("ix_order_visits_status_due_at", "order_visits", ["status", "due_at"], unique=False)

    op.add_column("work_orders", sa.Column("unit_code", sa.String(length=32), server_default="", nullable=False))
    op.add_column("work_orders", sa.Column("fields", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("work_orders", sa.Column("suspended", sa.String(length=32), server_default="", nullable=False))
    op.add_column("work_orders", sa.Column("urges", sa.Integer(), server_default="0", nullable=False))
    op.add_column("work_orders", sa.Column("supervised_by", sa.String(length=96), server_default="", nullable=False))
    op.add_column("work_orders", sa.Column("reopened", sa.Integer(), server_default="0", nullable=False))
    op.add_column("work_orders", sa.Column("resolution", sa.String(length=16), server_default="", nullable=False))
    op.add_column(
        "work_orders", sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )
    op.add_column("work_orders", sa.Column("is_incident", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_work_orders_parent_id", "work_orders", ["parent_id"], unique=False)
    op.create_index("ix_work_orders_unit_code_status", "work_orders", ["unit_code", "status"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_work_orders_unit_code_status", table_name="work_orders")
    op.drop_index("ix_work_orders_parent_id", table_name="work_orders")
    op.drop_column("work_orders", "is_incident")
    op.drop_column("work_orders", "parent_id")
    op.drop_column("work_orders", "resolution")
    op.drop_column("work_orders", "reopened")
    op.drop_column("work_orders", "supervised_by")
    op.drop_column("work_orders", "urges")
    op.drop_column("work_orders", "suspended")
    op.drop_column("work_orders", "fields")
    op.drop_column("work_orders", "unit_code")

    op.drop_index("ix_order_visits_status_due_at", table_name="order_visits")

    op.drop_table("order_visits")
    op.drop_index(op.f("ix_order_units_unit_code"), table_name="order_units")

    op.drop_table("order_units")
    op.drop_index(op.f("ix_order_pauses_order_id"), table_name="order_pauses")

    op.drop_table("order_pauses")
    op.drop_index(op.f("ix_unit_members_user_name"), table_name="unit_members")

    op.drop_table("unit_members")
    op.drop_table("order_codes")
