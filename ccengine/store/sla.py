"""Time limits in the database: policies in versions, settings, the calendar, deadlines.

What does not live here: what falls due when (hotline/sla.py), notices and penalties (notices.py, penalties.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from ccengine.hotline.running_time import parse_limit
from ccengine.hotline.sla import Deadline, Escalation, SlaPolicy, Step, rings_at
from ccengine.hotline.work_calendar import DayKind, WorkCalendar, parse_office
from ccengine.hotline.work_order import OVER
from ccengine.rows import DayRow, DeadlineRow, PolicyRow, RingingRow, SlaSettings
from ccengine.store.database import Db, fit
from ccengine.store.tables.sla import order_deadlines, order_lost_stamps, sla_policies, sla_settings
from ccengine.store.tables.work_orders import is_open, work_calendar, work_orders
from ccengine.store.upsert import upsert

_ADD = insert(order_deadlines)
_OVER = [status.value for status in OVER]
_COLUMNS = ("code", "version", "position", "name_zh", "name_en", "active")
_LISTS = ("types", "categories", "priorities", "warn_roles")
_PLAIN = ("warn_percent", "penalty", "source")
_CLOCK = ("started_at", "due_at", "warn_at", "met_at", "void", "warned_at", "breached_at", "level")


class Sla:
    """Implements store_port.SlaRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._policies: tuple[PolicyRow, ...] | None = None
        self._settings: SlaSettings | None = None
        self._calendar: WorkCalendar | None = None

    async def policies(self) -> tuple[PolicyRow, ...]:
        """Return all versions of all policies, by position; read once in a transaction."""
        if self._policies is None:
            table = sla_policies.c
            query = select(sla_policies).order_by(table.position, table.code, table.version)
            self._policies = tuple(_policy_row(row) for row in (await self._db.execute(query)).mappings())
        return self._policies

    async def add_policy(self, row: PolicyRow) -> None:
        """Add a version. Raises AlreadyExists."""
        self._policies = None
        policy = row.policy
        definition: dict[str, Any] = {name: list(getattr(policy, name)) for name in _LISTS}
        definition |= {name: getattr(policy, name) for name in _PLAIN}
        definition["limits"] = {step.value: str(limit) for step, limit in policy.limits.items()}
        definition["escalations"] = [asdict(one) | {"roles": list(one.roles)} for one in policy.escalations]
        values = {name: getattr(policy, name) for name in _COLUMNS}
        values |= {"definition": definition, "created_at": row.created_at, "created_by": row.created_by}
        await self._db.execute(insert(sla_policies).values(**fit(sla_policies, values)))

    async def settings(self) -> SlaSettings:
        """Return what all policies share; read once in a transaction."""
        if self._settings is None:
            row = (await self._db.execute(select(sla_settings))).mappings().one_or_none()
            self._settings = SlaSettings(**{k: v for k, v in row.items() if k != "id"}) if row else SlaSettings()
        return self._settings

    async def save_settings(self, settings: SlaSettings) -> None:
        """Replace the settings."""
        self._settings = self._calendar = None
        await upsert(self._db, sla_settings, fit(sla_settings, {"id": 1, **asdict(settings)}), ("id",))

    async def calendar(self) -> WorkCalendar:
        """Return the working calendar with the office hours; read once in a transaction."""
        if self._calendar is None:
            query = select(work_calendar.c.day, work_calendar.c.kind)
            days = {row.day: DayKind(row.kind) for row in await self._db.execute(query)}
            office = parse_office((await self.settings()).office_hours)
            self._calendar = WorkCalendar(timezone=self._db.timezone, days=days, office=office)
        return self._calendar

    async def days(self, year: int) -> tuple[DayRow, ...]:
        """Return the days of a year that differ from their weekday, in order."""
        table = work_calendar.c
        query = select(work_calendar).where(table.day >= date(year, 1, 1), table.day <= date(year, 12, 31))
        return tuple(DayRow(**row) for row in (await self._db.execute(query.order_by(table.day))).mappings())

    async def deadlines(self, order_id: int) -> tuple[DeadlineRow, ...]:
        """Return an order's deadlines, all rounds."""
        table = order_deadlines.c
        query = select(order_deadlines).where(table.order_id == order_id).order_by(table.step, table.round)
        return tuple(deadline_row(row) for row in (await self._db.execute(query)).mappings())

    async def save_deadlines(
        self, order_id: int, policy: SlaPolicy, changed: Sequence[Deadline], known: Sequence[Deadline]
    ) -> None:
        """Add new rounds, change those that stand (`known`)."""
        there = {(one.step, one.round) for one in known}
        for one in changed:
            values = _clock_values(one, rings_at(one, policy))
            values |= {"policy_code": policy.code, "policy_version": policy.version}
            if (one.step, one.round) in there:
                same = (order_deadlines.c.order_id == order_id) & (order_deadlines.c.step == one.step.value)
                same &= order_deadlines.c.round == one.round
                await self._db.execute(update(order_deadlines).where(same).values(**values))
            else:
                self._db.later(_ADD, values | {"order_id": order_id, "step": one.step.value, "round": one.round})

    async def add_lost_stamps(self, order_id: int, lost: Mapping[str, datetime], now: datetime) -> None:
        """Keep the stamps that were taken back."""
        rows = [{"order_id": order_id, "name": name, "at": at, "until": now} for name, at in lost.items()]
        if rows:
            await self._db.execute(insert(order_lost_stamps), rows)

    async def set_due(self, order_id: int, due_at: datetime) -> None:
        """Let the order say when it must be handled; what is computed makes no new version."""
        await self._db.execute(update(work_orders).where(work_orders.c.id == order_id).values(due_at=due_at))

    async def ringing(self, now: datetime, limit: int) -> tuple[RingingRow, ...]:
        """Return the deadlines that have something to tell, the longest waiting first; nobody else gets them now."""
        orders = work_orders.c
        shown = (orders.number, orders.title, orders.unit, orders.unit_code, orders.assigned_to)
        query = (
            select(order_deadlines, *shown)
            .join(work_orders, orders.id == order_deadlines.c.order_id)
            .where(order_deadlines.c.next_at <= now)
            .order_by(order_deadlines.c.next_at)
            .limit(limit)
            .with_for_update(skip_locked=True, of=order_deadlines)
        )
        found = (await self._db.execute(query)).mappings()
        return tuple(
            RingingRow(row=deadline_row(row), **{column.name: row[column.name] for column in shown}) for row in found
        )

    async def save_rung(self, rows: Sequence[tuple[DeadlineRow, Deadline, datetime | None]]) -> None:
        """Store what was told, and when the next is to be told."""
        if not rows:
            return
        names = ("warned_at", "breached_at", "level")
        values = [
            {"b_id": row.id, "next_at": next_at, **{name: getattr(deadline, name) for name in names}}
            for row, deadline, next_at in rows
        ]
        changes: dict[str, Any] = {name: bindparam(name) for name in (*names, "next_at")}
        statement = update(order_deadlines).where(order_deadlines.c.id == bindparam("b_id")).values(**changes)
        await self._db.execute(statement, values)

    async def next_ring(self) -> datetime | None:
        """Return when the next deadline has something to tell."""
        table = order_deadlines.c
        query = select(table.next_at).where(table.next_at.is_not(None)).order_by(table.next_at).limit(1)
        return (await self._db.execute(query)).scalar_one_or_none()

    async def open_orders(self, after_id: int, limit: int) -> tuple[int, ...]:
        """Return ids of orders that are not over, in order, after one: to walk through all of them in parts."""
        table = work_orders.c
        query = select(table.id).where(table.id > after_id, is_open()).order_by(table.id).limit(limit)
        return tuple((await self._db.execute(query)).scalars())


