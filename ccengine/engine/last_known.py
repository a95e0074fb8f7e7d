"""A look-up that is answered from memory when the database does not answer in time: the menu decides at once.

What does not live here: which look-ups that is good for (agi_lookups). Money and orders are not: those must be right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")


class LastKnown(Generic[T]):
    """Reads with `read`; what takes longer than `patience_seconds`, or fails, is answered by what was read last.

    `fresh_seconds`: an answer so young is given again without reading: many callers at once ask once.
    """

    def __init__(self, read: Callable[[], Awaitable[T]], patience_seconds: float, fresh_seconds: float = 0.0) -> None:
        self._read = read
        self._patience = patience_seconds
        self._fresh = fresh_seconds
        self._known: list[T] = []
        self._read_at = float("-inf")
        self._reading: asyncio.Task[T] | None = None
        self._begun_at = float("-inf")

    def begin(self) -> None:
        """Begin to read what will be asked for soon: several that are slow are then waited for once, not in turn."""
        if self._is_fresh() or (self._reading is not None and not self._reading.done()):
            return
        self._begun_at = asyncio.get_running_loop().time()
        self._reading = asyncio.create_task(self._refresh(), name="last known")
        self._reading.add_done_callback(_looked_at)

    async def get(self) -> T:
        """Return the newest answer there is. Raises what reading raised, or TimeoutError, where there never was one."""
        if self._is_fresh():
            return self._known[0]
        wrong = await self._look()
        if wrong is not None and not self._known:
            raise wrong
        return self._known[0]

    async def keep(self) -> None:
        """Read once for later; a database that is away is no error."""
        wrong = await self._look()
        if wrong is not None and not self._known:
            log.info("nothing known yet", action="last_known", error=repr(wrong))

    async def _look(self) -> Exception | None:
        """Read, or wait for who is reading; return what was wrong with it."""
        self.begin()
        assert self._reading is not None
        since = self._begun_at if self._known else asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(since + self._patience):
                await asyncio.shield(self._reading)
        except Exception as error:  # noqa: BLE001 - the edge of a look-up: whatever it is, callers are told what was true
            return error
        return None

    def _is_fresh(self) -> bool:
        return bool(self._known) and asyncio.get_running_loop().time() < self._read_at + self._fresh

    async def _refresh(self) -> T:
        asked_at = asyncio.get_running_loop().time()
        found = await self._read()
        self._known, self._read_at = [found], asked_at
        return found

    def close(self) -> None:
        """End what is being read."""
        if self._reading is not None:
            self._reading.cancel()


def _looked_at(task: asyncio.Task[T]) -> None:
    if not task.cancelled():
        task.exception()  # told to whoever waited; nobody may have
