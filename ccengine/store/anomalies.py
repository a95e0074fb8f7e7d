"""What did not fit, and what each day's comparison came to, in the database: the second half of the Journal repository.

What does not live here: comparing (services/witnesses), positions and intervals (journal).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import case, func, select, update

from ccengine.rows import AnomalyRow, DayCheckRow, DayTruth, Page
from ccengine.store.calls import digest
from ccengine.store.cursor import before, encode
from ccengine.store.database import Db, clean, fit, storable_id
from ccengine.store.tables.calls import anomalies, day_checks
from ccengine.store.upsert import insert_new, upsert

_SHOWN = tuple(AnomalyRow.__slots__)
_STORED = ("at", "kind", "call_id", "detail", "day", "mended")


class Anomalies:
    """The part of store_port.JournalRepository that keeps what did not fit."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def add_anomalies(self, rows: Iterable[AnomalyRow]) -> None:
        """Keep what did not fit; the same is not kept twice, but that it was mended meanwhile is noted."""
        for row in rows:
            values = {name: getattr(row, name) for name in _STORED}
            values |= {"detail": dict(row.detail), "looked_by": "", "digest": _digest(row)}
            added = await insert_new(self._db, anomalies, [fit(anomalies, values)], ("digest",))
            if not added and row.mended:
                known = update(anomalies).where(anomalies.c.digest == values["digest"], anomalies.c.mended == "")
                await self._db.execute(known.values(mended=row.mended))

    async def mark_gone(self, day: date, still_there: Iterable[AnomalyRow], word: str) -> None:
        """Mark the day's differences that were not mended and are not there any more."""
        there = {_digest(row) for row in still_there}
        table = anomalies.c
        query = select(table.digest).where(table.day == day, table.mended == "")
        for found in (await self._db.execute(query)).scalars().all():
            if found not in there:
                await self._db.execute(update(anomalies).where(table.digest == found).values(mended=word))

    async def anomalies(self, limit: int, day: date | None = None) -> tuple[AnomalyRow, ...]:
        """Return the newest anomalies, or those of a day's comparison."""
        table = anomalies.c
        columns = [table[name] for name in _SHOWN]
        query = select(*columns).order_by(table.at.desc(), table.id.desc()).limit(limit)
        if day is not None:
            query = query.where(table.day == day)
        return tuple(AnomalyRow(**row) for row in (await self._db.execute(query)).mappings())

    async def find_anomalies(self, day: date | None, cursor: str | None, limit: int) -> Page[AnomalyRow]:
        """Return anomalies, newest first, of a day's comparison or all. Raises BadCursor."""
        table = anomalies.c
        query = select(*(table[name] for name in _SHOWN)).where(*before(table.at, table.id, cursor, int))
        if day is not None:
            query = query.where(table.day == day)
        query = query.order_by(table.at.desc(), table.id.desc()).limit(limit + 1)
        rows = [AnomalyRow(**row) for row in (await self._db.execute(query)).mappings()]
        more = len(rows) > limit
        return Page(items=tuple(rows[:limit]), next=encode(rows[limit - 1].at, rows[limit - 1].id) if more else None)

    async def look_at_anomaly(self, anomaly_id: int, who: str, now: datetime) -> bool:
        """Note that a person has seen to it; False when there is no such anomaly, or it was seen to before."""
        table = anomalies.c
        if not storable_id(anomaly_id):
            return False
        seen = update(anomalies).where(table.id == anomaly_id, table.looked_at.is_(None))
        done = seen.values(looked_at=now, looked_by=clean(who)[:96]).returning(table.id)
        return (await self._db.execute(done)).one_or_none() is not None

    async def anomaly_counts(self, since: datetime) -> Mapping[str, int]:
        """Return how many anomalies of each kind there were since then."""
        table = anomalies.c
        query = select(table.kind, func.count().label("many")).where(table.at >= since).group_by(table.kind)
        return {row.kind: row.many for row in await self._db.execute(query)}

    async def day_truths(self, since: date, until: date) -> tuple[DayTruth, ...]:
        """Return the figures of the days that have differences, in order."""
        table = anomalies.c
        looked = (table.mended == "") & table.looked_at.is_not(None)
        query = select(
            table.day,
            func.count().label("found"),
            func.sum(case((table.mended != "", 1), else_=0)).label("mended"),
            func.sum(case((looked, 1), else_=0)).label("looked"),
        ).where(table.day >= since, table.day <= until)
        rows = await self._db.execute(query.group_by(table.day).order_by(table.day))
        return tuple(DayTruth(**row) for row in rows.mappings())

    async def save_day_check(self, row: DayCheckRow) -> None:
        """Keep what a day's newest comparison came to."""
        values = {name: getattr(row, name) for name in DayCheckRow.__slots__}
        await upsert(self._db, day_checks, values, ("node", "day"))

    async def day_checks(self, since: date, until: date) -> tuple[DayCheckRow, ...]:
        """Return the days that were compared, in order."""
        table = day_checks.c
        query = select(day_checks).where(table.day >= since, table.day <= until).order_by(table.day, table.node)
        return tuple(DayCheckRow(**row) for row in (await self._db.execute(query)).mappings())


def _digest(row: AnomalyRow) -> str:
    """What makes two of them one; of a difference also its day."""
    detail = {**row.detail, "day": row.day.isoformat()} if row.day is not None else dict(row.detail)
    return digest(row.at.isoformat(), row.kind, row.call_id, detail)
