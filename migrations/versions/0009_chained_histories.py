"""Histories of work orders as chains: from where, before, after, hashes. Lines that are there already are chained here.

Revision: 0009
Follows: 0008
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from ccengine.hotline.event_chain import GENESIS, event_hash
from ccengine.store.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BATCH = 2000
_events = sa.table(
    "work_order_events",
    *(sa.column(name) for name in ("id", "order_id", "seq", "actor", "kind", "from_status", "to_status", "note")),
    *(sa.column(name) for name in ("channel", "ip", "prev_hash", "hash")),
    sa.column("at", UtcDateTime),
    *(sa.column(name, sa.JSON) for name in ("detail", "before", "after")),
)
_orders = sa.table("work_orders", *(sa.column(name) for name in ("id", "event_count", "event_head")))


def _guard(on: bool) -> None:
    """Take away, or set up again, the trigger that refuses changes."""
    name, table = "work_order_events_no_update", "work_order_events"
    postgres = op.get_bind().dialect.name == "postgresql"
    if not on:
        op.execute(f"DROP TRIGGER {name} ON {table}" if postgres else f"DROP TRIGGER {name}")
        return
    head = f"CREATE TRIGGER {name} BEFORE UPDATE ON {table}"
    if postgres:
        op.execute(f"{head} FOR EACH ROW EXECUTE FUNCTION ccengine_append_only()")
    else:
        op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")


def _chain_old_lines() -> None:
    """Chain what was written before there were chains: it is as true as it was found on this day."""
    bind = op.get_bind()
    columns = _events.c
    order_id, seq, before = 0, 0, GENESIS
    last = (0, 0)
    while True:
        later = sa.tuple_(columns.order_id, columns.id) > sa.tuple_(*last)
        query = sa.select(_events).where(later).order_by(columns.order_id, columns.id).limit(_BATCH)
        rows = bind.execute(query).mappings().all()
        if not rows:
            return
        lines: list[dict[str, Any]] = []
        heads: dict[int, tuple[int, str]] = {}
        for row in rows:
            if row["order_id"] != order_id:
                order_id, seq, before = row["order_id"], 0, GENESIS
            seq += 1
            own = event_hash(before, {**row, "seq": seq})
            lines.append({"row_id": row["id"], "new_seq": seq, "new_prev": before, "new_hash": own})
            before = own
            heads[order_id] = (seq, own)
        last = (rows[-1]["order_id"], rows[-1]["id"])
        new = {
            name: sa.bindparam(f"new_{word}")
            for name, word in (("seq", "seq"), ("prev_hash", "prev"), ("hash", "hash"))
        }
        bind.execute(sa.update(_events).where(columns.id == sa.bindparam("row_id")).values(**new), lines)
        ends = {"event_count": sa.bindparam("new_count"), "event_head": sa.bindparam("new_head")}
        rows_of = [{"row_id": one, "new_count": count, "new_head": head} for one, (count, head) in heads.items()]
        bind.execute(sa.update(_orders).where(_orders.c.id == sa.bindparam("row_id")).values(**ends), rows_of)


def upgrade() -> None:
    op.add_column("work_orders", sa.Column("event_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("work_orders", sa.Column("event_head", sa.String(length=64), server_default="", nullable=False))
    for column in (
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("channel", sa.String(length=16), server_default="", nullable=False),
        sa.Column("ip", sa.String(length=64), server_default="", nullable=False),
        sa.Column("before", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("after", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("prev_hash", sa.String(length=64), server_default="", nullable=False),
        sa.Column("hash", sa.String(length=64), server_default="", nullable=False),
    ):
        op.add_column("work_order_events", column)
    _guard(on=False)
    _chain_old_lines()
    _guard(on=True)
    op.create_index("ux_work_order_events_order_id_seq", "work_order_events", ["order_id", "seq"], unique=True)
    op.drop_index("ix_work_order_events_order_id", table_name="work_order_events")


def downgrade() -> None:
    op.create_index("ix_work_order_events_order_id", "work_order_events", ["order_id"], unique=False)
    op.drop_index("ux_work_order_events_order_id_seq", table_name="work_order_events")
    for name in ("hash", "prev_hash", "after", "before", "ip", "channel", "seq"):
        op.drop_column("work_order_events", name)
    op.drop_column("work_orders", "event_head")
    op.drop_column("work_orders", "event_count")
