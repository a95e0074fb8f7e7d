"""Penalties in the database: added to, never changed (a trigger sees to it); a waiver is a row of its own.

What does not live here: what a breach costs (hotline/penalty.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select

from ccengine.rows import Page, PenaltyRow
from ccengine.store import cursor as cursors
from ccengine.store.database import Db, fit, storable_id
from ccengine.store.tables.sla import penalties, penalty_waivers
from ccengine.store.tables.work_orders import work_orders
from ccengine.store.upsert import insert_new


class Penalties:
    """Implements store_port.PenaltyRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def add(self, rows: Sequence[Mapping[str, object]]) -> int:
        """Add the penalties whose deadline has none yet; return how many were added."""
        return await insert_new(self._db, penalties, [fit(penalties, row) for row in rows], ("deadline_id",))

    async def find(self, cursor: str | None, limit: int) -> Page[PenaltyRow]:
        """Return one page, newest first. Raises BadCursor."""
        table = penalties.c
        query = _query().where(*cursors.before(table.created_at, table.id, cursor, int))
        query = query.order_by(table.created_at.desc(), table.id.desc()).limit(limit + 1)
        rows = [PenaltyRow(**row) for row in (await self._db.execute(query)).mappings()]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items=tuple(rows[:limit]), next=cursors.encode(last.created_at, last.id) if last else None)

    async def get(self, penalty_id: int) -> PenaltyRow | None:
        """Return one penalty."""
        if not storable_id(penalty_id):
            return None
        row = (await self._db.execute(_query().where(penalties.c.id == penalty_id))).mappings().one_or_none()
        return PenaltyRow(**row) if row is not None else None

    async def waive(self, penalty_id: int, reason: str, by: str, now: datetime) -> None:
        """Waive a penalty. Raises AlreadyExists when it was waived before."""
        values = {"penalty_id": penalty_id, "reason": reason, "waived_by": by, "waived_at": now}
        await self._db.execute(insert(penalty_waivers).values(**fit(penalty_waivers, values)))

    async def counts(self) -> Mapping[str, int]:
        """Return how many penalties stand, by kind."""
        joined = penalties.outerjoin(penalty_waivers, penalty_waivers.c.penalty_id == penalties.c.id)
        query = select(penalties.c.kind, func.count().label("many")).select_from(joined)
        query = query.where(penalty_waivers.c.penalty_id.is_(None)).group_by(penalties.c.kind)
        return {row.kind: row.many for row in await self._db.execute(query)}


def _query() -> Select[Any]:
    same = ("id", "order_id", "policy_code", "policy_version", "step", "kind", "amount_fen", "due_at", "created_at")
    waived = penalty_waivers.c
    return (
        select(
            *(penalties.c[name] for name in same),
            work_orders.c.number.label("order_number"),
            waived.reason.label("waived_reason"),
            waived.waived_by,
            waived.waived_at,
        )
        .join(work_orders, work_orders.c.id == penalties.c.order_id)
        .outerjoin(penalty_waivers, waived.penalty_id == penalties.c.id)
    )
