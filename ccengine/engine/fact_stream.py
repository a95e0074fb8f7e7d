"""One reader's share of what the live view finds out.

What does not live here: the finding out (calls/), who reads (live_facts.py, call_sender.py).
"""

from __future__ import annotations

import asyncio

from ccengine.calls.facts import Anomaly, Fact

MAX_FACTS = 10_000


class FactStream:
    """One reader's facts, heard from its making until `close`. One that is MAX_FACTS behind loses the oldest, and is
    told so by an Anomaly."""

    def __init__(self, readers: list[FactStream]) -> None:
        self._queue: asyncio.Queue[Fact] = asyncio.Queue(MAX_FACTS)
        self._readers = readers
        readers.append(self)

    def put(self, fact: Fact) -> None:
        """Add a fact."""
        if self._queue.full():
            self._queue.get_nowait()
            self._queue.get_nowait()
            self._queue.put_nowait(Anomaly(at=fact.at, kind="facts_lost", detail="a reader of facts was too slow"))
        self._queue.put_nowait(fact)

    def pending(self) -> list[Fact]:
        """Take what was told and not yet read, without waiting."""
        return [self._queue.get_nowait() for _ in range(self._queue.qsize())]

    def __aiter__(self) -> FactStream:
        return self

    async def __anext__(self) -> Fact:
        return await self._queue.get()

    def close(self) -> None:
        """Hear no more."""
        if self in self._readers:
            self._readers.remove(self)
