"""One FastAGI connection: one command at a time, each with its deadline; the hang-up is a flag, not a reply.

What does not live here: bytes (framing), accepting and limits (server), what a step of a flow means (player).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
import time
from typing import Protocol

from ccengine.asterisk.agi.framing import HungUp, Reply, Request, quote

#: Replies kept while no command is open; only a forged request block can make any.
MAX_UNASKED_REPLIES = 100
#: Asterisk cuts a command line at 8,192 bytes.
MAX_COMMAND_BYTES = 8_000


class SessionEnded(Exception):
    """The session cannot go on; nothing was promised to the dialplan, so its fallback takes over."""


class CallerGone(SessionEnded):
    """The caller hung up, or the PBX closed the connection."""


class PeerSilent(SessionEnded):
    """The PBX did not answer a command in time."""


class OutOfStep(SessionEnded):
    """The peer answers what was not asked."""


class Wire(Protocol):
    """What the session needs of a transport."""

    def write(self, data: bytes) -> None:
        """Send."""

    def close(self) -> None:
        """Close when everything is sent."""


class Session:
    """Commands of one call. `receive` and `lost` are called by the server with what came in."""

    def __init__(self, wire: Wire, request: Request) -> None:
        self.request = request
        self.hung_up = False
        self.waited_seconds = 0.0  # for replies to commands, all together
        self._wire = wire
        self._closed = False
        self._busy = False
        self._replies: asyncio.Queue[Reply | None] = asyncio.Queue()  # None: the connection is gone

    # -- fed by the server

    def receive(self, item: Reply | HungUp) -> None:
        """Take what the PBX said: a hang-up sets the flag, a reply answers the open command."""
        if isinstance(item, HungUp):
            self.hung_up = True
        elif self._replies.qsize() < MAX_UNASKED_REPLIES:
            self._replies.put_nowait(item)

    def lost(self) -> None:
        """The connection is gone: the open command fails, later ones fail at once."""
        self._closed = True
        self._replies.put_nowait(None)

    # -- used by the player

    async def command(self, *words: str, deadline_seconds: float) -> Reply:
        """Send one command (words already quoted) and return its reply.

        Raises CallerGone, PeerSilent after `deadline_seconds`, ValueError for a line Asterisk would cut.
        """
        self._send(*words)
        self._busy = True
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(deadline_seconds):
                return await self._next_reply()
        except TimeoutError:
            raise PeerSilent(f"no reply to {words[0]} within {deadline_seconds:.1f} s") from None
        finally:
            self._busy = False
            self.waited_seconds += time.perf_counter() - begun

    async def synchronise(self, deadline_seconds: float) -> str:
        """Return the caller's number, and be sure that from here on each reply belongs to its command.

        A forged block may end the request early and leave lines behind it that look like replies. The first command
        carries a word that no stranger knows; replies without it are dropped. Raises as `command`.
        """
        word = secrets.token_hex(8)
        self._send("GET FULL VARIABLE", quote(word + "${BASE64_ENCODE(${CALLERID(num)})}"))
        try:
            async with asyncio.timeout(deadline_seconds):
                reply = await self._next_reply()
                while not (reply.data or "").startswith(word):
                    reply = await self._next_reply()
        except TimeoutError:
            raise PeerSilent(f"no reply to the first command within {deadline_seconds:.1f} s") from None
        return _decoded((reply.data or "")[len(word) :])

    async def read(self, expression: str, deadline_seconds: float) -> str:
        """Return the value of a dialplan expression whose content is a stranger's; raises as `command`."""
        encoded = quote("${BASE64_ENCODE(" + expression + ")}")
        reply = await self.command("GET FULL VARIABLE", encoded, deadline_seconds=deadline_seconds)
        return _decoded(reply.data or "")

    async def set_variable(self, name: str, value: str, deadline_seconds: float) -> None:
        """Set a channel variable or function; raises as `command`."""
        await self.command("SET VARIABLE", quote(name), quote(value), deadline_seconds=deadline_seconds)

    def close(self) -> None:
        """End the session; the dialplan goes on within milliseconds."""
        self._closed = True
        self._wire.close()

    def _send(self, *words: str) -> None:
        line = " ".join(words).encode() + b"\n"
        if len(line) >= MAX_COMMAND_BYTES:
            raise ValueError(f"an AGI command is limited to {MAX_COMMAND_BYTES} bytes")
        if self.hung_up or self._closed:
            raise CallerGone("the caller hung up")
        if self._busy:
            raise OutOfStep("a command is still open")
        self._wire.write(line)

    async def _next_reply(self) -> Reply:
        reply = await self._replies.get()
        if reply is None:
            raise CallerGone("the PBX closed the connection")
        return reply


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", errors="replace")
    except (binascii.Error, ValueError):
        return ""
