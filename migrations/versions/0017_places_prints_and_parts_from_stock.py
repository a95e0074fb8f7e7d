"""Where orders and customers are, forms as they were given out, materials taken out of stock, the start of an agreed change.

Revision: 0017
Follows: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

APPEND_ONLY = ("order_prints",)
_STEPS_BEFORE = ("accept", "respond", "plan", "acknowledge", "handle", "close")
_STEPS = ("accept", "respond", "plan", "start", "acknowledge", "handle", "close")


def _know_steps(steps: tuple[str, ...]) -> None:
    name, condition = "ck_order_deadlines_step", "step IN ({})".format(", ".join(f"'{step}'" for step in steps))
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(name), "order_deadlines", type_="check")
        op.create_check_constraint(op.f(name), "order_deadlines", condition)
        return
    # SQLite makes the table anew; checks are not among what is copied
    check = sa.CheckConstraint(condition, name=op.f(name))
    with op.batch_alter_table("order_deadlines", recreate="always", table_args=(check,)):
        pass


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
    for table in ("work_orders", "customers"):
        op.add_column(table, sa.Column("latitude", sa.Float()))
        op.add_column(table, sa.Column("longitude", sa.Float()))
    op.add_column("work_orders", sa.Column("place_by", sa.String(length=16), nullable=False, server_default=""))
    for name in ("part", "store"):
        op.add_column("order_materials", sa.Column(name, sa.String(length=32), nullable=False, server_default=""))
    op.create_table(
        "order_prints",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("printed_by", sa.String(length=96), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_order_prints_order_id_work_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_prints")),
    )
    op.create_index("ix_order_prints_order_id_id", "order_prints", ["order_id", "id"])
    _guard_append_only()
    _know_steps(_STEPS)


def downgrade() -> None:
    op.execute("DELETE FROM order_deadlines WHERE step = 'start'")
    _know_steps(_STEPS_BEFORE)
    op.drop_table("order_prints")
    with op.batch_alter_table("order_materials") as batch:
        batch.drop_column("store")
        batch.drop_column("part")
    op.drop_column("work_orders", "place_by")
    for table in ("customers", "work_orders"):
        op.drop_column(table, "longitude")
        op.drop_column(table, "latitude")
