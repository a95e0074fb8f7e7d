"""The chains of all histories as a whole, read in pages: for anchors and for the check.

What does not live here: adding a line (work_orders.py), what fits together (hotline/event_chain.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from ccengine.hotline.event_chain import HASHED, ChainHead
from ccengine.store.database import Db
from ccengine.store.tables.work_orders import work_order_events, work_orders


class Chain:
    """Implements store_port.ChainRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def heads(self, after_id: int, limit: int) -> tuple[tuple[ChainHead, str], ...]:
        """Return the ends of the histories that the orders' rows name, with the orders' states, by id."""
        table = work_orders.c
        query = select(table.id, table.event_count, table.event_head, table.status).where(table.id > after_id)
        rows = await self._db.execute(query.order_by(table.id).limit(limit))
        return tuple((ChainHead(order_id=r.id, count=r.event_count, hash=r.event_head), str(r.status)) for r in rows)

    async def events(self, order_ids: Sequence[int]) -> Mapping[int, tuple[Mapping[str, Any], ...]]:
        """Return the lines of these orders with their hashes, in order."""
        table = work_order_events.c
        columns = [table[name] for name in (*HASHED, "prev_hash", "hash")]
        query = select(*columns).where(table.order_id.in_(list(order_ids))).order_by(table.order_id, table.seq)
        found: dict[int, list[Mapping[str, Any]]] = {}
        for row in (await self._db.execute(query)).mappings():
            found.setdefault(row["order_id"], []).append({**row})
        return {order_id: tuple(rows) for order_id, rows in found.items()}

    async def last_event_id(self) -> int:
        """Return the newest line's id, 0 without one."""
        return int((await self._db.execute(select(func.max(work_order_events.c.id)))).scalar_one() or 0)

    async def heads_changed(self, since_event_id: int, after_id: int, limit: int) -> tuple[ChainHead, ...]:
        """Return the ends of the histories that got lines after that one, by order id."""
        table = work_orders.c
        changed = select(work_order_events.c.order_id).where(
            work_order_events.c.id > since_event_id, work_order_events.c.order_id > after_id
        )
        query = select(table.id, table.event_count, table.event_head).where(table.id.in_(changed))
        rows = await self._db.execute(query.order_by(table.id).limit(limit))
        return tuple(ChainHead(order_id=row.id, count=row.event_count, hash=row.event_head) for row in rows)
