"""The board as a stream of lines: one task watches the changes and encodes each snapshot once for all readers.

What does not live here: what is on the board (calls/board), sockets and other requests (door.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import web

from ccengine.ports import LiveView

MIN_INTERVAL_SECONDS = 0.04  # however much happens
PAUSE_FACTOR = 19.0  # a large site's picture takes long: making them takes a twentieth of the time at most
SLOW_CHECK_SECONDS = 0.1
STUCK_SECONDS = 30.0
HEARTBEAT = b'{"heartbeat":true}\n'


def encode(snapshot: dict[str, Any]) -> bytes:
    """Return a snapshot as one line."""
    return json.dumps(snapshot, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


class BoardFeed:
    """Newest snapshot with a serial number, and whom to wake when there is a newer one."""

    def __init__(self, live: LiveView, heartbeat_seconds: float) -> None:
        self._live = live
        self._heartbeat_seconds = heartbeat_seconds
        self._line = encode(live.snapshot())
        self._serial = 1
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
            self._publish()
            await asyncio.sleep(max(MIN_INTERVAL_SECONDS, PAUSE_FACTOR * (time.perf_counter() - began)))

    def _publish(self) -> None:
        self._line = encode(self._live.snapshot())
        self._serial += 1
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()

    async def lines(self, transport: asyncio.WriteTransport) -> AsyncGenerator[bytes, None]:
        """Yield the newest line now and after each change, a heartbeat when nothing changes.

        A reader that has not taken the last line yet gets nothing until it has, then the newest: it never falls behind
        by more than one board. One that takes nothing for STUCK_SECONDS is given up.
        """
        self._publish()  # a new reader begins with the board of this moment
        seen = 0
        self._readers += 1
        try:
            while not self._closed and await _drained(transport):
                if seen != self._serial:
                    seen = self._serial
                    yield self._line
                    continue
                changed = self._changed
                try:
                    async with asyncio.timeout(self._heartbeat_seconds):
                        await changed.wait()
                except TimeoutError:
                    yield HEARTBEAT
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
