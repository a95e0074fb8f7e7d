"""The caller's grade of a talk; the PIN with which a person is known on any phone.

Revision: 0015
Follows: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("grade", sa.SmallInteger(), nullable=True))
    op.add_column("users", sa.Column("phone_pin_hash", sa.String(length=255), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("users", "phone_pin_hash")
    op.drop_column("calls", "grade")
