"""Figures over many rows; only reads.

What does not live here: what the figures mean (services/figures.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select

from ccengine.rows import DayFigures
from ccengine.store.database import Db
from ccengine.store.tables.calls import calls
from ccengine.store.tables.work_orders import work_orders


class Reports:
    """Implements store_port.ReportRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def day(self, since: datetime, until: datetime, service_seconds: float) -> DayFigures:
        """Count the finished inbound calls that began in a stretch of time."""
        table = calls.c
        queued = table.queued_at.is_not(None)
        answered = queued & (table.outcome == "answered")

        def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
            return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

        query = select(
            count(queued).label("offered"),
            count(answered).label("answered"),
            count(queued & (table.outcome == "abandoned")).label("abandoned"),
            count(table.outcome == "self_service").label("served"),
            count(answered & (table.wait_seconds <= service_seconds)).label("within"),
            func.coalesce(func.sum(case((queued, table.wait_seconds), else_=0.0)), 0.0).label("waits"),
        ).where(
            table.started_at >= since, table.started_at < until, table.final.is_(True), table.direction == "inbound"
        )
        row = (await self._db.execute(query)).one()
        return DayFigures(
            offered=row.offered,
            answered=row.answered,
            abandoned=row.abandoned,
            served=row.served,
            within_service_level=row.within,
            wait_seconds_total=float(row.waits),
        )

    async def order_counts(self) -> Mapping[str, int]:
        """Return how many orders stand in each state."""
        query = select(work_orders.c.status, func.count().label("many")).group_by(work_orders.c.status)
        return {row.status: row.many for row in await self._db.execute(query)}
