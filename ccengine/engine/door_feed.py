"""The board as a stream of numbered lines: one task watches and encodes what changed once for all readers.

A reader begins with the whole board, `{"serial", "board"}`; each later line says what changed and after which line,
`{"serial", "after", "change"}`. Whoever was too slow for one of them gets the whole board again; whoever finds a line
missing (backoffice/board_watch.py) comes anew. What does not live here: what is on the board (calls/board), what a
change is (calls/picture_change), sockets and other requests (door.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import web

from ccengine.calls.picture_change import BOARD_KEYS, change_between
from ccengine.ports import LiveView

MIN_INTERVAL_SECONDS = 0.04  # however much happens
PAUSE_FACTOR = 19.0  # a large site's picture takes long: making them takes a twentieth of the time at most
SLOW_CHECK_SECONDS = 0.1
STUCK_SECONDS = 30.0


def encode(told: dict[str, Any]) -> bytes:
    """Return what is told as one line."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


class BoardFeed:
    """Newest board with a serial number, what changed in it last, and whom to wake when there is a newer one."""

    def __init__(self, live: LiveView, heartbeat_seconds: float) -> None:
        self._live = live
        self._heartbeat_seconds = heartbeat_seconds
        self._board = live.snapshot()
        self._serial = 1
        self._change = self._whole = b""  # the lines of this serial; the whole one is made when somebody needs it
        self._changed = asyncio.Event()
        self._closed = False
        self._readers = 0

    def close(self) -> None:
        """Let all readers go."""
        self._closed = True
        self._changed.set()

    async def watch(self) -> None:
        """Follow the changes for ever; several within the interval are one line, without a reader they are none."""
        async for _ in self._live.changes():
            if not self._readers:
                continue
            began = time.perf_counter()
            self._publish(self._live.snapshot())
            await asyncio.sleep(max(MIN_INTERVAL_SECONDS, PAUSE_FACTOR * (time.perf_counter() - began)))

    def _publish(self, board: dict[str, Any]) -> None:
        """Keep the board; one that differs in its time of making only is no news."""
        change = change_between(self._board, board, BOARD_KEYS)
        if change.keys() <= {"values"} and change.get("values", {}).keys() <= {"at"}:
            return
        self._board = board
        self._serial += 1
        self._change = encode({"serial": self._serial, "after": self._serial - 1, "change": change})
        self._whole = b""
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()

    def _line(self, seen: int) -> bytes:
        if seen == self._serial - 1 and seen:
            return self._change
        self._whole = self._whole or encode({"serial": self._serial, "board": self._board})
        return self._whole

    async def lines(self, transport: asyncio.WriteTransport) -> AsyncGenerator[bytes, None]:
        """Yield the whole board now, a line after each change, a heartbeat when nothing changes.

        A reader that has not taken the last line yet gets nothing until it has, then the newest board: it never falls
        behind by more than that. One that takes nothing for STUCK_SECONDS is given up.
        """
        self._publish(self._live.snapshot())  # a new reader begins with the board of this moment
        seen = 0
        self._readers += 1
        try:
            while not self._closed and await _drained(transport):
                if seen != self._serial:
                    line, seen = self._line(seen), self._serial
                    yield line
                    continue
                changed = self._changed
                try:
                    async with asyncio.timeout(self._heartbeat_seconds):
                        await changed.wait()
                except TimeoutError:
                    yield encode({"serial": seen, "heartbeat": True})
        finally:
            self._readers -= 1

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer with the lines until the reader leaves."""
        headers = {"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        transport = request.transport
        if isinstance(transport, asyncio.WriteTransport):
            with contextlib.suppress(ConnectionError):  # the reader left
                async with contextlib.aclosing(self.lines(transport)) as lines:
                    async for line in lines:
                        await response.write(line)
            transport.abort()
        return response


async def _drained(transport: asyncio.WriteTransport) -> bool:
    """Wait until what was written is on its way; False when it is not within STUCK_SECONDS or the link is gone."""
    deadline = asyncio.get_running_loop().time() + STUCK_SECONDS
    while transport.get_write_buffer_size() > 0:
        if transport.is_closing() or asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(SLOW_CHECK_SECONDS)
    return not transport.is_closing()
