"""Inspection rounds in the database: plans, rounds, records that are only ever added to, orders of faults.

What does not live here: when a round falls due (hotline/inspection_round.py), who may do what (services/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, delete, func, insert, or_, select, update

from ccengine.hotline.inspection_round import Item, Result, RoundFigures
from ccengine.rows import Page, PlanFigures, RoundFilter, RoundOrder, RoundPlan, RoundRecord, RoundRow
from ccengine.store import cursor as cursors
from ccengine.store.database import Db, clean, fit, storable_id
from ccengine.store.tables.order_catalogue import unit_members
from ccengine.store.tables.rounds import (
    round_orders,
    round_plan_items,
    round_plans,
    round_records,
    round_results,
    rounds,
)
from ccengine.store.tables.work_orders import work_orders
from ccengine.store.upsert import insert_new
from ccengine.store_port import VersionConflict

_PLANS = 500


class Rounds:
    """Implements store_port.RoundRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def plans(self) -> tuple[RoundPlan, ...]:
        """Return the plans, the next to fall due first, stopped ones last."""
        order = (round_plans.c.next_on.is_(None), round_plans.c.next_on, round_plans.c.id)
        return await self._plans(order=order)

    async def plan(self, plan_id: int) -> RoundPlan | None:
        """Return one plan."""
        found = await self._plans(round_plans.c.id == plan_id) if storable_id(plan_id) else ()
        return found[0] if found else None

    async def due_plans(self, today: date) -> tuple[RoundPlan, ...]:
        """Return the plans of which a round has fallen due."""
        return await self._plans(round_plans.c.next_on <= today)

    async def _plans(self, *conditions: ColumnElement[bool], order: Sequence[Any] = ()) -> tuple[RoundPlan, ...]:
        query = select(round_plans).where(*conditions).order_by(*(order or (round_plans.c.id,))).limit(_PLANS)
        rows = [dict(row) for row in (await self._db.execute(query)).mappings()]
        items: dict[int, list[Item]] = {row["id"]: [] for row in rows}
        table = round_plan_items.c
        asked = select(round_plan_items).where(table.plan_id.in_(items)).order_by(table.plan_id, table.position)
        for one in (await self._db.execute(asked)).mappings():
            items[one["plan_id"]].append(Item(name=one["name"], expected=one["expected"]))
        return tuple(RoundPlan(**row, items=tuple(items[row["id"]])) for row in rows)

    async def add_plan(self, plan: RoundPlan) -> RoundPlan:
        """Add a plan; its id is given here."""
        values = {name: getattr(plan, name) for name in RoundPlan.__slots__ if name not in ("id", "items")}
        made = await self._db.execute(
            insert(round_plans).values(**fit(round_plans, values)).returning(round_plans.c.id)
        )
        plan_id = made.scalar_one()
        await self._add_items(plan_id, plan.items)
        return RoundPlan(**values, id=plan_id, items=plan.items)

    async def change_plan(self, plan: RoundPlan, values: Mapping[str, Any], items: Sequence[Item]) -> None:
        """Change a plan that is as the caller saw it. Raises VersionConflict."""
        seen = (round_plans.c.id == plan.id) & (round_plans.c.version == plan.version)
        row = fit(round_plans, {**values, "version": plan.version + 1})
        if (await self._db.execute(update(round_plans).where(seen).values(**row))).rowcount != 1:
            raise VersionConflict(plan.id)
        await self._db.execute(delete(round_plan_items).where(round_plan_items.c.plan_id == plan.id))
        await self._add_items(plan.id, items)

    async def _add_items(self, plan_id: int, items: Sequence[Item]) -> None:
        rows = [
            fit(round_plan_items, {"plan_id": plan_id, "position": at, "name": one.name, "expected": one.expected})
            for at, one in enumerate(items)
        ]
        await self._db.execute(insert(round_plan_items), rows)

    async def move_on(self, plan: RoundPlan, next_on: date) -> bool:
        """Say when the plan's next round falls due; False when somebody was faster."""
        seen = (round_plans.c.id == plan.id) & (round_plans.c.next_on == plan.next_on)
        seen &= round_plans.c.version == plan.version
        return (await self._db.execute(update(round_plans).where(seen).values(next_on=next_on))).rowcount == 1

    async def open(self, plan: RoundPlan, days: Mapping[date, date], now: datetime) -> int:
        """Open the plan's rounds of these days (due -> until) that are not open yet; return how many were."""
        same = {name: getattr(plan, name) for name in ("name", "place", "unit_code", "person", "order_type")}
        same |= {"plan_id": plan.id, "items": [[one.name, one.expected] for one in plan.items], "opened_at": now}
        same |= {"done_on": None, "done_by": "", "faults": 0, "told_overdue": False}
        rows = [{**same, "due_on": due, "until_on": until} for due, until in days.items()]
        return await insert_new(self._db, rounds, rows, ("plan_id", "due_on"))

    async def get(self, round_id: int) -> RoundRow | None:
        """Return one round."""
        if not storable_id(round_id):
            return None
        row = (await self._db.execute(select(rounds).where(rounds.c.id == round_id))).mappings().one_or_none()
        return _round(row) if row is not None else None

    async def find(self, wanted: RoundFilter, today: date, cursor: str | None, limit: int) -> Page[RoundRow]:
        """Return one page: what fell due last first. Raises BadCursor."""
        table = rounds.c
        query = select(rounds).where(*_conditions(wanted, today))
        query = query.where(*cursors.before(table.opened_at, table.id, cursor, int))
        query = query.order_by(table.opened_at.desc(), table.id.desc()).limit(limit + 1)
        found = [_round(row) for row in (await self._db.execute(query)).mappings()]
        last = found[limit - 1] if len(found) > limit else None
        return Page(items=tuple(found[:limit]), next=cursors.encode(last.opened_at, last.id) if last else None)

    async def many(self, wanted: RoundFilter, today: date) -> int:
        """Count the rounds that fit."""
        query = select(func.count()).select_from(rounds).where(*_conditions(wanted, today))
        return int((await self._db.execute(query)).scalar_one())

    async def records(self, round_ids: Sequence[int]) -> tuple[RoundRecord, ...]:
        """Return the records of rounds, the newest of each first."""
        table, results = round_records.c, dict[int, list[Result]]()
        query = select(round_records).where(table.round_id.in_(round_ids))
        rows = list((await self._db.execute(query.order_by(table.round_id, table.revision.desc()))).mappings())
        asked = select(round_results).where(round_results.c.record_id.in_([row["id"] for row in rows]))
        for one in (await self._db.execute(asked.order_by(round_results.c.position))).mappings():
            result = Result(position=one["position"], normal=one["normal"], remark=one["remark"])
            results.setdefault(one["record_id"], []).append(result)
        return tuple(RoundRecord(**row, results=tuple(results.get(row["id"], ()))) for row in rows)

    async def add_record(self, record: RoundRecord) -> RoundRecord:
        """Add a record; its id is given here. Raises AlreadyExists: somebody else wrote this revision."""
        values = {name: getattr(record, name) for name in RoundRecord.__slots__ if name not in ("id", "results")}
        made = await self._db.execute(
            insert(round_records).values(**fit(round_records, values)).returning(round_records.c.id)
        )
        record_id = made.scalar_one()
        rows = [
            fit(round_results, {name: getattr(one, name) for name in Result.__slots__}) | {"record_id": record_id}
            for one in record.results
        ]
        await self._db.execute(insert(round_results), rows)
        return RoundRecord(**values, id=record_id, results=record.results)

    async def settle(self, round_id: int, values: Mapping[str, Any]) -> None:
        """Let a round say what its newest record says."""
        await self._db.execute(update(rounds).where(rounds.c.id == round_id).values(**fit(rounds, values)))

    async def orders(self, round_ids: Sequence[int]) -> tuple[RoundOrder, ...]:
        """Return the orders that faults of rounds became."""
        table = round_orders.c
        query = select(table.round_id, table.position, table.order_id, work_orders.c.number, work_orders.c.status)
        query = query.join(work_orders, work_orders.c.id == table.order_id).where(table.round_id.in_(round_ids))
        return tuple(RoundOrder(**row) for row in (await self._db.execute(query)).mappings())

    async def add_order(self, round_id: int, position: int, order_id: int, who: str, now: datetime) -> None:
        """Keep which order a fault became. Raises AlreadyExists."""
        values = {"round_id": round_id, "position": position, "order_id": order_id}
        await self._db.execute(insert(round_orders).values(**values, created_by=clean(who), created_at=now))

    async def of_order(self, order_id: int) -> RoundRow | None:
        """Return the round whose fault became an order."""
        query = select(rounds).join(round_orders, round_orders.c.round_id == rounds.c.id)
        row = (await self._db.execute(query.where(round_orders.c.order_id == order_id))).mappings().one_or_none()
        return _round(row) if row is not None else None

    async def untold(self, today: date, limit: int) -> tuple[RoundRow, ...]:
        """Return overdue rounds of which nobody was told yet."""
        table = rounds.c
        missed = (table.done_on.is_(None)) & (table.until_on < today) & (table.told_overdue.is_(False))
        query = select(rounds).where(missed).order_by(table.id).limit(limit)
        return tuple(_round(row) for row in (await self._db.execute(query)).mappings())

    async def told(self, round_ids: Sequence[int]) -> None:
        """Take note that people were told."""
        await self._db.execute(update(rounds).where(rounds.c.id.in_(round_ids)).values(told_overdue=True))

    async def figures(self, since: date, until: date, today: date) -> tuple[PlanFigures, ...]:
        """Return how the rounds due in a period (both days included) were done, by plan."""
        table = rounds.c
        undone = table.done_on.is_(None)
        columns = [
            _many(table.done_on <= table.until_on).label("on_time"),
            _many(table.done_on > table.until_on).label("late"),
            _many(undone & (table.until_on < today)).label("missing"),
            _many(undone & (table.until_on >= today)).label("waiting"),
            func.coalesce(func.sum(table.faults), 0).label("faults"),
        ]
        query = select(table.plan_id, round_plans.c.name, *columns).join(round_plans, round_plans.c.id == table.plan_id)
        query = query.where(table.due_on.between(since, until)).group_by(table.plan_id, round_plans.c.name)
        return tuple(
            PlanFigures(
                plan_id=row["plan_id"],
                name=row["name"],
                figures=RoundFigures(**{name: int(row[name]) for name in RoundFigures.__slots__}),
            )
            for row in (await self._db.execute(query.order_by(round_plans.c.name, table.plan_id))).mappings()
        )


def _many(condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _round(row: RowMapping) -> RoundRow:
    values: dict[str, Any] = {name: row[name] for name in RoundRow.__slots__}
    values["items"] = tuple(Item(name=name, expected=expected) for name, expected in row["items"])
    return RoundRow(**values)


def _conditions(wanted: RoundFilter, today: date) -> list[ColumnElement[bool]]:
    table = rounds.c
    states: dict[str, ColumnElement[bool]] = {
        "pending": table.done_on.is_(None),
        "overdue": and_(table.done_on.is_(None), table.until_on < today),
        "done": table.done_on.is_not(None),
        "faults": table.faults > 0,
    }
    found = [states[wanted.state]] if wanted.state else []
    if wanted.plan_id is not None:
        found.append(table.plan_id == wanted.plan_id)
    if wanted.unit_code:
        found.append(table.unit_code == clean(wanted.unit_code))
    if wanted.since is not None:
        found.append(table.due_on >= wanted.since)
    if wanted.until is not None:
        found.append(table.due_on <= wanted.until)
    if wanted.mine:
        units = select(unit_members.c.unit_code).where(unit_members.c.user_name == clean(wanted.mine))
        found.append(or_(table.person == clean(wanted.mine), table.unit_code.in_(units)))
    return found
