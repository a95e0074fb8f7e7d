"""Calls that the live view saw end and that the journal says nothing about: they get their record from the live view.

Each ended call is also the two streams' common witness: the store compares and notes what disagrees.
What does not live here: the live view (calls/), comparing and storing (services.call_records).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Protocol

import structlog

from ccengine.services.errors import Unavailable
from ccengine.values import CallRecord

log = structlog.get_logger(__name__)
_LOOKED_AT_ONCE = 200


class StoreLive(Protocol):
    """Compares a live record with the journal's, or takes it where the journal has none."""

    async def __call__(self, record: CallRecord) -> bool:
        """Return True when it was taken. Raises Unavailable."""
        ...


class ToldAlike(Protocol):
    """Looks at many at once: nearly always the journal has told the same by then."""

    async def __call__(self, records: Sequence[CallRecord]) -> frozenset[str]:
        """Return the ids of those that need no more looking at. Raises Unavailable."""
        ...


async def _none(records: Sequence[CallRecord]) -> frozenset[str]:
    return frozenset()


class LiveFallback:
    """Waits for the journal after each call's end, and steps in when it stays silent.

    Args: store, alike: the store's side; wait_seconds: how long the journal is given; longest: how many calls wait at
    most; journal_waits: tells that what the journal said waits for the store, so that it is not silent at all.
    """

    def __init__(
        self,
        store: StoreLive,
        wait_seconds: float,
        longest: int = 10_000,
        journal_waits: Callable[[], bool] = lambda: False,
        alike: ToldAlike = _none,
    ) -> None:
        self._store = store
        self._alike = alike
        self._wait = wait_seconds
        self._journal_waits = journal_waits
        self._longest = longest
        self._ended: dict[str, tuple[float, CallRecord]] = {}
        self._more = asyncio.Event()
        self.taken = 0

    def ended(self, record: CallRecord) -> None:
        """Take note that the live view saw this call end. A newer record of the same call replaces the older."""
        due = asyncio.get_running_loop().time() + self._wait
        if record.call_id not in self._ended and len(self._ended) >= self._longest:
            log.error("too many calls wait for the store", action="live_fallback", call_id=record.call_id)
            return
        self._ended[record.call_id] = (self._ended.get(record.call_id, (due, record))[0], record)
        self._more.set()

    @property
    def waiting(self) -> int:
        """How many calls wait for their comparison."""
        return len(self._ended)

    def health(self) -> dict[str, Any]:
        """Return how many calls wait, and how many got their record from the live view since the start."""
        return {"ok": True, "waiting": self.waiting, "taken": self.taken}

    async def run(self) -> None:
        """Work until cancelled."""
        pause = 0.2
        while True:
            if not self._ended:
                self._more.clear()
                await self._more.wait()
            call_id, (due, record) = min(self._ended.items(), key=lambda pair: pair[1][0])
            await asyncio.sleep(max(due - asyncio.get_running_loop().time(), 0.0))
            if self._journal_waits():
                self._ended[call_id] = (asyncio.get_running_loop().time() + self._wait, self._ended[call_id][1])
                continue
            try:
                await self._let_go_alike()
                if self._ended.get(call_id, (0.0, None))[1] is not record:
                    continue
                taken = await self._store(record)
            except Unavailable:
                await asyncio.sleep(pause)
                pause = min(2 * pause, 5.0)
                continue
            except Exception as error:  # noqa: BLE001 - the edge of one call: it must not hold up the others
                log.error("live record refused", action="live_fallback", call_id=call_id, error=repr(error))
                taken = False
            pause = 0.2
            if self._ended.get(call_id, (0.0, None))[1] is record:
                del self._ended[call_id]
            if taken:
                self.taken += 1
                log.warning("journal is silent, live record kept", action="live_fallback", call_id=call_id)

    async def _let_go_alike(self) -> None:
        """Let all go, also those whose time has not come, that the journal has told in the same way."""
        looked = [record for _, record in islice(self._ended.values(), _LOOKED_AT_ONCE)]
        alike = await self._alike(looked)
        for record in looked:
            if record.call_id in alike and self._ended.get(record.call_id, (0.0, None))[1] is record:
                del self._ended[record.call_id]
