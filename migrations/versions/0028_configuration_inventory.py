"""The configuration inventory.

Revision: 0028
Follows: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def _guard_append_only() -> None:
    """Have the database itself refuse to change or delete what is only ever added to."""
    for action in ("UPDATE", "DELETE"):
        head = f"CREATE TRIGGER inventory_changes_no_{action.lower()} BEFORE {action} ON inventory_changes"
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"{head} FOR EACH ROW EXECUTE FUNCTION ccengine_append_only()")
        else:
            op.execute(f"{head} BEGIN SELECT RAISE(ABORT, 'inventory_changes is append-only'); END")


def upgrade() -> None:
    op.create_table(
        "inventory_found",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=100), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_inventory_found")),
    )
    op.create_table(
        "inventory_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=100), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("runs_on_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("belongs_to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("found_key", sa.String(length=64), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=True),
        sa.Column("updated_by", sa.String(length=96), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["belongs_to_id"], ["inventory_items.id"], name=op.f("fk_inventory_items_belongs_to_id_inventory_items")
        ),
        sa.ForeignKeyConstraint(
            ["runs_on_id"], ["inventory_items.id"], name=op.f("fk_inventory_items_runs_on_id_inventory_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_items")),
        sa.UniqueConstraint("found_key", name=op.f("uq_inventory_items_found_key")),
        sa.UniqueConstraint("name", name=op.f("uq_inventory_items_name")),
    )
    op.create_index(op.f("ix_inventory_items_warranty_until"), "inventory_items", ["warranty_until"], unique=False)
    op.create_table(
        "inventory_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inventory_items.id"], name=op.f("fk_inventory_changes_item_id_inventory_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_changes")),
        sa.UniqueConstraint("item_id", "revision", name=op.f("uq_inventory_changes_item_id_revision")),
    )
    _guard_append_only()


def downgrade() -> None:
    op.drop_table("inventory_changes")
    op.drop_index(op.f("ix_inventory_items_warranty_until"), table_name="inventory_items")
    op.drop_table("inventory_items")
    op.drop_table("inventory_found")
