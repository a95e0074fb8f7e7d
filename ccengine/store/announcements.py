"""Emergency announcements in the database, sound and all: every engine finds them, wherever they were recorded.

What does not live here: what is on air (services/announcements.py).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from ccengine.rows import AnnouncementRow
from ccengine.store.database import Db, fit, storable_id
from ccengine.store.tables.incidents import announcements

_COLUMNS = [announcements.c[name] for name in AnnouncementRow.__slots__]


class Announcements:
    """Implements store_port.AnnouncementRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def add(self, row: AnnouncementRow, sound: bytes) -> AnnouncementRow:
        """Add an announcement; its id is given here."""
        values = {name: getattr(row, name) for name in AnnouncementRow.__slots__ if name != "id"}
        values = fit(announcements, values) | {"sound": sound}
        result = await self._db.execute(insert(announcements).values(**values).returning(announcements.c.id))
        found = await self.get(result.scalar_one())
        assert found is not None
        return found

    async def get(self, announcement_id: int) -> AnnouncementRow | None:
        """Return one announcement."""
        if not storable_id(announcement_id):
            return None
        query = select(*_COLUMNS).where(announcements.c.id == announcement_id)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return AnnouncementRow(**row) if row is not None else None

    async def sound(self, announcement_id: int) -> bytes | None:
        """Return an announcement's A-law."""
        query = select(announcements.c.sound).where(announcements.c.id == announcement_id)
        found = (await self._db.execute(query)).scalar_one_or_none()
        return bytes(found) if found is not None else None

    async def not_over(self, now: datetime) -> tuple[AnnouncementRow, ...]:
        """Return what is on air now or later, first begun first."""
        table = announcements.c
        query = select(*_COLUMNS).where(table.ends_at > now, table.withdrawn_at.is_(None)).order_by(table.starts_at)
        return tuple(AnnouncementRow(**row) for row in (await self._db.execute(query)).mappings())

    async def newest(self, limit: int) -> tuple[AnnouncementRow, ...]:
        """Return the newest announcements."""
        query = select(*_COLUMNS).order_by(announcements.c.id.desc()).limit(limit)
        return tuple(AnnouncementRow(**row) for row in (await self._db.execute(query)).mappings())

    async def change(self, announcement_id: int, district: str, ends_at: datetime) -> None:
        """Say whom an announcement is for and until when."""
        changed = update(announcements).where(announcements.c.id == announcement_id)
        await self._db.execute(changed.values(**fit(announcements, {"district": district, "ends_at": ends_at})))

    async def withdraw(self, announcement_id: int, now: datetime) -> None:
        """Take an announcement off the air."""
        await self._db.execute(
            update(announcements).where(announcements.c.id == announcement_id).values(withdrawn_at=now)
        )
