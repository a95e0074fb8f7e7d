"""Plans of periodic visits in the database.

What does not live here: how often (hotline/visit_plan.py), the orders they become (services/visit_plans.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from ccengine.rows import VisitPlanRow
from ccengine.store.database import Db, fit, storable_id
from ccengine.store.tables.field import visit_plans


class VisitPlans:
    """Implements store_port.VisitPlanRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def add(self, row: VisitPlanRow) -> VisitPlanRow:
        """Add a plan; its id is given here."""
        values = {name: getattr(row, name) for name in VisitPlanRow.__slots__ if name != "id"}
        made = await self._db.execute(
            insert(visit_plans).values(**fit(visit_plans, values)).returning(visit_plans.c.id)
        )
        return VisitPlanRow(**values | {"id": made.scalar_one()})

    async def get(self, plan_id: int) -> VisitPlanRow | None:
        """Return one plan."""
        if not storable_id(plan_id):
            return None
        query = select(visit_plans).where(visit_plans.c.id == plan_id)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return VisitPlanRow(**row) if row is not None else None

    async def all(self) -> tuple[VisitPlanRow, ...]:
        """Return the plans, those to be visited next first, stopped ones last."""
        table = visit_plans.c
        query = select(visit_plans).order_by(table.next_on.is_(None), table.next_on, table.id).limit(1000)
        return tuple(VisitPlanRow(**row) for row in (await self._db.execute(query)).mappings())

    async def due(self, today: date) -> tuple[VisitPlanRow, ...]:
        """Return the plans whose day has come."""
        query = select(visit_plans).where(visit_plans.c.next_on <= today).order_by(visit_plans.c.next_on).limit(100)
        return tuple(VisitPlanRow(**row) for row in (await self._db.execute(query)).mappings())

    async def update(self, plan: VisitPlanRow, values: Mapping[str, Any]) -> bool:
        """Change a plan that still has that state and day; False when somebody was faster."""
        table = visit_plans.c
        day = table.next_on.is_(None) if plan.next_on is None else table.next_on == plan.next_on
        same = (table.id == plan.id) & (table.state == plan.state) & day
        return bool((await self._db.execute(update(visit_plans).where(same).values(**values))).rowcount == 1)
