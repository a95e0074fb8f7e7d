"""One stream from the engine for all pages of this process: reconnects by itself, keeps only the newest board, into
which it puts what the engine says has changed; where a line is missing it connects anew and gets the whole board.

What does not live here: how the engine is reached (engine_door.py), how a page draws the board.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp

from ccengine.calls.picture_change import BOARD_KEYS, changed
from ccengine.clock import Clock
from ccengine.ports import EngineUnavailable

log = logging.getLogger(__name__)
_MAX_LINE_BYTES = 8 * 1024 * 1024
_DELAY_SECONDS = (0.2, 2.0)
Open = Callable[..., AbstractAsyncContextManager[aiohttp.ClientResponse]]


class BoardWatch:
    """Holds the newest board and wakes who waits for it. Starts with the first reader, rests after the last one."""

    def __init__(self, opener: Open, silence_seconds: float, clock: Clock) -> None:
        self._open = opener
        self._silence_seconds = silence_seconds
        self._clock = clock
        self._board: dict[str, Any] = {}
        self._heard = 0  # the engine's number of the last line
        self._serial = 0
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connected: bool | None = None
        self._readers = 0

    async def close(self) -> None:
        """Stop following; waiting readers end."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._serial = -1
        self._changed.set()

    async def boards(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the newest board, then each newer one, and the same again at each heartbeat of the engine.

        A slow reader skips what came in between.
        """
        if self._serial < 0:
            return
        self._readers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name="board-watch")
        seen = 0
        try:
            while self._serial >= 0:
                if seen != self._serial:
                    seen = self._serial
                    yield self._board
                else:
                    await self._changed.wait()
        finally:
            self._readers -= 1
            self._rest()

    def _rest(self) -> None:
        """Without a reader nothing is followed; the next one begins with a board of its own moment."""
        if self._readers == 0 and self._task is not None:
            self._task.cancel()
            self._task, self._serial, self._connected = None, 0, None

    async def _follow(self) -> None:
        """Stay connected for ever, with a growing pause between attempts."""
        delay, longest = _DELAY_SECONDS
        while True:
            try:
                await self._read()
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError, EngineUnavailable) as error:
                reason = str(error) or type(error).__name__
            else:
                reason = "the stream ended"
            if self._connected:
                delay = _DELAY_SECONDS[0]
            self._away(reason)
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # spread the attempts
            delay = min(delay * 2, longest)

    async def _read(self) -> None:
        """Read lines until the stream ends or is silent beyond the heartbeats."""
        self._heard = 0  # each stream begins with the whole board
        async with self._open("GET", "board/stream", None) as response:
            if response.status != 200:
                raise EngineUnavailable(f"the engine answered {response.status}")
            rest = b""
            while True:
                async with asyncio.timeout(self._silence_seconds):
                    chunk = await response.content.readany()
                if not chunk:
                    return
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > _MAX_LINE_BYTES:
                    raise ValueError("a line without an end")
                self._take(lines)

    def _take(self, lines: list[bytes]) -> None:
        """Put what the lines tell into the board and publish it; a heartbeat says that the known one still holds.

        Raises ValueError where a line is missing or does not fit.
        """
        board = self._board
        for told in [json.loads(line) for line in lines if line]:
            if "board" in told:
                board = {**told["board"], "engine_connected": True}
            elif self._heard and told.get("serial" if "heartbeat" in told else "after") == self._heard:
                board = changed(board, told.get("change", {}), BOARD_KEYS)
            else:
                raise ValueError("a line of the board's stream is missing")
            self._heard = told["serial"]
        if not lines:
            return
        self._publish(board)
        if not self._connected:
            self._connected = True
            log.info("board stream: connected")

    def _away(self, reason: str) -> None:
        """Tell the readers, once, that what they see is old."""
        if self._connected is False:
            return
        self._connected = False
        log.warning("board stream: engine away: %s", reason)
        empty: dict[str, Any] = {"queues": [], "waiting": [], "agents": [], "calls": [], "today": {}}
        old = self._board or {"at": self._clock.now().isoformat(), **empty}
        self._publish({**old, "pbx_connected": False, "stale": True, "engine_connected": False})

    def _publish(self, board: dict[str, Any]) -> None:
        self._board = board
        self._serial += 1
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()
