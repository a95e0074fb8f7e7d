"""A database that says nothing: whoever is impatient hears so in time; everybody else waits as configured."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ccengine.config import Database, Settings
from ccengine.store.database import Pulse
from ccengine.store.unit_of_work import SqlStore
from ccengine.store_port import StoreUnavailable
from ccengine.store_port.patience import impatient, patience_seconds


async def test_silent_database_is_away_for_the_impatient(tmp_path: Path) -> None:
    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    server = await asyncio.start_unix_server(say_nothing, tmp_path / ".s.PGSQL.5432")
    url = f"postgresql://nobody:@/none?host={tmp_path}"
    store = SqlStore(Settings(state_dir=tmp_path, database=Database(url=url, connect_seconds=30)))
    with impatient(0.05), pytest.raises(StoreUnavailable, match="no connection within"):
        async with asyncio.timeout(20), store.reading():
            raise AssertionError("unreachable")
    assert patience_seconds(31) == 31
    server.close()
    await store.close()


async def test_slow_answer_does_not_say_that_the_database_is_only_busy() -> None:
    pulse, now = Pulse(), asyncio.get_running_loop().time()
    pulse.beat(now - 1000)
    assert pulse.beats(5000) and not pulse.beats(500)
    pulse.beat(now)
    pulse.beat(now - 1000)
    assert pulse.beats(500)


async def test_busy_database_is_waited_for_also_by_the_impatient(store: SqlStore) -> None:
    size = 10  # as many as the larger pool has
    holding = [store.reading() for _ in range(4 if "sqlite" in str(store.reader.url) else size)]
    for unit in holding:
        await unit.__aenter__()

    async def last() -> int:
        with impatient(0.5):
            async with store.reading() as uow:
                return await uow.customers.count()

    waiting = asyncio.create_task(last())
    for _ in range(24):  # 1.2 s: twice as long as it would wait for a silent one
        await holding[0].customers.count()
        await asyncio.sleep(0.05)
    assert not waiting.done()
    for unit in holding:
        await unit.__aexit__(None, None, None)
    assert await waiting == 60
