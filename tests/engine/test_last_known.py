"""What the menu is told while the database is away."""

from __future__ import annotations

import asyncio

import pytest

from ccengine.engine.last_known import LastKnown
from ccengine.services.errors import Unavailable


class Source:
    """Answers with its value at once, never, or not at all."""

    def __init__(self) -> None:
        self.value = "old"
        self.away = False
        self.frozen = asyncio.Event()
        self.frozen.set()
        self.asked = 0

    async def read(self) -> str:
        self.asked += 1
        await self.frozen.wait()
        if self.away:
            raise Unavailable("database")
        return self.value


async def test_answer_is_the_newest_while_the_database_answers() -> None:
    source = Source()
    known = LastKnown(source.read, 0.5)
    assert await known.get() == "old"
    source.value = "new"
    assert await known.get() == "new"


async def test_database_that_is_away_or_frozen_is_answered_from_memory() -> None:
    source = Source()
    known = LastKnown(source.read, 0.05)
    await known.keep()
    source.away = True
    assert await known.get() == "old"
    source.away, source.value = False, "new"
    source.frozen.clear()
    assert await known.get() == "old"
    assert await known.get() == "old"
    assert source.asked == 3  # one question at a time, however many callers ask
    source.frozen.set()
    await asyncio.sleep(0.01)
    source.frozen.clear()
    assert await known.get() == "new"  # what came late is not thrown away
    known.close()


async def test_database_that_never_answered_is_said() -> None:
    source = Source()
    source.away = True
    known = LastKnown(source.read, 0.05)
    with pytest.raises(Unavailable):
        await known.get()
    await known.keep()


async def test_many_callers_at_once_ask_once_and_a_later_one_anew() -> None:
    source = Source()
    known = LastKnown(source.read, 0.5, fresh_seconds=3600)
    assert {await known.get() for _ in range(20)} == {"old"}
    await known.keep()
    assert source.asked == 1
    hurried = LastKnown(source.read, 0.5, fresh_seconds=1e-9)
    await hurried.get()
    source.value = "new"
    assert await hurried.get() == "new"


async def test_two_that_are_begun_together_are_waited_for_once() -> None:
    source = Source()
    first, second = LastKnown(source.read, 1), LastKnown(source.read, 1)
    await asyncio.gather(first.keep(), second.keep())
    source.frozen.clear()
    second.begin()
    assert await first.get() == "old"
    async with asyncio.timeout(0.5):
        assert await second.get() == "old"
    first.close()
    second.close()
