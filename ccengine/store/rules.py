"""Opening rules, dispositions and the working calendar in the database.

What does not live here: what they mean (hotline/).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import delete, select

from ccengine.hotline.disposition import Disposition
from ccengine.hotline.opening_rule import OpeningRule
from ccengine.hotline.work_calendar import DayKind
from ccengine.store.database import Db, clean, fit
from ccengine.store.tables.work_orders import dispositions, opening_rules, work_calendar
from ccengine.store.upsert import upsert


class Rules:
    """Implements store_port.RuleRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._opening: tuple[OpeningRule, ...] | None = None

    async def opening_rules(self) -> tuple[OpeningRule, ...]:
        """Return all opening rules in order; read once in a transaction, however many calls it takes in."""
        if self._opening is None:
            query = select(opening_rules).order_by(opening_rules.c.position, opening_rules.c.code)
            self._opening = tuple(OpeningRule(**row) for row in (await self._db.execute(query)).mappings())
        return self._opening

    async def save_rule(self, rule: OpeningRule) -> None:
        """Add or replace a rule."""
        self._opening = None
        values = {name: getattr(rule, name) for name in OpeningRule.__slots__}
        values |= {"when": dict(rule.when), "open": dict(rule.open) if rule.open is not None else None}
        await upsert(self._db, opening_rules, fit(opening_rules, values), ("code",))

    async def dispositions(self) -> tuple[Disposition, ...]:
        """Return all dispositions in order."""
        query = select(dispositions).order_by(dispositions.c.position, dispositions.c.code)
        return tuple(Disposition(**row) for row in (await self._db.execute(query)).mappings())

    async def disposition(self, code: str) -> Disposition | None:
        """Return one disposition."""
        query = select(dispositions).where(dispositions.c.code == clean(code))
        row = (await self._db.execute(query)).mappings().one_or_none()
        return Disposition(**row) if row is not None else None

    async def save_disposition(self, disposition: Disposition) -> None:
        """Add or replace a disposition."""
        values = {name: getattr(disposition, name) for name in Disposition.__slots__}
        await upsert(self._db, dispositions, fit(dispositions, values), ("code",))

    async def calendar(self) -> Mapping[date, DayKind]:
        """Return the days that differ from their weekday."""
        query = select(work_calendar.c.day, work_calendar.c.kind)
        return {row.day: DayKind(row.kind) for row in await self._db.execute(query)}

    async def set_day(self, day: date, kind: DayKind | None, name: str) -> None:
        """Say what a day is; None: as its weekday."""
        if kind is None:
            await self._db.execute(delete(work_calendar).where(work_calendar.c.day == day))
            return
        values = fit(work_calendar, {"day": day, "kind": kind.value, "name": name})
        await upsert(self._db, work_calendar, values, ("day",))
