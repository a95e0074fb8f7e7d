"""The database is away or frozen while calls go on: callers reach people, and afterwards each call is told once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from pbx_instance import PbxInstance
from phones import Phones
from running_site import RunningSite, fresh

pytestmark = pytest.mark.pbx

AWAY_SECONDS = 12  # longer than a statement may take (database.statement_seconds); 20 and more are the same


@pytest_asyncio.fixture
async def on_postgres(pbx_instance: PbxInstance, postgres_server: str, tmp_path: Path) -> AsyncIterator[RunningSite]:
    """A site on a PostgreSQL database of its own."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS away_cc WITH (FORCE)")
        connection.execute("CREATE DATABASE away_cc TEMPLATE template0 ENCODING 'UTF8'")
    url = postgres_server.replace("/postgres?", "/away_cc?")
    settings = fresh(pbx_instance.settings, tmp_path, pbx={"wrapup_seconds": 0}, database={"url": url})
    site = RunningSite(settings.model_copy(update={"database": settings.database.model_copy(update={"url": url})}))
    await site.prepare()
    await site.start_healthy()
    yield site
    await asyncio.to_thread(site.stop)


@contextmanager
def _frozen(address: str) -> Iterator[None]:
    """Freeze every process of the PostgreSQL server: connections stand, nothing answers."""
    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT current_setting('data_directory')").fetchone()
    assert row is not None
    postmaster = int(Path(row[0], "postmaster.pid").read_text(encoding="ascii").split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii").split()
    family = [postmaster, *map(int, children)]
    for process in family:
        with contextlib.suppress(ProcessLookupError):  # a server process of a closed connection may end meanwhile
            os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


async def test_frozen_database_costs_no_call_and_each_is_told_once_afterwards(
    on_postgres: RunningSite, postgres_server: str, pbx: PbxInstance, phones: Phones
) -> None:
    site = on_postgres
    agent = await phones.agent("1001", auto_answer=True)
    pbx.sign_in("1001")
    loop = asyncio.get_running_loop()
    with _frozen(postgres_server):
        begun = loop.time()
        # Outage notices are told as they were known last.
        asking = await (await phones.caller("13900000701")).call("96390")
        await asking.choose("4")
        await asking.wait_closed()
        repair = await (await phones.caller("13900000702")).call("96390")
        await repair.choose("1")
        await repair.wait_heard(agent.tone)
        await agent.calls[-1].hangup()
        menu = await (await phones.caller("13900000703")).call("96390")
        await menu.wait_heard_anything()
        await menu.hangup()
        await asyncio.sleep(max(0.0, AWAY_SECONDS - (loop.time() - begun)))
    expected = {
        "13900000701": ("self_service", "system", []),
        "13900000702": ("answered", "agent", ["repair"]),
        "13900000703": ("menu_hangup", "caller", []),
    }
    for number, wanted in expected.items():
        record = await site.record_of(number, 60)
        orders = [order["type"] for order in await site.orders_of(record)]
        assert (record["outcome"], record["ended_by"], orders) == wanted
    await site.wait(site.healthy, "health", 120)
    await asyncio.sleep(6)  # the live view compares five seconds after a call: nothing may be told twice
    for number in expected:
        record = await site.record_of(number)
        assert (record["source"], record["fallback"]) == ("journal", False)
