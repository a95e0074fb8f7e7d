"""How late the clock of time limits rings with 100,000 open orders: some due every moment, a thousand at once.

What does not live here: the clock (engine/sla_clock.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from databases import settings_of
from figures import Figure, at_most, median
from sqlalchemy import bindparam, select, update

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.engine.sla_clock import SlaClock
from ccengine.store import bulk, migrate, seed
from ccengine.store.tables.sla import order_deadlines
from ccengine.store.tables.work_orders import work_orders
from ccengine.store.unit_of_work import SqlStore

OPEN = int(os.environ.get("OPEN_ORDERS", "100000"))
SPREAD = 500
AT_ONCE = 1000
SECONDS = 15
LATE_SECONDS = 5.0
_LEAD_SECONDS = 20


async def measure() -> list[Figure]:
    """Ring on both databases."""
    return [figure for kind in ("postgresql", "sqlite") for figure in await _on(kind)]


async def _on(kind: str) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="ccengine-clock-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with settings_of(kind, folder) as settings:
            await migrate.upgrade(settings)
            async with bootstrap.context(settings) as ctx:
                await seed.seed_defaults(ctx)
            await asyncio.to_thread(bulk.fill, settings, OPEN, 1000, 6)
            late = await _ring(settings)
    where = f"{kind}, {OPEN:,} open orders"
    note = f"{len(late)} rang, p50 {median(late):.2f} s"
    return [at_most(f"time limits ring late, at most, {where}", max(late), "s", LATE_SECONDS, note=note)]


async def _ring(settings: Settings) -> list[float]:
    store = SqlStore(settings)
    begins = await _open_all(store)
    async with bootstrap.context(settings) as ctx:
        clock = asyncio.create_task(SlaClock(ctx).run())
        await asyncio.sleep((begins - datetime.now(UTC)).total_seconds() + SECONDS + 2 * LATE_SECONDS)
        clock.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await clock
    table = order_deadlines.c
    query = select(table.due_at, table.breached_at).where(table.due_at >= begins, table.due_at <= _end(begins))
    async with store.reader.connect() as connection:
        rows = (await connection.execute(query.where(table.step == "handle"))).all()
    await store.close()
    never = datetime.now(UTC)
    return [((breached or never) - due).total_seconds() for due, breached in rows]


def _end(begins: datetime) -> datetime:
    return begins + timedelta(seconds=SECONDS)


async def _open_all(store: SqlStore) -> datetime:
    """Open every order again; let some fall due in the next seconds. Returns when the first does."""
    dice = random.Random(1)
    table = order_deadlines.c
    async with store.writer.begin() as connection:
        over = {"status": "in_progress", "handled_at": None, "closed_at": None, "archived_at": None}
        await connection.execute(update(work_orders).values(**over))
        far = datetime.now(UTC) + timedelta(days=2)
        running = {"met_at": None, "breached_at": None, "warned_at": far, "due_at": far, "next_at": far, "level": 0}
        await connection.execute(update(order_deadlines).where(table.step == "handle").values(**running))
        await connection.execute(update(order_deadlines).where(table.step != "handle").values(next_at=None))
        ids = list((await connection.execute(select(table.id).where(table.step == "handle"))).scalars())
        begins = datetime.now(UTC) + timedelta(seconds=_LEAD_SECONDS)
        moments = [begins + timedelta(seconds=dice.random() * SECONDS) for _ in range(SPREAD)]
        moments += [begins + timedelta(seconds=SECONDS / 2)] * AT_ONCE
        due = [{"b_id": id_, "b_due": at} for id_, at in zip(dice.sample(ids, len(moments)), moments, strict=True)]
        statement = update(order_deadlines).where(table.id == bindparam("b_id"))
        await connection.execute(statement.values(due_at=bindparam("b_due"), next_at=bindparam("b_due")), due)
    return begins
