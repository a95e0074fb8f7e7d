"""The live view's record steps in for a silent journal, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from ccengine.engine.live_fallback import LiveFallback
from ccengine.services.errors import Unavailable
from ccengine.values import CallRecord, Direction, Source


def ended(number: int) -> CallRecord:
    """A finished call of the live view."""
    return CallRecord(
        call_id=f"n1-1795222800-{number:018d}",
        node="n1",
        direction=Direction.INBOUND,
        linked_ids=(),
        started_at=datetime(2026, 11, 21, 1, tzinfo=UTC),
        caller_number="1",
        source=Source.LIVE,
        final=True,
    )


async def drained(fallback: LiveFallback) -> None:
    """Run until nothing waits."""
    task = asyncio.create_task(fallback.run())
    async with asyncio.timeout(10):
        while fallback.waiting:  # noqa: ASYNC110 - the fallback tells nobody
            await asyncio.sleep(0.01)
    task.cancel()


async def test_fallback_hands_each_ended_call_over_once_after_the_wait() -> None:
    seen: list[str] = []
    started = asyncio.get_running_loop().time()

    async def store(record: CallRecord) -> bool:
        seen.append(record.call_id)
        return True

    fallback = LiveFallback(store, wait_seconds=0.2)
    for number in (1, 2, 1):
        fallback.ended(ended(number))
    await drained(fallback)
    assert seen == [ended(1).call_id, ended(2).call_id]
    assert asyncio.get_running_loop().time() - started >= 0.2


async def test_fallback_store_away_is_tried_again() -> None:
    failures, seen = [2], []

    async def store(record: CallRecord) -> bool:
        if failures[0]:
            failures[0] -= 1
            raise Unavailable("database")
        seen.append(record.call_id)
        return False

    fallback = LiveFallback(store, wait_seconds=0.01)
    fallback.ended(ended(1))
    await drained(fallback)
    assert len(seen) == 1


async def test_fallback_refused_record_does_not_hold_up_the_next() -> None:
    seen: list[str] = []

    async def store(record: CallRecord) -> bool:
        if record.call_id == ended(1).call_id:
            raise ValueError("nobody foresaw this")
        seen.append(record.call_id)
        return True

    fallback = LiveFallback(store, wait_seconds=0.01)
    fallback.ended(ended(1))
    fallback.ended(ended(2))
    await drained(fallback)
    assert seen == [ended(2).call_id]


async def test_fallback_keeps_a_bounded_number_of_calls() -> None:
    async def store(record: CallRecord) -> bool:
        return True

    fallback = LiveFallback(store, wait_seconds=60, longest=2)
    for number in range(5):
        fallback.ended(ended(number))
    assert fallback.waiting == 2


async def test_fallback_holds_back_while_the_journals_rows_wait_for_the_store() -> None:
    waits, seen = [True], []

    async def store(record: CallRecord) -> bool:
        seen.append(record.call_id)
        return False

    fallback = LiveFallback(store, 0.02, journal_waits=lambda: waits[0])
    fallback.ended(ended(1))
    task = asyncio.create_task(drained(fallback))
    await asyncio.sleep(0.1)
    assert (seen, fallback.health()) == ([], {"ok": True, "waiting": 1, "taken": 0})
    waits[0] = False
    await task
    assert seen == [ended(1).call_id]


async def test_fallback_asks_once_for_all_calls_that_the_journal_has_told_alike() -> None:
    seen: list[str] = []
    asked: list[int] = []

    async def store(record: CallRecord) -> bool:
        seen.append(record.call_id)
        return True

    async def alike(records: Sequence[CallRecord]) -> frozenset[str]:
        asked.append(len(records))
        return frozenset(record.call_id for record in records) - {ended(2).call_id}

    fallback = LiveFallback(store, wait_seconds=0.05, alike=alike)
    for number in range(4):
        fallback.ended(ended(number))
    await drained(fallback)
    assert seen == [ended(2).call_id]
    assert asked == [4, 1]
