"""The live view's readers: told of each change, never held up by one another, never fed without bound."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ccengine.asterisk.secrets import Secrets
from ccengine.calls.board import Person
from ccengine.calls.facts import Anomaly, Fact
from ccengine.clock import SystemClock
from ccengine.config import Settings
from ccengine.engine.fact_stream import MAX_FACTS, FactStream
from ccengine.engine.live_calls import LiveCalls

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture
async def live(tmp_path: Path) -> LiveCalls:
    """A live view that was never started."""
    return LiveCalls(
        Settings(state_dir=tmp_path), Secrets(ami={"cc_events": "x", "cc_actions": "y"}, sip={}), SystemClock()
    )


async def test_changes_made_while_the_reader_is_busy_are_told_as_one(live: LiveCalls) -> None:
    told = 0
    busy = asyncio.Event()

    async def read() -> None:
        nonlocal told
        async for _ in live.changes():
            told += 1
            await busy.wait()

    reader = asyncio.create_task(read())
    await asyncio.sleep(0)
    live.refresh()
    await asyncio.sleep(0)
    for _ in range(5):
        live.refresh()
    busy.set()
    async with asyncio.timeout(20):
        while told < 2:  # noqa: ASYNC110 - the reader tells nobody
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    assert told == 2
    reader.cancel()


async def test_reader_that_is_cancelled_while_news_comes_ends(live: LiveCalls) -> None:
    async def read() -> None:
        async for _ in live.changes():
            pass

    for steps in range(6):  # of the event loop between the news and the end
        reader = asyncio.create_task(read())
        await asyncio.sleep(0)
        live._tell_change(news=False)
        for _ in range(4):
            await asyncio.sleep(0)
        live._tell_change()
        for _ in range(steps):
            await asyncio.sleep(0)
        reader.cancel()
        assert (await asyncio.wait({reader}, timeout=5))[0]


async def test_subscriber_gets_the_newest_picture(live: LiveCalls) -> None:
    pictures = live.subscribe()
    assert (await anext(pictures)).agents == ()
    for name in ("王芳", "李强"):
        live.set_roster([Person(number="8001", name=name)])
    assert [line.name for line in (await anext(pictures)).agents] == ["李强"]


async def test_figures_of_the_day_stand_on_the_board(live: LiveCalls) -> None:
    live.set_today(lambda: {"offered": 7})
    assert live.snapshot()["today"] == {"offered": 7}
    assert live.snapshot()["stale"]


async def test_reader_of_facts_who_is_too_slow_is_told_what_it_lost() -> None:
    readers: list[FactStream] = []
    slow, quick = FactStream(readers), FactStream(readers)
    for _ in range(MAX_FACTS + 5):
        for reader in readers:
            reader.put(Fact(at=NOW))
        await anext(quick)
    kinds = [type(await anext(slow)) for _ in range(MAX_FACTS)]
    assert Anomaly in kinds
    quick.close()
    assert readers == [slow]


async def test_recording_is_written_where_the_settings_say(tmp_path: Path) -> None:
    path = tmp_path / "ami.amilog"
    settings = Settings(state_dir=tmp_path, ami={"record_file": str(path)})
    LiveCalls(settings, Secrets(ami={"cc_events": "x", "cc_actions": "y"}, sip={}), SystemClock())
    assert path.exists()
