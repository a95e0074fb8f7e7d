"""Figures over many rows; only reads.

What does not live here: what the figures mean (services/figures.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select, true

from ccengine.hotline.work_order import OVER, OrderStatus
from ccengine.records.service_level import ANSWER_WITHIN_SECONDS, SHORT_ABANDON_SECONDS, DayCounts
from ccengine.rows import TalkGrades
from ccengine.store.database import Db
from ccengine.store.order_conditions import is_overdue
from ccengine.store.tables.calls import calls
from ccengine.store.tables.work_orders import is_open, work_orders
from ccengine.values import Direction, Outcome


class Reports:
    """Implements store_port.ReportRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def day(self, since: datetime, until: datetime) -> DayCounts:
        """Count the finished inbound calls that began in a stretch of time."""
        table = calls.c
        queued = table.queued_at.is_not(None)
        answered = queued & (table.outcome == Outcome.ANSWERED)
        abandoned = queued & (table.outcome == Outcome.ABANDONED)

        def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
            return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

        waits = func.sum(case((answered, table.wait_seconds), else_=0.0))
        query = select(
            count(queued).label("offered"),
            count(answered).label("answered"),
            count(answered & (table.wait_seconds <= ANSWER_WITHIN_SECONDS)).label("answered_in_time"),
            func.coalesce(waits, 0.0).label("answered_wait_seconds"),
            count(abandoned).label("abandoned"),
            count(abandoned & (table.wait_seconds < SHORT_ABANDON_SECONDS)).label("abandoned_short"),
            count(table.outcome == Outcome.SELF_SERVICE).label("served"),
        ).where(
            table.started_at >= since,
            table.started_at < until,
            table.final.is_(True),
            table.direction == Direction.INBOUND,
        )
        row = (await self._db.execute(query)).mappings().one()
        return DayCounts(**{**row, "answered_wait_seconds": float(row["answered_wait_seconds"])})

    async def open_order_counts(self) -> Mapping[str, int]:
        """Return how many orders stand in each state that is not the end; those at the end may be a million."""
        table = work_orders.c
        open_ones = table.status.in_([status.value for status in OrderStatus if status not in OVER])
        query = select(table.status, func.count().label("many")).where(open_ones).group_by(table.status)
        return {row.status: row.many for row in await self._db.execute(query)}

    async def settled_counts(self, most: int) -> Mapping[str, int]:
        """Return how many orders were visited, are closed, and are there at all; each counted up to `most`, for these
        may be millions."""
        table = work_orders.c
        asked = {"visited": table.visited_at.is_not(None), "closed": table.status == OrderStatus.CLOSED, "all": true()}
        some = {name: select(table.id).where(condition).limit(most).subquery() for name, condition in asked.items()}
        counts = [select(func.count()).select_from(rows).scalar_subquery().label(name) for name, rows in some.items()]
        return dict((await self._db.execute(select(*counts))).mappings().one())

    async def mine_and_overdue(self, user_name: str, now: datetime) -> tuple[int, int]:
        """Return how many open orders a person has, and how many should have been handled by now."""
        table = work_orders.c
        open_ones = is_open()
        mine = select(func.count()).where(open_ones, table.assigned_to == user_name).select_from(work_orders)
        late = select(func.count()).where(is_overdue(now)).select_from(work_orders)
        return (await self._db.execute(mine)).scalar_one(), (await self._db.execute(late)).scalar_one()

    async def unit_loads(self, now: datetime) -> Mapping[str, dict[str, int]]:
        """Return for each unit how many open orders it has in each state, and how many are "overdue"."""
        table = work_orders.c
        open_ones = is_open()
        late = func.coalesce(func.sum(case((is_overdue(now), 1), else_=0)), 0)
        query = select(table.unit_code, table.status, func.count().label("many"), late.label("late"))
        query = query.where(open_ones, table.unit_code != "").group_by(table.unit_code, table.status)
        loads: dict[str, dict[str, int]] = {}
        for row in await self._db.execute(query):
            load = loads.setdefault(row.unit_code, {"overdue": 0})
            load[row.status] = row.many
            load["overdue"] += int(row.late)
        return loads

    async def waiting_count(self) -> int:
        """Return how many orders nobody has been sent to yet."""
        waiting = work_orders.c.status.in_((OrderStatus.REGISTERED.value, OrderStatus.ACCEPTED.value))
        total: int = (await self._db.execute(select(func.count()).select_from(work_orders).where(waiting))).scalar_one()
        return total

    async def talk_grades(self, since: datetime, until: datetime) -> tuple[TalkGrades, ...]:
        """Count the answered calls that began in a stretch of time and their grades, by agent."""
        table = calls.c
        query = select(
            table.agent_number,
            func.count().label("answered"),
            func.count(table.grade).label("graded"),
            func.coalesce(func.sum(table.grade), 0).label("points"),
        ).where(
            table.started_at >= since,
            table.started_at < until,
            table.final.is_(True),
            table.outcome == Outcome.ANSWERED.value,
            table.direction == Direction.INBOUND.value,
            table.agent_number.is_not(None),
        )
        rows = await self._db.execute(query.group_by(table.agent_number).order_by(table.agent_number))
        return tuple(TalkGrades(**row) for row in rows.mappings())

    async def incoming(self, node: str, since: datetime, until: datetime) -> int:
        """Count the inbound calls that began after `since`, up to `until`, whether they are over or not."""
        query = select(func.count()).where(*_inbound(node), calls.c.started_at > since, calls.c.started_at <= until)
        total: int = (await self._db.execute(query)).scalar_one()
        return total

    async def incoming_ends(self, node: str) -> tuple[datetime | None, datetime | None]:
        """Return when the first and the last inbound call began."""
        query = select(calls.c.started_at).where(*_inbound(node)).limit(1)
        first = (await self._db.execute(query.order_by(calls.c.started_at))).scalar_one_or_none()
        last = (await self._db.execute(query.order_by(calls.c.started_at.desc()))).scalar_one_or_none()
        return first, last

    async def order_counts(self) -> Mapping[str, int]:
        """Return how many orders stand in each state."""
        query = select(work_orders.c.status, func.count().label("many")).group_by(work_orders.c.status)
        return {row.status: row.many for row in await self._db.execute(query)}


def _inbound(node: str) -> tuple[ColumnElement[bool], ...]:
    return calls.c.node == node, calls.c.direction == Direction.INBOUND
