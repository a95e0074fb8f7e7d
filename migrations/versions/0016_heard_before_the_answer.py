"""Attempts keep what was heard before the answer, and what the PBX thought of who answered.

Revision: 0016
Follows: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("campaign_attempts", schema=None) as table:
        table.add_column(sa.Column("heard", sa.String(length=16), nullable=False, server_default=""))
        table.add_column(sa.Column("listened", sa.JSON(), nullable=False, server_default="{}"))
    pending = sa.text("heard = 'pending'")
    op.create_index(
        "ix_campaign_attempts_heard", "campaign_attempts", ["heard"], postgresql_where=pending, sqlite_where=pending
    )


def downgrade() -> None:
    op.drop_index("ix_campaign_attempts_heard", table_name="campaign_attempts")
    with op.batch_alter_table("campaign_attempts", schema=None) as table:
        table.drop_column("listened")
        table.drop_column("heard")
