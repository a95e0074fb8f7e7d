"""Outage notices and districts in the database.

What does not live here: which notice is current (hotline/outage.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from ccengine.rows import NewOutage, OutageRow, Page
from ccengine.store import cursor as cursors
from ccengine.store.database import Db, clean, fit, storable_id
from ccengine.store.tables.customers import districts, outage_notices
from ccengine.store.upsert import insert_new


class Outages:
    """Implements store_port.OutageRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def insert(self, notice: NewOutage, created_by: str, now: datetime) -> OutageRow:
        """Add a notice."""
        values = {name: getattr(notice, name) for name in NewOutage.__slots__}
        values = fit(outage_notices, values | {"created_by": created_by, "created_at": now, "withdrawn_at": None})
        result = await self._db.execute(insert(outage_notices).values(**values).returning(outage_notices.c.id))
        return OutageRow(id=result.scalar_one(), **values)

    async def get(self, outage_id: int) -> OutageRow | None:
        """Return one notice."""
        if not storable_id(outage_id):
            return None
        query = select(outage_notices).where(outage_notices.c.id == outage_id)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return OutageRow(**row) if row is not None else None

    async def not_over(self, now: datetime, district: str | None) -> tuple[OutageRow, ...]:
        """Return the notices that are neither over nor withdrawn, first begun first."""
        table = outage_notices.c
        conditions = [table.ends_at > now, table.withdrawn_at.is_(None)]
        if district is not None:
            conditions.append(table.district == clean(district))
        query = select(outage_notices).where(*conditions).order_by(table.starts_at, table.id).limit(200)
        return tuple(OutageRow(**row) for row in (await self._db.execute(query)).mappings())

    async def find(self, cursor: str | None, limit: int) -> Page[OutageRow]:
        """Return one page, newest first. Raises BadCursor."""
        table = outage_notices.c
        older = cursors.before(table.created_at, table.id, cursor, int)
        query = select(outage_notices).where(*older).order_by(table.created_at.desc(), table.id.desc()).limit(limit + 1)
        rows = [OutageRow(**row) for row in (await self._db.execute(query)).mappings()]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items=tuple(rows[:limit]), next=cursors.encode(last.created_at, last.id) if last else None)

    async def withdraw(self, outage_id: int, now: datetime) -> None:
        """Mark a notice as withdrawn."""
        same = outage_notices.c.id == outage_id
        await self._db.execute(update(outage_notices).where(same).values(withdrawn_at=now))

    async def districts(self) -> tuple[tuple[str, str, str], ...]:
        """Return (code, Chinese name, English name) in order."""
        table = districts.c
        query = select(table.code, table.name_zh, table.name_en).order_by(table.position)
        return tuple((row.code, row.name_zh, row.name_en) for row in await self._db.execute(query))

    async def add_districts(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Add the districts that are not there yet."""
        values = [
            {"code": code, "name_zh": zh, "name_en": en, "position": position}
            for position, (code, zh, en) in enumerate(rows)
        ]
        await insert_new(self._db, districts, values, ("code",))
