"""An order's history in the database: lines that are only added, each chained to the one before.

What does not live here: the hashes (hotline/event_chain.py), checking all chains (chain.py), orders
(work_orders.py).
"""

from __future__ import annotations

from sqlalchemy import bindparam, insert, select, update

from ccengine.hotline.event_chain import GENESIS, event_hash
from ccengine.rows import OrderEvent
from ccengine.store.database import Db, fit
from ccengine.store.tables.work_orders import work_order_events, work_orders

# Made once: building such a statement costs more than running it.
_ADD_EVENT = insert(work_order_events)
_MOVE_HEAD = (
    update(work_orders)
    .where(work_orders.c.id == bindparam("same_order"))
    .values(event_count=bindparam("event_count"), event_head=bindparam("event_head"))
)


class OrderHistory:
    """The part of store_port.OrderRepository that keeps and tells histories."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._heads: dict[int, tuple[int, str]] = {}  # ends of histories that this transaction holds

    def _begin_history(self, order_id: int) -> None:
        self._heads[order_id] = 0, GENESIS

    async def add_event(self, event: OrderEvent) -> None:
        """Add a line to an order's history, chained to the one before; who adds at the same time waits."""
        count, head = self._heads.get(event.order_id) or await self._head(event.order_id)
        values = {name: getattr(event, name) for name in OrderEvent.__slots__}
        values |= {name: dict(values[name]) for name in ("detail", "before", "after")}
        values |= {"seq": count + 1, "prev_hash": head}
        values = fit(work_order_events, values)
        values["hash"] = event_hash(values["prev_hash"], values)
        self._heads[event.order_id] = values["seq"], values["hash"]
        self._db.later(_ADD_EVENT, values)
        ends = {"event_count": values["seq"], "event_head": values["hash"], "same_order": event.order_id}
        self._db.later(_MOVE_HEAD, ends, same=event.order_id)

    async def _head(self, order_id: int) -> tuple[int, str]:
        query = select(work_orders.c.event_count, work_orders.c.event_head).where(work_orders.c.id == order_id)
        row = (await self._db.execute(query.with_for_update())).one()
        return row.event_count, row.event_head or GENESIS

    async def events(self, order_id: int) -> tuple[OrderEvent, ...]:
        """Return an order's history, first to last."""
        columns = [work_order_events.c[name] for name in OrderEvent.__slots__]
        query = select(*columns).where(work_order_events.c.order_id == order_id).order_by(work_order_events.c.id)
        return tuple(OrderEvent(**row) for row in (await self._db.execute(query)).mappings())

    async def actors_of(self, order_id: int, to_status: str) -> frozenset[str]:
        """Return who moved the order to a state, whenever it was."""
        events = work_order_events.c
        query = select(events.actor).where(events.order_id == order_id, events.to_status == to_status)
        return frozenset((await self._db.execute(query)).scalars())

    async def last_event(self, order_id: int) -> OrderEvent | None:
        """Return the newest line of an order's history."""
        columns = [work_order_events.c[name] for name in OrderEvent.__slots__]
        query = select(*columns).where(work_order_events.c.order_id == order_id)
        row = (await self._db.execute(query.order_by(work_order_events.c.id.desc()).limit(1))).mappings().first()
        return OrderEvent(**row) if row is not None else None
