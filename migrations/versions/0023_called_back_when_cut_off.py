"""Callers whom a dead PBX cut off are called back: the shipped rule, where the site has rules and none of that name.

Revision: 0023
Follows: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_CODE = "cut_off"
_RULE = {
    "code": _CODE,
    "position": 5,
    "when": {"direction": ["inbound"], "outcome": ["answered", "interrupted"], "cut_off": True, "caller_known": True},
    "open": {
        "type": "callback",
        "category": "",
        "priority": "high",
        "title_zh": "电话系统故障中断，请回呼",
        "title_en": "Cut off by the telephone system: call back",
    },
    "active": True,
}
_rules = sa.table(
    "opening_rules",
    sa.column("code", sa.String),
    sa.column("position", sa.Integer),
    sa.column("when", sa.JSON),
    sa.column("open", sa.JSON),
    sa.column("active", sa.Boolean),
)


def upgrade() -> None:
    codes = set(op.get_bind().execute(sa.select(_rules.c.code)).scalars())
    if codes and _CODE not in codes:
        op.bulk_insert(_rules, [_RULE])


def downgrade() -> None:
    op.execute(_rules.delete().where(_rules.c.code == _CODE))
