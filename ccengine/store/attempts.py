"""Calls to targets, the trunk's caps and the numbers that must not be called, in the database.

What does not live here: how a call came out (hotline/dial_result.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, delete, func, insert, or_, select, text, update

from ccengine.rows import AttemptRow, DialLimits, Learnt, OpenCall, OptOutRow, Page
from ccengine.store import cursor as cursors
from ccengine.store.database import Db, clean, fit, storable_id
from ccengine.store.tables.calls import calls
from ccengine.store.tables.campaigns import campaign_attempts, dial_limits, opt_outs
from ccengine.store.tables.customers import customers
from ccengine.store.upsert import insert_new, upsert

#: Classes of what somebody owes, each from so many fen on; below the first one nothing is owed.
AMOUNT_CLASSES = (1, 5_000, 10_000, 50_000)


class Attempts:
    """Implements store_port.AttemptRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def insert_many(self, rows: Sequence[AttemptRow]) -> Mapping[str, int]:
        """Add attempts; return the id that each call's was given."""
        values = []
        for row in rows:
            one = {name: getattr(row, name) for name in AttemptRow.__slots__ if name != "id"}
            one |= {"said": list(row.said), "rules": dict(row.rules), "listened": dict(row.listened)}
            values.append(fit(campaign_attempts, one))
        statement = insert(campaign_attempts).returning(campaign_attempts.c.call_id, campaign_attempts.c.id)
        return {row.call_id: row.id for row in await self._db.execute(statement, values)}

    async def get(self, attempt_id: int) -> AttemptRow | None:
        """Return one attempt."""
        if not storable_id(attempt_id):
            return None
        found = await self._rows(campaign_attempts.c.id == attempt_id)
        return found[0] if found else None

    async def of_call(self, call_id: str) -> AttemptRow | None:
        """Return the attempt that a call was made for."""
        found = await self._rows(campaign_attempts.c.call_id == clean(call_id))
        return found[0] if found else None

    async def of_target(self, target_id: int) -> tuple[AttemptRow, ...]:
        """Return a target's attempts, oldest first."""
        return await self._rows(campaign_attempts.c.target_id == target_id)

    async def times(self, target_ids: Iterable[int]) -> Mapping[int, tuple[datetime, ...]]:
        """Return when each target was called; an attempt that the PBX never dialled does not count."""
        table = campaign_attempts.c
        query = (
            select(table.target_id, table.slot_at)
            .where(table.target_id.in_(list(target_ids)), table.result != "not_placed")
            .order_by(table.slot_at)
        )
        found: dict[int, tuple[datetime, ...]] = {}
        for row in await self._db.execute(query):
            found[row.target_id] = (*found.get(row.target_id, ()), row.slot_at)
        return found

    async def unended(self, node: str | None) -> tuple[AttemptRow, ...]:
        """Return the attempts that have not come to an end, oldest first; of one node or of all."""
        table = campaign_attempts.c
        here = [table.node == node] if node is not None else []
        return await self._rows(and_(table.state.in_(("reserved", "sent")), *here))

    async def to_be_heard(self, node: str, limit: int) -> tuple[AttemptRow, ...]:
        """Return a node's ended attempts whose sound before the answer waits to be looked at, oldest first."""
        table = campaign_attempts.c
        waiting = and_(table.heard == "pending", table.node == node, table.state == "ended")
        return await self._rows(waiting, limit)

    async def open_calls(self, node: str) -> tuple[OpenCall, ...]:
        """Return what the caps must know of one node's attempts that have not come to an end."""
        table = campaign_attempts.c
        query = select(table.call_id, table.campaign_id, table.number, table.slot_at, table.answered)
        rows = await self._db.execute(query.where(table.state.in_(("reserved", "sent")), table.node == node))
        return tuple(OpenCall(**row) for row in rows.mappings())

    async def _rows(self, condition: Any, limit: int | None = None) -> tuple[AttemptRow, ...]:
        query = select(campaign_attempts).where(condition).order_by(campaign_attempts.c.slot_at, campaign_attempts.c.id)
        query = query.limit(limit)
        return tuple(_attempt(row) for row in (await self._db.execute(query)).mappings())

    async def update(self, attempt_id: int, values: Mapping[str, Any]) -> None:
        """Change an attempt."""
        same = campaign_attempts.c.id == attempt_id
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        await self._db.execute(update(campaign_attempts).where(same).values(**fit(campaign_attempts, values)))

    async def mark_sent(self, attempt_id: int, at: datetime) -> None:
        """Note that the PBX has begun an attempt's call; one that has ended meanwhile stays so."""
        mine = and_(campaign_attempts.c.id == attempt_id, campaign_attempts.c.state == "reserved")
        await self._db.execute(update(campaign_attempts).where(mine).values(state="sent", sent_at=at))

    async def begun_since(self, since: datetime) -> Mapping[int, int]:
        """Return how many calls each campaign has begun since then."""
        table = campaign_attempts.c
        query = (
            select(table.campaign_id, func.count().label("many"))
            .where(table.slot_at >= since)
            .group_by(table.campaign_id)
        )
        return {row.campaign_id: row.many for row in await self._db.execute(query)}

    async def learnt(self, campaign_id: int, since: datetime, reached: Sequence[str]) -> Learnt:
        """Return what a campaign's calls since then teach: the ended ones and those being talked on, which would be
        missing among the answered ones for as long as talks last."""
        table = campaign_attempts.c
        talking = and_(table.state != "ended", table.answered)
        known = or_(table.state == "ended", talking)
        mine = and_(table.campaign_id == campaign_id, table.slot_at >= since, known)
        answered = func.sum(case((or_(table.result.in_(list(reached)), talking), 1), else_=0))
        talk = func.avg(func.nullif(calls.c.talk_seconds, 0))
        query = select(
            func.count().label("attempts"),
            answered.label("reached"),
            func.avg(case((table.result.in_(list(reached)), table.ring_seconds))).label("ring"),
            talk.label("talk"),
        )
        joined = campaign_attempts.outerjoin(calls, calls.c.call_id == table.call_id)
        row = (await self._db.execute(query.select_from(joined).where(mine))).one()
        return Learnt(
            attempts=row.attempts,
            reached=row.reached or 0,
            ring_seconds=float(row.ring or 0),
            talk_seconds=float(row.talk or 0),
        )

    async def by_hour(
        self, campaign_id: int, since: datetime, reached: Sequence[str]
    ) -> tuple[tuple[datetime, int, int], ...]:
        """Return for each hour since then how many calls were begun and how many of them reached somebody."""
        table = campaign_attempts.c
        mine = and_(table.campaign_id == campaign_id, table.slot_at >= since, table.result != "not_placed")
        counted: dict[int, list[int]] = {}
        for row in await self._db.execute(select(table.slot_at, table.result).where(mine)):
            hour = counted.setdefault(int((row.slot_at - since).total_seconds() // 3600), [0, 0])
            hour[0] += 1
            hour[1] += row.result in reached
        return tuple((since + timedelta(hours=hour), counted[hour][0], counted[hour][1]) for hour in sorted(counted))

    async def by_district(self, campaign_id: int, reached: Sequence[str]) -> tuple[tuple[str, int, int, int], ...]:
        """Return for each district how many calls, how many reached somebody, and the money promised."""
        table, promised = campaign_attempts.c, campaign_attempts.c.result == "promised"
        query = (
            select(
                customers.c.district.label("district"),
                func.count().label("many"),
                func.sum(case((table.result.in_(list(reached)), 1), else_=0)).label("reached"),
                func.sum(case((promised, func.coalesce(table.amount_fen, 0)), else_=0)).label("promised"),
            )
            .select_from(campaign_attempts.join(customers, customers.c.account == table.account))
            .where(table.campaign_id == campaign_id, table.state == "ended", table.result != "not_placed")
            .group_by(customers.c.district)
            .order_by(customers.c.district)
        )
        rows = await self._db.execute(query)
        return tuple((row.district, row.many, int(row.reached), int(row.promised)) for row in rows)

    async def by_amount(self, campaign_id: int, reached: Sequence[str]) -> tuple[tuple[int, int, int, int], ...]:
        """Return for each class of what is owed (from so many fen) calls, how many reached somebody, money promised."""
        table, promised = campaign_attempts.c, campaign_attempts.c.result == "promised"
        owed = func.coalesce(table.amount_fen, customers.c.arrears_fen)
        least = case(*[(owed >= fen, fen) for fen in reversed(AMOUNT_CLASSES)], else_=0).label("least")
        query = (
            select(
                least,
                func.count().label("many"),
                func.sum(case((table.result.in_(list(reached)), 1), else_=0)).label("reached"),
                func.sum(case((promised, func.coalesce(table.amount_fen, 0)), else_=0)).label("promised"),
            )
            .select_from(campaign_attempts.join(customers, customers.c.account == table.account))
            .where(table.campaign_id == campaign_id, table.state == "ended", table.result != "not_placed")
            .group_by(text("1"))
            .order_by(text("1"))
        )
        rows = await self._db.execute(query)
        return tuple((int(row.least), row.many, int(row.reached), int(row.promised)) for row in rows)

    async def abandoned_since(self, numbers: Sequence[str], since: datetime) -> frozenset[str]:
        """Return those of the numbers that were abandoned since then, by whatever campaign."""
        table = campaign_attempts.c
        query = select(table.number).where(
            table.number.in_(list(numbers)), table.slot_at >= since, table.result == "abandoned"
        )
        return frozenset((await self._db.execute(query)).scalars())

    async def limits(self, node: str, *, lock: bool) -> DialLimits | None:
        """Return a node's caps; locked until the transaction ends for whoever plans calls by them."""
        query = select(dial_limits).where(dial_limits.c.node == node)
        row = (await self._db.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
        return DialLimits(**row) if row is not None else None

    async def save_limits(self, limits: DialLimits) -> None:
        """Keep a node's caps."""
        values = {name: getattr(limits, name) for name in DialLimits.__slots__}
        await upsert(self._db, dial_limits, fit(dial_limits, values), ("node",))

    async def opted_out(self, numbers: Sequence[str]) -> Mapping[str, str]:
        """Return those of the numbers that must not be called, with the kind of the entry."""
        query = select(opt_outs.c.number, opt_outs.c.kind).where(opt_outs.c.number.in_(list(numbers)))
        return {row.number: row.kind for row in await self._db.execute(query)}

    async def opt_out(self, row: OptOutRow) -> bool:
        """Add a number; False when it was there."""
        values = fit(opt_outs, {name: getattr(row, name) for name in OptOutRow.__slots__})
        return await insert_new(self._db, opt_outs, [values], ("number",)) > 0

    async def lift(self, number: str, kind: str) -> bool:
        """Take a number of this kind off the list; False when it was not on it."""
        same = and_(opt_outs.c.number == clean(number), opt_outs.c.kind == kind)
        return bool((await self._db.execute(delete(opt_outs).where(same).returning(opt_outs.c.number))).all())

    async def opt_outs(self, number: str, cursor: str | None, limit: int) -> Page[OptOutRow]:
        """Return one page, newest first; `number`: this one only. Raises BadCursor."""
        table = opt_outs.c
        conditions = cursors.before(table.at, table.number, cursor, str)
        if number:
            conditions.append(table.number == clean(number))
        query = select(opt_outs).where(*conditions).order_by(table.at.desc(), table.number.desc()).limit(limit + 1)
        rows = [OptOutRow(**row) for row in (await self._db.execute(query)).mappings()]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items=tuple(rows[:limit]), next=cursors.encode(last.at, last.number) if last else None)


def _attempt(row: Mapping[Any, Any]) -> AttemptRow:
    return AttemptRow(**dict(row) | {"said": tuple(row["said"])})
