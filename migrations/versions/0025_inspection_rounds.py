"""Inspection rounds.

Revision: 0025
Follows: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

APPEND_ONLY = ("round_records", "round_results", "round_orders")


def _guard_append_only() -> None:
    """Have the database itself refuse to change or delete what is only ever added to."""
    for table in APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            head = f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}"
            if op.get_bind().dialect.name == "postgresql":
                op.execute(f"{head} FOR EACH ROW EXECUTE FUNCTION ccengine_append_only()")
            else:
                op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")


def upgrade() -> None:
    op.create_table(
        "round_plans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("order_type", sa.String(length=16), nullable=False),
        sa.Column("rhythm", sa.String(length=16), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=96), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_plans")),
    )
    op.create_index(op.f("ix_round_plans_next_on"), "round_plans", ["next_on"], unique=False)
    op.create_table(
        "round_plan_items",
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("expected", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["round_plans.id"], name=op.f("fk_round_plan_items_plan_id_round_plans")),
        sa.PrimaryKeyConstraint("plan_id", "position", name=op.f("pk_round_plan_items")),
    )
    op.create_table(
        "rounds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("order_type", sa.String(length=16), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.String(length=96), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("told_overdue", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["round_plans.id"], name=op.f("fk_rounds_plan_id_round_plans")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("plan_id", "due_on", name=op.f("uq_rounds_plan_id_due_on")),
    )
    op.create_index("ix_rounds_done_on_until_on", "rounds", ["done_on", "until_on"], unique=False)
    op.create_index("ix_rounds_due_on_id", "rounds", ["due_on", "id"], unique=False)
    op.create_table(
        "round_records",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("round_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("done_by", sa.String(length=96), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_records_round_id_rounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_records")),
        sa.UniqueConstraint("round_id", "revision", name=op.f("uq_round_records_round_id_revision")),
    )
    op.create_table(
        "round_orders",
        sa.Column("round_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_by", sa.String(length=96), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_round_orders_order_id_work_orders")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_orders_round_id_rounds")),
        sa.PrimaryKeyConstraint("round_id", "position", name=op.f("pk_round_orders")),
        sa.UniqueConstraint("order_id", name=op.f("uq_round_orders_order_id")),
    )
    op.create_table(
        "round_results",
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("normal", sa.Boolean(), nullable=False),
        sa.Column("remark", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["round_records.id"], name=op.f("fk_round_results_record_id_round_records")
        ),
        sa.PrimaryKeyConstraint("record_id", "position", name=op.f("pk_round_results")),
    )
    _guard_append_only()


def downgrade() -> None:
    op.drop_table("round_results")
    op.drop_table("round_orders")
    op.drop_table("round_records")
    op.drop_index("ix_rounds_due_on_id", table_name="rounds")
    op.drop_index("ix_rounds_done_on_until_on", table_name="rounds")
    op.drop_table("rounds")
    op.drop_table("round_plan_items")
    op.drop_index(op.f("ix_round_plans_next_on"), table_name="round_plans")
    op.drop_table("round_plans")
