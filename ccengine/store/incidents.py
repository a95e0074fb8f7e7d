"""Incidents in the database, and the open orders that could be one.

What does not live here: what makes an incident (hotline/incident.py).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, select, update

from ccengine.hotline.work_order import OVER
from ccengine.rows import IncidentRow
from ccengine.store.database import Db, fit
from ccengine.store.tables.incidents import incidents
from ccengine.store.tables.work_orders import is_open, work_orders

_RUNNING = select(incidents).where(incidents.c.closed_at.is_(None)).order_by(incidents.c.begun_at.desc())
_OVER = [status.value for status in OVER]


class Incidents:
    """Implements store_port.IncidentRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._running: tuple[IncidentRow, ...] | None = None

    async def add(self, row: IncidentRow) -> None:
        """Add an incident."""
        self._running = None
        values = {name: getattr(row, name) for name in IncidentRow.__slots__}
        await self._db.execute(insert(incidents).values(**fit(incidents, values)))

    async def get(self, order_id: int) -> IncidentRow | None:
        """Return the incident that an order is."""
        query = select(incidents).where(incidents.c.order_id == order_id)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return IncidentRow(**row) if row is not None else None

    async def running(self) -> tuple[IncidentRow, ...]:
        """Return the incidents that are not over, newest first; read once in a transaction."""
        if self._running is None:
            rows = (await self._db.execute(_RUNNING)).mappings()
            self._running = tuple(IncidentRow(**row) for row in rows)
        return self._running

    async def close(self, order_id: int, now: datetime) -> None:
        """Say that an incident is over."""
        self._running = None
        await self._db.execute(update(incidents).where(incidents.c.order_id == order_id).values(closed_at=now))

    async def lonely_orders(self, since: datetime, limit: int) -> tuple[int, ...]:
        """Return the newest open orders that belong to no incident and are none."""
        table = work_orders.c
        open_ = is_open() & table.parent_id.is_(None) & table.is_incident.is_(False)
        query = select(table.id).where(open_, table.created_at >= since).order_by(table.created_at.desc()).limit(limit)
        return tuple((await self._db.execute(query)).scalars())

    async def children(self, order_id: int) -> tuple[int, ...]:
        """Return the orders that belong to an incident, by id."""
        query = select(work_orders.c.id).where(work_orders.c.parent_id == order_id, work_orders.c.resolution == "")
        return tuple((await self._db.execute(query.order_by(work_orders.c.id))).scalars())

    async def counts(self, order_ids: tuple[int, ...]) -> dict[int, int]:
        """Return how many orders belong to each incident."""
        parent = work_orders.c.parent_id.label("parent")
        mine = work_orders.c.parent_id.in_(order_ids) & (work_orders.c.resolution == "")
        query = select(parent, func.count().label("orders")).where(mine).group_by(work_orders.c.parent_id)
        return {int(row.parent): int(row.orders) for row in await self._db.execute(query)}
