"""Orders of inspection rounds came to us by no customer's visit: the form 内部, and the orders that said otherwise.

Revision: 0030
Follows: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_CODE = "internal"
_codes = sa.table(
    "order_codes",
    sa.column("kind", sa.String),
    sa.column("code", sa.String),
    sa.column("parent", sa.String),
    sa.column("position", sa.Integer),
    sa.column("name_zh", sa.String),
    sa.column("name_en", sa.String),
    sa.column("active", sa.Boolean),
    sa.column("version", sa.Integer),
    sa.column("data", sa.JSON),
)
_orders = sa.table("work_orders", sa.column("id", sa.BigInteger), sa.column("form", sa.String))
_found = sa.table("round_orders", sa.column("order_id", sa.BigInteger))


def upgrade() -> None:
    forms = op.get_bind().execute(sa.select(_codes.c.code, _codes.c.position).where(_codes.c.kind == "form")).all()
    if forms and _CODE not in {one.code for one in forms}:  # a new site gets it with the shipped lists
        names = {"name_zh": "内部", "name_en": "Internal", "parent": "", "data": {}, "active": True, "version": 1}
        last = max(one.position for one in forms) + 10
        op.bulk_insert(_codes, [{"kind": "form", "code": _CODE, "position": last, **names}])
    _change("visit", _CODE)


def downgrade() -> None:
    _change(_CODE, "visit")
    op.execute(_codes.delete().where(_codes.c.kind == "form", _codes.c.code == _CODE))


def _change(old: str, new: str) -> None:
    ours = _orders.c.id.in_(sa.select(_found.c.order_id)) & (_orders.c.form == old)
    op.execute(_orders.update().where(ours).values(form=new))
