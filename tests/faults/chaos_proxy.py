"""A small proxy that stands between two programs and breaks their connection on command: refuse, reset, stall, slow.

What does not live here: when it does so (injectors).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from collections import Counter
from pathlib import Path

Address = tuple[str, int] | Path
#: What is told beside the PBX's own words stops when so much waits for a reader that does not read.
MOST_UNSENT = 4_000_000
_ACTION_ID = re.compile(rb"ActionID: ([^\r\n]+)")


class _Link:
    """One connection that passes through: its near side, and what is known of its conversation."""

    def __init__(self, near: asyncio.StreamWriter) -> None:
        self.near = near
        self.events = False  # an AMI session that hears events
        self.between = False  # the last bytes ended a message


class ChaosProxy:
    """Listens at `here` and passes on to `there`; TCP (host, port) or Unix sockets (a path)."""

    def __init__(self, here: Address, there: Address) -> None:
        self.here = here
        self.there = there
        self.delay_seconds = 0.0
        self.cut_at = b""  # the next connection that carries these bytes is reset in the middle of them
        self.accepted = 0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self.action_ids: Counter[str] = Counter()  # of AMI actions that passed; one seen twice was sent again
        self._links: list[_Link] = []
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        if isinstance(self.here, Path):
            self.here.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._connected, self.here)
            self.here.chmod(0o666)
        else:
            self._server = await asyncio.start_server(self._connected, *self.here, reuse_address=True)

    async def stop(self) -> None:
        """Refuse new connections and reset the others."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if isinstance(self.here, Path):
            self.here.unlink(missing_ok=True)
        self.reset()
        for task in list(self._tasks):
            task.cancel()

    def reset(self) -> None:
        """Reset every open connection (RST, not FIN)."""
        for writer in list(self._open):
            self._abort(writer)

    def stall(self) -> None:
        """Pass nothing on any more; connections stay open: a frozen peer."""
        self._flowing.clear()

    def flow(self) -> None:
        """Go on where it stalled."""
        self._flowing.set()

    def half_open(self) -> None:
        """Lose the far side without a word to the near one, as after a power cut: the near side hears nothing more."""
        for task in list(self._tasks):
            task.cancel()

    def _abort(self, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        if sock is not None and sock.family == socket.AF_INET:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        self._open.discard(writer)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._open.add(writer)
        try:
            if isinstance(self.there, Path):
                far_reader, far_writer = await asyncio.open_unix_connection(self.there)
            else:
                far_reader, far_writer = await asyncio.open_connection(*self.there)
        except OSError:
            self._abort(writer)
            return
        self._open.add(far_writer)
        link = _Link(writer)
        self._links.append(link)
        for source, sink, answers in ((reader, far_writer, False), (far_reader, writer, True)):
            task = asyncio.create_task(self._pump(source, sink, answers, link))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def say(self, text: bytes) -> bool:
        """Tell whoever hears AMI events these as well; False while nobody can be told without tearing a message."""
        for link in self._links:
            hears = link.events and link.between and not link.near.is_closing()
            if hears and link.near.transport.get_write_buffer_size() < MOST_UNSENT:
                link.near.write(text)
                return True
        return False

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, answers: bool, link: _Link) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if answers:
                    link.between = data.endswith(b"\r\n\r\n")
                else:
                    link.events = link.events or b"Username: cc_events" in data
                    self.action_ids.update(found.decode() for found in _ACTION_ID.findall(data))
                if self.delay_seconds and not answers:
                    await asyncio.sleep(self.delay_seconds)
                await self._flowing.wait()
                if answers and self.cut_at and self.cut_at in data:
                    sink.write(data[: data.index(self.cut_at) + len(self.cut_at) // 2])
                    await sink.drain()
                    self.cut_at = b""
                    self.reset()
                    return
                sink.write(data)
                await sink.drain()
        await self._flowing.wait()  # a frozen peer does not say goodbye either
        sink.close()
        self._open.discard(sink)


class BlackHole:
    """A TCP port that drops every SYN: its queue of connections is full and nobody takes one."""

    def __init__(self, host: str, port: int) -> None:
        self._server = socket.socket()
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server.bind((host, port))
        self._server.listen(0)
        self._fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((host, port))
            self._fillers.append(filler)

    def close(self) -> None:
        """Let go of the port."""
        for one in (*self._fillers, self._server):
            one.close()
