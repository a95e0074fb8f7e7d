"""Knowledge base and spare parts.

Revision: 0013
Follows: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APPEND_ONLY = ("part_movements", "kb_versions")


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
        "part_stores",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_part_stores")),
    )
    op.create_table(
        "parts",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("spec", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("low_at", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_parts")),
    )
    op.create_table(
        "part_stock",
        sa.Column("store", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_part_stock_quantity")),
        sa.ForeignKeyConstraint(["part"], ["parts.code"], name=op.f("fk_part_stock_part_parts")),
        sa.ForeignKeyConstraint(["store"], ["part_stores.code"], name=op.f("fk_part_stock_store_part_stores")),
        sa.PrimaryKeyConstraint("store", "part", name=op.f("pk_part_stock")),
    )
    op.create_table(
        "kb_articles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("keywords", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("written_by", sa.String(length=96), nullable=False),
        sa.Column("reviewed_by", sa.String(length=96), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'reviewed', 'published', 'withdrawn')", name=op.f("ck_kb_articles_status")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_kb_articles_order_id_work_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_articles")),
    )
    with op.batch_alter_table("kb_articles", schema=None) as batch_op:
        batch_op.create_index("ix_kb_articles_category", ["category"], unique=False)
        batch_op.create_index("ix_kb_articles_updated_at", ["updated_at"], unique=False)

    op.create_table(
        "part_movements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("store", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_part_movements_balance")),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_part_movements_order_id_work_orders")),
        sa.ForeignKeyConstraint(["part"], ["parts.code"], name=op.f("fk_part_movements_part_parts")),
        sa.ForeignKeyConstraint(["store"], ["part_stores.code"], name=op.f("fk_part_movements_store_part_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_movements")),
        sa.UniqueConstraint("key", name=op.f("uq_part_movements_key")),
    )
    with op.batch_alter_table("part_movements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_part_movements_order_id"), ["order_id"], unique=False)
        batch_op.create_index("ix_part_movements_part_id", ["part", "id"], unique=False)

    op.create_table(
        "kb_ratings",
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_name", sa.String(length=96), nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["kb_articles.id"], name=op.f("fk_kb_ratings_article_id_kb_articles")),
        sa.PrimaryKeyConstraint("article_id", "user_name", name=op.f("pk_kb_ratings")),
    )
    op.create_table(
        "kb_versions",
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("keywords", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_by", sa.String(length=96), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["kb_articles.id"], name=op.f("fk_kb_versions_article_id_kb_articles")),
        sa.PrimaryKeyConstraint("article_id", "version", name=op.f("pk_kb_versions")),
    )
    _guard_append_only()


def downgrade() -> None:
    op.drop_table("kb_versions")
    op.drop_table("kb_ratings")
    with op.batch_alter_table("part_movements", schema=None) as batch_op:
        batch_op.drop_index("ix_part_movements_part_id")
        batch_op.drop_index(batch_op.f("ix_part_movements_order_id"))

    op.drop_table("part_movements")
    with op.batch_alter_table("kb_articles", schema=None) as batch_op:
        batch_op.drop_index("ix_kb_articles_updated_at")
        batch_op.drop_index("ix_kb_articles_category")

    op.drop_table("kb_articles")
    op.drop_table("part_stock")
    op.drop_table("parts")
    op.drop_table("part_stores")
