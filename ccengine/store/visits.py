"""The asking for a grade in the database: one row per order and round.

What does not live here: what a grade does to an order (services/order_visits.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from ccengine.rows import VisitRow
from ccengine.store.database import Db, fit, storable_id
from ccengine.store.tables.work_order_parts import order_visits
from ccengine.store.upsert import insert_new


class Visits:
    """Implements store_port.VisitRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def of_order(self, order_id: int) -> tuple[VisitRow, ...]:
        """Return an order's visits, first round first."""
        query = select(order_visits).where(order_visits.c.order_id == order_id).order_by(order_visits.c.round)
        return tuple(VisitRow(**row) for row in (await self._db.execute(query)).mappings())

    async def get(self, visit_id: int) -> VisitRow | None:
        """Return one visit."""
        if not storable_id(visit_id):
            return None
        query = select(order_visits).where(order_visits.c.id == visit_id)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return VisitRow(**row) if row is not None else None

    async def add(self, order_id: int, round_: int, kind: str, due_at: datetime, now: datetime) -> bool:
        """Ask for a visit; False when that round has one already."""
        values = {
            "order_id": order_id,
            "round": round_,
            "kind": kind,
            "status": "pending",
            "due_at": due_at,
            "tries": 0,
            "remark": "",
            "remark_recording": "",
            "asked_by": "",
            "created_at": now,
        }
        return await insert_new(self._db, order_visits, [fit(order_visits, values)], ("order_id", "round")) > 0

    async def update(self, visit_id: int, expected_status: Sequence[str], values: Mapping[str, Any]) -> bool:
        """Change a visit that is still in one of these states; False when it is not: somebody was faster."""
        same = (order_visits.c.id == visit_id) & order_visits.c.status.in_(list(expected_status))
        result = await self._db.execute(update(order_visits).where(same).values(**fit(order_visits, values)))
        return bool(result.rowcount == 1)

    async def claim(self, visit_id: int, now: datetime, lease_until: datetime) -> bool:
        """Take a visit whose time has come in hand until `lease_until`; False when somebody else has it."""
        table = order_visits.c
        mine = (table.id == visit_id) & table.status.in_(("pending", "asking")) & (table.due_at <= now)
        values = {"status": "asking", "due_at": lease_until}
        return bool((await self._db.execute(update(order_visits).where(mine).values(**values))).rowcount == 1)

    async def due(self, now: datetime, kinds: Sequence[str], limit: int) -> tuple[VisitRow, ...]:
        """Return the visits that wait and whose time has come (also those that somebody took in hand and never came
        back with), oldest first."""
        table = order_visits.c
        waiting = table.status.in_(("pending", "asking")) & (table.due_at <= now)
        query = select(order_visits).where(waiting, table.kind.in_(list(kinds)))
        query = query.order_by(table.due_at, table.id).limit(limit)
        return tuple(VisitRow(**row) for row in (await self._db.execute(query)).mappings())
