"""Who is to be called, in the database.

What does not live here: when somebody may be called (hotline/retry.py), calls made (attempts.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, update

from ccengine.hotline.campaign import TargetState
from ccengine.rows import CustomerRow, NewTarget, Page, TargetFilter, TargetRow
from ccengine.store import cursor as cursors
from ccengine.store.customers import customer_of
from ccengine.store.database import Db, clean, fit, storable_id
from ccengine.store.tables.calls import calls
from ccengine.store.tables.campaigns import campaign_targets
from ccengine.store.tables.customers import customers
from ccengine.store.upsert import insert_new_keys


class Targets:
    """Implements store_port.TargetRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def add(self, campaign_id: int, rows: Sequence[NewTarget], now: datetime) -> frozenset[str]:
        """Add the targets whose number the campaign does not have yet; return the numbers that were added.

        The rows must not hold a number twice.
        """
        if not rows:
            return frozenset()
        common = {"state": "waiting", "reason": "", "result": "", "attempts": 0, "next_at": now, "changed_at": now}
        # By hand rather than `fit`, column by column: a list has a million rows, and the hotline waits for our commit.
        values = [
            {
                "number": one.number,
                "name": clean(one.name)[:64],
                "account": one.account,
                "order_id": one.order_id,
                "visit_id": one.visit_id,
                "timezone": one.timezone,
                "values": dict(one.values),
                "campaign_id": campaign_id,
                **common,
            }
            for one in rows
        ]
        return frozenset(await insert_new_keys(self._db, campaign_targets, values, ("number", "campaign_id")))

    async def with_accounts(self, rows: Sequence[NewTarget]) -> list[NewTarget]:
        """Return the targets with the account of the one customer their number belongs to, where they name none."""
        numbers = [one.number for one in rows if one.account is None]
        if not numbers:
            return list(rows)
        table = customers.c
        query = select(table.phone, func.min(table.account).label("account"), func.count().label("many"))
        found = await self._db.execute(query.where(table.phone.in_(numbers)).group_by(table.phone))
        accounts = {row.phone: row.account for row in found if row.many == 1}
        return [replace(one, account=one.account or accounts.get(one.number)) for one in rows]

    async def get(self, target_id: int) -> TargetRow | None:
        """Return one target."""
        if not storable_id(target_id):
            return None
        query = select(campaign_targets).where(campaign_targets.c.id == target_id)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return _target(row) if row is not None else None

    async def find(self, campaign_id: int, wanted: TargetFilter, cursor: str | None, limit: int) -> Page[TargetRow]:
        """Return one page, last changed first. Raises BadCursor."""
        table = campaign_targets.c
        conditions = [table.campaign_id == campaign_id, *cursors.before(table.changed_at, table.id, cursor, int)]
        if wanted.state:
            conditions.append(table.state == clean(wanted.state))
        if wanted.result:
            conditions.append(or_(table.result == clean(wanted.result), table.reason == clean(wanted.result)))
        if wanted.number:
            conditions.append(table.number == clean(wanted.number))
        query = select(campaign_targets).where(*conditions).order_by(table.changed_at.desc(), table.id.desc())
        rows = [_target(row) for row in (await self._db.execute(query.limit(limit + 1))).mappings()]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items=tuple(rows[:limit]), next=cursors.encode(last.changed_at, last.id) if last else None)

    async def due(self, campaign_id: int, now: datetime, limit: int) -> tuple[TargetRow, ...]:
        """Return targets whose time has come, those who waited longest first."""
        table = campaign_targets.c
        mine = and_(table.campaign_id == campaign_id, table.state == TargetState.WAITING.value)
        query = select(campaign_targets).where(mine, table.next_at <= now).order_by(table.next_at, table.id)
        return tuple(_target(row) for row in (await self._db.execute(query.limit(limit))).mappings())

    async def update(self, target_id: int, values: Mapping[str, Any]) -> None:
        """Change a target."""
        same = campaign_targets.c.id == target_id
        await self._db.execute(update(campaign_targets).where(same).values(**fit(campaign_targets, values)))

    async def mark_calling(self, target_ids: Sequence[int], now: datetime) -> None:
        """Note that these are being called."""
        same = campaign_targets.c.id.in_(list(target_ids))
        values = {"state": TargetState.CALLING.value, "changed_at": now}
        await self._db.execute(update(campaign_targets).where(same).values(**values))

    async def drop_number(self, number: str, reason: str, now: datetime) -> int:
        """Drop a number's waiting targets in every campaign; return how many."""
        table = campaign_targets.c
        mine = and_(table.number == clean(number), table.state == TargetState.WAITING.value)
        values = {"state": TargetState.DROPPED.value, "reason": reason, "changed_at": now}
        result = await self._db.execute(update(campaign_targets).where(mine).values(**values).returning(table.id))
        return len(result.all())

    async def customers_matching(
        self, conditions: Mapping[str, Any], after: str, limit: int
    ) -> tuple[CustomerRow, ...]:
        """Return customers behind the account `after`. Conditions: arrears_from_fen, overdue_before (date), district,
        no_contact_since (moment of the last call with the account)."""
        wanted = (customers.c.account > after, *_fitting(conditions))
        query = select(customers).where(*wanted).order_by(customers.c.account).limit(limit)
        return tuple(customer_of(row) for row in (await self._db.execute(query)).mappings())

    async def count_customers(self, conditions: Mapping[str, Any]) -> int:
        """Return how many customers fit; conditions as in `customers_matching`."""
        query = select(func.count()).select_from(customers).where(*_fitting(conditions))
        return int((await self._db.execute(query)).scalar_one())


def _fitting(conditions: Mapping[str, Any]) -> list[Any]:
    table, wanted = customers.c, list[Any]()
    if conditions.get("arrears_from_fen"):
        wanted.append(table.arrears_fen >= conditions["arrears_from_fen"])
    if isinstance(conditions.get("overdue_before"), date):
        wanted.append(table.due_on < conditions["overdue_before"])
    if conditions.get("district"):
        wanted.append(table.district == clean(conditions["district"]))
    if conditions.get("no_contact_since"):
        spoken = select(calls.c.call_id).where(
            calls.c.customer_account == table.account, calls.c.started_at >= conditions["no_contact_since"]
        )
        wanted.append(~spoken.exists())
    return wanted


def _target(row: Mapping[Any, Any]) -> TargetRow:
    return TargetRow(**dict(row) | {"state": TargetState(row["state"])})
