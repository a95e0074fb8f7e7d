"""The database itself refuses to change or delete reviews, the form's versions and samples.

Revision: 0029
Follows: 0028
"""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("review_forms", "talk_reviews", "review_samples", "review_sample_talks")
_ACTIONS = ("UPDATE", "DELETE")


def upgrade() -> None:
    for table in _APPEND_ONLY:
        for action in _ACTIONS:
            head = f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}"
            if op.get_bind().dialect.name == "postgresql":
                op.execute(f"{head} FOR EACH ROW EXECUTE FUNCTION ccengine_append_only()")
            else:
                op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in _APPEND_ONLY:
        for action in _ACTIONS:
            op.execute(f"DROP TRIGGER {table}_no_{action.lower()}{f' ON {table}' if on_postgresql else ''}")
