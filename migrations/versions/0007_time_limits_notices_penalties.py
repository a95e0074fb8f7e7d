"""Time limits: policies, deadlines, notices, penalties; the stamp of an agreed plan.

Revision: 0007
Follows: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

#: A policy's version, a penalty and a waiver are only ever added to.
APPEND_ONLY = ("sla_policies", "penalties", "penalty_waivers")


def _guard_append_only() -> None:
    for table in APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            head = f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}"
            if op.get_bind().dialect.name == "postgresql":  # the function is made by 0001
                op.execute(f"{head} FOR EACH ROW EXECUTE FUNCTION ccengine_append_only()")
            else:
                op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")


def upgrade() -> None:
    op.create_table(
        "notice_marks",
        sa.Column("user_name", sa.String(length=96), nullable=False),
        sa.Column("seen_up_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_name", name=op.f("pk_notice_marks")),
    )
    op.create_table(
        "sla_policies",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=96), nullable=False),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_sla_policies")),
    )
    op.create_table(
        "sla_settings",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("office_hours", sa.String(length=64), nullable=False),
        sa.Column("retention_fen", sa.BigInteger(), nullable=False),
        sa.Column("satisfied_from", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_sla_settings_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_settings")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("to_kind", sa.String(length=8), nullable=False),
        sa.Column("to_name", sa.String(length=96), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("to_kind IN ('role', 'user', 'unit')", name=op.f("ck_notices_to_kind")),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_notices_order_id_work_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    op.create_index("ix_notices_order_id", "notices", ["order_id"], unique=False)
    op.create_index("ix_notices_to_kind_to_name_id", "notices", ["to_kind", "to_name", "id"], unique=False)

    op.create_table(
        "order_deadlines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("policy_code", sa.String(length=32), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "step IN ('accept', 'respond', 'plan', 'acknowledge', 'handle', 'close')",
            name=op.f("ck_order_deadlines_step"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_order_deadlines_order_id_work_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_deadlines")),
        sa.UniqueConstraint("order_id", "step", "round", name=op.f("uq_order_deadlines_order_id_step_round")),
    )
    op.create_index("ix_order_deadlines_next_at", "order_deadlines", ["next_at"], unique=False)

    op.create_table(
        "order_lost_stamps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_orders.id"], name=op.f("fk_order_lost_stamps_order_id_work_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lost_stamps")),
    )
    op.create_index(op.f("ix_order_lost_stamps_order_id"), "order_lost_stamps", ["order_id"], unique=False)

    op.create_table(
        "notice_seen",
        sa.Column("user_name", sa.String(length=96), nullable=False),
        sa.Column("notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_seen_notice_id_notices")),
        sa.PrimaryKeyConstraint("user_name", "notice_id", name=op.f("pk_notice_seen")),
    )
    op.create_table(
        "penalties",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deadline_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("policy_code", sa.String(length=32), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["deadline_id"], ["order_deadlines.id"], name=op.f("fk_penalties_deadline_id_order_deadlines")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_penalties_order_id_work_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_penalties")),
        sa.UniqueConstraint("deadline_id", name=op.f("uq_penalties_deadline_id")),
    )
    op.create_index(op.f("ix_penalties_order_id"), "penalties", ["order_id"], unique=False)

    op.create_table(
        "penalty_waivers",
        sa.Column("penalty_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("waived_by", sa.String(length=96), nullable=False),
        sa.Column("waived_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["penalty_id"], ["penalties.id"], name=op.f("fk_penalty_waivers_penalty_id_penalties")),
        sa.PrimaryKeyConstraint("penalty_id", name=op.f("pk_penalty_waivers")),
    )
    op.add_column("work_orders", sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True))

    _guard_append_only()


def downgrade() -> None:
    op.drop_column("work_orders", "planned_at")

    op.drop_table("penalty_waivers")
    op.drop_index(op.f("ix_penalties_order_id"), table_name="penalties")

    op.drop_table("penalties")
    op.drop_table("notice_seen")
    op.drop_index(op.f("ix_order_lost_stamps_order_id"), table_name="order_lost_stamps")

    op.drop_table("order_lost_stamps")
    op.drop_index("ix_order_deadlines_next_at", table_name="order_deadlines")

    op.drop_table("order_deadlines")
    op.drop_index("ix_notices_to_kind_to_name_id", table_name="notices")
    op.drop_index("ix_notices_order_id", table_name="notices")

    op.drop_table("notices")
    op.drop_table("sla_settings")
    op.drop_table("sla_policies")
    op.drop_table("notice_marks")