def _policy_row(row: Mapping[Any, Any]) -> PolicyRow:
    definition = dict(row["definition"])
    values: dict[str, Any] = {name: row[name] for name in _COLUMNS}
    values |= {name: tuple(definition[name]) for name in _LISTS}
    values |= {name: definition[name] for name in _PLAIN}
    values["limits"] = {Step(step): parse_limit(text) for step, text in definition["limits"].items()}
    values["escalations"] = tuple(
        Escalation(**{**one, "roles": tuple(one["roles"])}) for one in definition["escalations"]
    )
    policy = SlaPolicy(**values)
    return PolicyRow(policy=policy, created_at=row["created_at"], created_by=row["created_by"])


def deadline_row(row: Mapping[Any, Any]) -> DeadlineRow:
    """Return a row of order_deadlines as a value."""
    clock = {name: row[name] for name in _CLOCK}
    deadline = Deadline(step=Step(row["step"]), round=row["round"], **clock)
    same = ("id", "order_id", "policy_code", "policy_version")
    return DeadlineRow(deadline=deadline, **{name: row[name] for name in same})


def _clock_values(deadline: Deadline, next_at: datetime | None) -> dict[str, Any]:
    return {name: getattr(deadline, name) for name in _CLOCK} | {"next_at": next_at}
