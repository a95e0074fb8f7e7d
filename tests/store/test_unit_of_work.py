"""Transactions: all or nothing, readers that never see half of one, and an absent database that is told in time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from functools import partial
from pathlib import Path

import pytest
from call_helpers import ADMIN, DISPATCHER, answered, batch
from sqlalchemy import text
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.config import Database, Settings
from ccengine.rows import AgentRow, NewOrder, OrderFilter
from ccengine.services import call_records, health, work_orders
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable
from ccengine.store.unit_of_work import SqlStore
from ccengine.store_port import AlreadyExists, StoreUnavailable, UnitOfWork


async def test_leaving_without_commit_takes_everything_back(store: SqlStore) -> None:
    async with store() as uow:
        await uow.agents.save(AgentRow(number="8001", name="a", extension="1001"))
    async with store.reading() as uow:
        assert await uow.agents.list() == ()


async def test_what_is_done_at_once_is_kept_whole_or_not_at_all(store: SqlStore) -> None:
    async def save_two(uow: UnitOfWork, last: str) -> int:
        await uow.agents.save(AgentRow(number="8001", name="a", extension="1001"))
        if not last:
            raise ValueError("no name")
        await uow.agents.save(AgentRow(number="8002", name=last, extension="1002"))
        return len(await uow.agents.list())

    for name in ("", "b"):
        with contextlib.suppress(ValueError):
            async with store() as uow:
                assert await uow.at_once(partial(save_two, uow, name), commit=True) == 2
        async with store.reading() as uow:
            assert len(await uow.at_once(uow.agents.list)) == (2 if name else 0)


async def test_what_is_done_at_once_keeps_the_deadline_of_its_statements(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, database=Database(statement_seconds=0.2))
    store = SqlStore(settings)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    try:
        async with store() as uow:
            db = uow._db
            assert db is not None
            with pytest.raises(StoreUnavailable):
                await uow.at_once(lambda: db.execute(text(endless)))
        async with store() as uow:
            with pytest.raises(RuntimeError, match="its database only"):
                await uow.at_once(lambda: asyncio.sleep(0))
    finally:
        await store.close()


async def test_readers_never_see_half_a_change(ctx: Context) -> None:
    stop = asyncio.Event()
    torn: list[str] = []

    async def read() -> None:
        while not stop.is_set():
            async with ctx.store.reading() as uow:
                orders = await uow.work_orders.find(OrderFilter(), None, 200)
                await asyncio.sleep(0)
                for order in orders.items:
                    call = await uow.calls.get(order.call_id or "")
                    if call is None or order.id not in call.work_order_ids:
                        torn.append(order.number)

    readers = [asyncio.create_task(read()) for _ in range(3)]
    for n in range(10):
        await call_records.store_records(ctx, batch(answered("repair", caller_number=f"1390000{n:04d}")))
    stop.set()
    await asyncio.gather(*readers)
    assert torn == []


async def test_reader_refuses_to_write_where_the_database_can(ctx: Context) -> None:
    if ctx.settings.database.url:
        async with ctx.store.reading() as uow:
            await uow.agents.save(AgentRow(number="8001", name="a", extension="1001"))
        async with ctx.store.reading() as uow:
            assert await uow.agents.list() == ()
        return
    with pytest.raises(StoreUnavailable, match="readonly"):
        async with ctx.store.reading() as uow:
            await uow.agents.save(AgentRow(number="8001", name="a", extension="1001"))


async def test_cancelled_use_case_gives_its_connection_back(ctx: Context) -> None:
    new = NewOrder(type="repair", title="t")
    for delay in (0, 0.001, 0.002, 0.003, 0.005, 0.008, 0.012, 0.02) * 4:
        task = asyncio.create_task(work_orders.register(ctx, DISPATCHER, new))
        await asyncio.sleep(delay)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    order = await work_orders.register(ctx, DISPATCHER, new)
    assert (await work_orders.get(ctx, ADMIN, order.id)).order == order


async def test_taken_key_is_told(store: SqlStore) -> None:
    with pytest.raises(AlreadyExists):
        async with store() as uow:
            await uow.users.insert("a", "h", "A", frozenset(), None, START)
            await uow.users.insert("a", "h", "A", frozenset(), None, START)
    async with store.reading() as uow:
        assert await uow.users.list() == ()


async def test_writer_that_is_held_is_told_as_unavailable(settings: Settings) -> None:
    """Another process holds what we need: on SQLite the write lock, on PostgreSQL the call."""
    database = settings.database.model_copy(update={"connect_seconds": 0.3, "statement_seconds": 0.5})
    impatient = settings.model_copy(update={"database": database})
    ours, theirs = SqlStore(impatient), SqlStore(settings)
    context = Context(store=ours, clock=ManualClock(START), settings=impatient)
    record = answered("repair")
    async with theirs() as uow:
        await uow.calls.lock(record.call_id)
        await uow.agents.save(AgentRow(number="8001", name="a", extension="1001"))
        with pytest.raises(Unavailable):
            await asyncio.wait_for(call_records.store_records(context, batch(record)), 30)
    for _ in range(20):
        with contextlib.suppress(Unavailable):  # so short a patience may end by itself on a busy machine
            await call_records.store_records(context, batch(record))
            break
    async with theirs.reading() as uow:
        assert await uow.calls.get(record.call_id) is not None
    await ours.close()
    await theirs.close()


async def test_pool_holds_as_many_connections_as_the_settings_say(settings: Settings) -> None:
    few = {"postgres_connections": 2, "sqlite_readers": 2, "connect_seconds": 0.2}
    database = settings.database.model_copy(update=few)
    web = settings.web.model_copy(update={"request_seconds": 0.2})
    store = SqlStore(settings.model_copy(update={"database": database, "web": web}))
    async with store.reading() as first, store.reading() as second:
        assert await first.customers.count() == await second.customers.count()
        with pytest.raises(StoreUnavailable):
            async with store.reading() as third:
                await third.customers.count()
    async with store.reading() as again:
        assert await again.customers.count() >= 0
    await store.close()


async def test_database_that_cannot_be_opened_is_told_as_unavailable(tmp_path: Path) -> None:
    for settings in (
        Settings(state_dir=tmp_path / "missing"),
        Settings(state_dir=tmp_path, database=Database(url="postgresql://nobody@127.0.0.1:1/none")),
    ):
        store = SqlStore(settings)
        context = Context(store=store, clock=ManualClock(START), settings=settings)
        with pytest.raises(Unavailable):
            await call_records.journal_position(context, "n1", "cel")
        assert await health.check(context) == {"ok": False, "database": {"ok": False}}
        await store.close()


async def test_frozen_server_is_told_in_time_and_served_again_afterwards(
    postgres_template: str, tmp_path: Path
) -> None:
    """The server process that serves us is stopped in its tracks: no answer, no closed connection."""
    url = postgres_template.replace("/postgres?", "/template_cc?")
    settings = Settings(state_dir=tmp_path, database=Database(url=url, connect_seconds=2, statement_seconds=0.4))
    store = SqlStore(settings)
    context = Context(store=store, clock=ManualClock(START), settings=settings)
    async with store.reading() as uow:
        await uow.customers.count()
        pid = await _pid(uow)
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(StoreUnavailable):
                await asyncio.wait_for(uow.customers.count(), 10)
        finally:
            os.kill(pid, signal.SIGCONT)
    async with store.reading() as uow:
        db = uow._db
        assert db is not None
        asking = asyncio.create_task(db.execute(text("SELECT pg_sleep(60)")))
        await asyncio.sleep(0.05)
        line = db._connection.sync_connection.connection.driver_connection.fileno()  # type: ignore[union-attr]
        whose = os.fstat(line).st_ino
        db._give_up()
        assert os.fstat(line).st_ino == whose  # nobody else gets its number while the driver still waits on it
        with pytest.raises(StoreUnavailable):
            await asking
    assert not await call_records.journal_position(context, "n1", "cel")
    await store.close()


async def _pid(uow: object) -> int:
    db = uow._db  # type: ignore[attr-defined]
    pid: int = (await db.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    return pid


async def test_closed_store_has_its_connections_back(settings: Settings) -> None:
    store = SqlStore(settings)
    asking = asyncio.ensure_future(store.reading().__aenter__())
    await asyncio.sleep(0)
    asking.cancel()  # while the connection is being opened
    await asyncio.wait({asking})
    await store.close()
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
