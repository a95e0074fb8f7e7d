"""The outbox: committed changes in order, for those who push them.

What does not live here: pushing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select

from ccengine.rows import OutboxRow
from ccengine.store.database import Db
from ccengine.store.tables.waiting import outbox

#: On PostgreSQL ids are given out before the commit: without this lock a reader could pass by a smaller, later one.
_LOCK = "outbox"


class Outbox:
    """Implements store_port.OutboxRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._waiting: list[dict[str, Any]] = []

    async def add(self, topic: str, payload: Mapping[str, Any], now: datetime) -> None:
        """Add a change to the transaction; it is written just before the commit."""
        row = {"topic": topic, "payload": dict(payload), "created_at": now}
        if row not in self._waiting:
            self._waiting.append(row)

    async def flush(self) -> None:
        """Write what waits; the last thing in a transaction, so that the lock is held for a moment only."""
        rows, self._waiting = self._waiting, []
        if rows:
            await self._db.lock(_LOCK)
            await self._db.execute(insert(outbox), rows)

    async def after(self, last_id: int, limit: int) -> tuple[OutboxRow, ...]:
        """Return the changes after an id, oldest first."""
        query = select(outbox).where(outbox.c.id > last_id).order_by(outbox.c.id).limit(limit)
        return tuple(OutboxRow(**row) for row in (await self._db.execute(query)).mappings())

    async def last_id(self) -> int:
        """Return the newest id, 0 when there is none."""
        newest: int | None = (await self._db.execute(select(func.max(outbox.c.id)))).scalar_one()
        return newest or 0

    async def forget(self, before: datetime) -> None:
        """Drop old changes, but never the newest: ids must go on growing."""
        newest = select(func.max(outbox.c.id)).scalar_subquery()
        await self._db.execute(delete(outbox).where(outbox.c.created_at < before, outbox.c.id < newest))
