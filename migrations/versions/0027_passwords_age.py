"""Passwords have an age and a history: that of people who are there begins now, so that nobody is locked out at once.

Revision: 0027
Follows: 0026
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_users = sa.table("users", sa.column("password_set_at", _TIME))


def upgrade() -> None:
    op.add_column("users", sa.Column("password_set_at", _TIME))
    op.add_column("users", sa.Column("password_must_change", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(_users.update().values(password_set_at=datetime.now(UTC)))
    op.create_table(
        "old_passwords",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("user_id", _BIG, nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_passwords")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_old_passwords_user_id_users"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_old_passwords_user_id"), "old_passwords", ["user_id"])


def downgrade() -> None:
    op.drop_table("old_passwords")
    op.drop_column("users", "password_must_change")
    op.drop_column("users", "password_set_at")
