"""Notices in the database, and who has seen which.

What does not live here: what is told to whom (services/sla_alarms.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from ccengine.rows import NewNotice, NoticeReader, NoticeRow, Page
from ccengine.store import cursor as cursors
from ccengine.store.database import Db, clean, fit
from ccengine.store.tables.order_catalogue import unit_members
from ccengine.store.tables.sla import notice_marks, notice_seen, notices
from ccengine.store.upsert import insert_new, upsert


class Notices:
    """Implements store_port.NoticeRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def add(self, given: Iterable[NewNotice], now: datetime) -> int:
        """Add the notices whose key is new; return how many were."""
        rows = [
            fit(notices, {name: getattr(one, name) for name in NewNotice.__slots__})
            | {"detail": dict(one.detail), "created_at": now}
            for one in given
        ]
        return await insert_new(self._db, notices, rows, ("key",))

    async def find(self, reader: NoticeReader, unseen_only: bool, cursor: str | None, limit: int) -> Page[NoticeRow]:
        """Return one page, newest first. Raises BadCursor."""
        seen = _seen(reader)
        table = notices.c
        columns = [table[name] for name in NoticeRow.__slots__ if name != "seen"]
        query = select(*columns, seen.label("seen")).where(_mine(reader))
        query = query.where(*cursors.before(table.created_at, table.id, cursor, int))
        if unseen_only:
            query = query.where(~seen)
        query = query.order_by(table.created_at.desc(), table.id.desc()).limit(limit + 1)
        rows = [NoticeRow(**row) for row in (await self._db.execute(query)).mappings()]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items=tuple(rows[:limit]), next=cursors.encode(last.created_at, last.id) if last else None)

    async def unseen(self, reader: NoticeReader, at_most: int) -> int:
        """Count what the reader has not seen, up to a number from which on it does not matter any more."""
        some: Select[Any] = select(notices.c.id).where(_mine(reader), ~_seen(reader))
        query = select(func.count()).select_from(some.limit(at_most).subquery())
        return int((await self._db.execute(query)).scalar_one())

    async def mark_seen(self, reader: NoticeReader, notice_id: int | None, now: datetime) -> bool:
        """Mark one notice as seen, or (None) all there are; False when that notice is not the reader's."""
        name = clean(reader.user_name)
        if notice_id is None:
            newest = (await self._db.execute(select(func.coalesce(func.max(notices.c.id), 0)))).scalar_one()
            values = {"user_name": name, "seen_up_to": newest}
            await upsert(self._db, notice_marks, values, ("user_name",))
            return True
        query = select(notices.c.id).where(notices.c.id == notice_id, _mine(reader))
        if (await self._db.execute(query)).first() is None:
            return False
        row = {"user_name": name, "notice_id": notice_id, "at": now}
        await insert_new(self._db, notice_seen, [row], ("user_name", "notice_id"))
        return True

    async def settled(self, keys: Collection[str], user_names: Collection[str], now: datetime) -> None:
        """Mark the notices of these keys as seen for these people: what they ask for was done."""
        found = (await self._db.execute(select(notices.c.id).where(notices.c.key.in_(keys)))).scalars().all()
        rows = [{"user_name": clean(name), "notice_id": one, "at": now} for one in found for name in sorted(user_names)]
        await insert_new(self._db, notice_seen, rows, ("user_name", "notice_id"))


def _mine(reader: NoticeReader) -> ColumnElement[bool]:
    table = notices.c
    units = select(unit_members.c.unit_code).where(unit_members.c.user_name == clean(reader.user_name))
    return or_(
        and_(table.to_kind == "role", table.to_name.in_(list(reader.roles))),
        and_(table.to_kind == "user", table.to_name == clean(reader.user_name)),
        and_(table.to_kind == "unit", table.to_name.in_(units)),
    )


def _seen(reader: NoticeReader) -> ColumnElement[bool]:
    name = clean(reader.user_name)
    mark = select(notice_marks.c.seen_up_to).where(notice_marks.c.user_name == name).scalar_subquery()
    single = exists().where(notice_seen.c.user_name == name, notice_seen.c.notice_id == notices.c.id)
    return or_(notices.c.id <= func.coalesce(mark, 0), single)
