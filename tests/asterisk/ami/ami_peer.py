"""A scripted manager port: greets, answers logins and pings, and does to the rest what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from ccengine.asterisk.ami.connection import Deadlines, Tap
from ccengine.asterisk.ami.session import Address, AmiSession, LinkDown, LinkUp

Action = dict[str, str]
Answer = Callable[["Peer", Action, asyncio.StreamWriter], Awaitable[None]]
FAST = Deadlines(connect=1.0, action=0.4, ping_interval=0.1, ping_reply=0.3)
CALM = Deadlines(connect=20.0, action=20.0, ping_interval=30, ping_reply=20)


class Peer:
    """What it was told, on how many connections, and how it answers."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.connections = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.banner = b"Asterisk Call Manager/11.0.0\r\n"
        self.secret = "secret"
        self.mute: set[str] = set()
        self.answers: dict[str, Answer] = {}
        self.after_login = b""
        self.port = 0
        self.tasks: set[asyncio.Task[None] | None] = set()
        self.server: asyncio.Server | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        self.tasks.add(asyncio.current_task())
        self.writers.append(writer)
        writer.write(self.banner)
        try:
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                action = dict(line.split(": ", 1) for line in raw.decode().split("\r\n") if line)
                self.actions.append(action)
                await self.answer(action, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.tasks.discard(asyncio.current_task())
            writer.close()

    async def answer(self, action: Action, writer: asyncio.StreamWriter) -> None:
        """Answer one action."""
        name = action["Action"]
        if name in self.mute:
            return
        if name in self.answers:
            await self.answers[name](self, action, writer)
        elif name == "Login" and action["Secret"] != self.secret:
            reply(writer, action, "Error", "Authentication failed")
        else:
            reply(writer, action, "Success", "OK")
            if name == "Login":
                writer.write(self.after_login)

    def names(self) -> list[str]:
        """The names of the actions received, without login and ping."""
        return [action["Action"] for action in self.actions if action["Action"] not in ("Login", "Ping")]

    def send(self, data: bytes) -> None:
        """Send bytes on the newest connection."""
        self.writers[-1].write(data)


def reply(writer: asyncio.StreamWriter, action: Action, response: str, message: str, more: str = "") -> None:
    """Answer an action."""
    writer.write(f"Response: {response}\r\nActionID: {action['ActionID']}\r\n{more}Message: {message}\r\n\r\n".encode())


def event(name: str, **headers: str) -> bytes:
    """One event on the wire."""
    lines = [f"Event: {name}", *(f"{key}: {value}" for key, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@asynccontextmanager
async def peer_running() -> AsyncIterator[Peer]:
    """A peer on a free port."""
    peer = Peer()
    peer.server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.port = peer.server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        peer.server.close()
        for writer in peer.writers:
            writer.transport.abort()
        while peer.tasks:  # noqa: ASYNC110  a test polls
            await asyncio.sleep(0.005)


@asynccontextmanager
async def session_to(
    peer: Peer,
    deadlines: Deadlines = CALM,
    secret: str = "secret",
    tap: Tap | None = None,
    max_queued: int = 1000,
    backoff: tuple[float, float] = (0.02, 0.1),
    sound_seconds: float = 1.0,
) -> AsyncIterator[AmiSession]:
    """A session that keeps itself up towards the peer."""
    address = Address(host="127.0.0.1", port=peer.port, username="cc", secret=secret)
    session = AmiSession(
        "events",
        address,
        events=True,
        deadlines=deadlines,
        backoff_seconds=backoff,
        tap=tap,
        max_queued=max_queued,
        sound_seconds=sound_seconds,
    )
    task = asyncio.create_task(session.run())
    try:
        yield session
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  a test polls
            await asyncio.sleep(0.005)


async def next_events(session: AmiSession, count: int) -> list[Any]:
    """Return the next events, links' ups and downs left out."""
    found: list[Any] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            item = await session.queue.get()
            if not isinstance(item, LinkUp | LinkDown):
                found.append(item)
    return found
