"""The FastAGI server: accepts, limits, deadlines. Loopback only: FastAGI has no authentication.

A connection is a session only once its whole request came; until then it may be a port scan, so waiting ones never
take a caller's place: when too many wait, the oldest is closed. What does not live here: bytes (framing), commands
(session).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ccengine.asterisk.agi.framing import Framing, FramingError, HungUp, Reply, Request
from ccengine.asterisk.agi.session import CallerGone, Session, SessionEnded

Handler = Callable[[Session], Awaitable[None]]

_log = structlog.get_logger(__name__)
TOLD_EVERY_SECONDS = 5.0


class FastAgiServer:
    """Listens and gives each call's session to `handler`; the connection is closed when the handler ends."""

    def __init__(
        self, handler: Handler, *, host: str, port: int, max_sessions: int = 200, header_seconds: float = 2.0
    ) -> None:
        self._handler = handler
        self._host, self._port = host, port
        self.max_sessions = max_sessions
        self.header_seconds = header_seconds
        self.waiting: dict[_Connection, None] = {}  # no whole request yet, oldest first
        self.sessions: set[_Connection] = set()
        self.refused = 0
        self._told_at = -TOLD_EVERY_SECONDS
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen. Raises OSError naming the address when it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), self._host, self._port, backlog=1024)

    async def stop(self) -> None:
        """Stop listening and close every session; their callers go on in the dialplan's fallback."""
        if self._server is not None:
            self._server.close()
        tasks = [connection.task for connection in self.sessions if connection.task is not None]
        for connection in [*self.waiting, *self.sessions]:
            connection.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- called by connections

    def accepted(self, connection: _Connection) -> None:
        """Take a new connection that has said nothing yet."""
        self.waiting[connection] = None
        if len(self.waiting) > self.max_sessions:
            self._refuse(next(iter(self.waiting)), "too many connections that say nothing")

    def requested(self, connection: _Connection, session: Session) -> None:
        """Start the call of a connection whose request is complete, or close it when the house is full."""
        self.waiting.pop(connection, None)
        if len(self.sessions) >= self.max_sessions:
            self._refuse(connection, "too many sessions")
            return
        self.sessions.add(connection)
        connection.task = asyncio.create_task(self._serve(connection, session))

    def gone(self, connection: _Connection) -> None:
        """Forget a connection that was closed."""
        self.waiting.pop(connection, None)
        if connection.task is None:
            self.sessions.discard(connection)

    def _refuse(self, connection: _Connection, reason: str) -> None:
        self.refused += 1
        self.waiting.pop(connection, None)
        connection.abort()
        now = asyncio.get_running_loop().time()
        if now - self._told_at >= TOLD_EVERY_SECONDS:  # a flood of connections is no flood of lines
            self._told_at = now
            counts = {"sessions": len(self.sessions), "waiting": len(self.waiting), "refused": self.refused}
            _log.warning("agi connection refused", reason=reason, **counts)

    async def _serve(self, connection: _Connection, session: Session) -> None:
        call_id = session.request.script.rpartition("/")[2][:64]
        log = _log.bind(call_id=call_id, channel=session.request.channel[:80])
        try:
            await self._handler(session)
        except CallerGone as error:
            log.info("agi session ended by the caller", reason=str(error))
        except SessionEnded as error:
            log.warning("agi session given up, the dialplan takes over", reason=str(error))
        except Exception:  # the edge of a call: a bug in one flow must not touch the others
            log.exception("agi session failed, the dialplan takes over")
        finally:
            self.sessions.discard(connection)
            session.close()


class _Connection(asyncio.Protocol):
    """One TCP connection: bytes in, items to the session."""

    def __init__(self, server: FastAgiServer) -> None:
        self.task: asyncio.Task[None] | None = None
        self._server = server
        self._framing = Framing()
        self._session: Session | None = None
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._server.header_seconds, self.abort)
        self._server.accepted(self)

    def data_received(self, data: bytes) -> None:
        try:
            items = self._framing.feed(data)
        except FramingError as error:
            _log.warning("agi peer refused", reason=str(error))
            self.abort()
            return
        for item in items:
            self._take(item)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._session is not None:
            self._session.lost()
        self._server.gone(self)

    def abort(self) -> None:
        """Close at once, whatever is still to be sent."""
        if self._transport is not None:
            self._transport.abort()

    def _take(self, item: Request | Reply | HungUp) -> None:
        if isinstance(item, Request):
            assert self._transport is not None and self._deadline is not None
            self._deadline.cancel()
            self._session = Session(self._transport, item)
            self._server.requested(self, self._session)
        elif self._session is not None:
            self._session.receive(item)
