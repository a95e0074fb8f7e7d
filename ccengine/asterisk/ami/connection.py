"""One connection to the manager interface: panoramisk's Manager and protocol, hardened. The only user of panoramisk.

From panoramisk: the connection factory (`Manager.connect`, `protocol_factory`), `Action` (action ids, serialising),
`Message` (case-insensitive reply). Replaced, because measured wrong (facts P1-P13, P15, P16): framing, matching of
replies, list ends, ping, login, reconnecting, re-sending, dispatch. What does not live here: reconnecting (session).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message

from ccengine.asterisk.ami.framing import (
    BadHeader,
    Framer,
    FramingError,
    Headers,
    check_headers,
    event_name,
    is_bare_cel,
    parse_message,
)
from ccengine.ports import PbxRefused, PbxUnavailable

log = structlog.get_logger(__name__)

OnEvent = Callable[[Headers], None]
OnLost = Callable[[str], None]
Tap = Callable[[bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long one connection waits, in seconds."""

    connect: float = 3.0
    action: float = 5.0
    ping_interval: float = 5.0
    ping_reply: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the PBX answered: the response's headers, and the items of a list."""

    response: Message
    items: tuple[Headers, ...] = field(default=())


class PendingAction(Action):  # type: ignore[misc]  # panoramisk carries no types
    """An action that waits for its response, or for its list's end event named beforehand; nothing is guessed."""

    def __init__(self, headers: Mapping[str, Any], list_end: str | None = None) -> None:
        super().__init__(headers)
        self.list_end = list_end.lower() if list_end else None
        self.response: Message | None = None
        self.collected: list[Headers] = []

    def add(self, headers: Headers) -> None:
        """Take a response or a list item; resolve when nothing more is to come."""
        if "response" in headers:
            self.response = Message(headers)
            if self.list_end and self.response.success:
                return
        elif str(headers.get("event", "")).lower() != self.list_end:
            self.collected.append(headers)
            return
        if self.response is not None and not self.future.done():
            self.future.set_result(Reply(response=self.response, items=tuple(self.collected)))

    def fail(self, error: Exception) -> None:
        """Resolve with an error, once."""
        if not self.future.done():
            self.future.set_exception(error)


class AmiProtocol(AMIProtocol):  # type: ignore[misc]
    """Bytes to messages to whoever waits for them; whatever goes wrong in a message stays in that message."""

    def __init__(
        self, on_event: OnEvent, on_lost: OnLost, tap: Tap | None, wanted: frozenset[str] | None = None
    ) -> None:
        self._on_event = on_event
        self._wanted = {name.encode() for name in wanted} | {b""} if wanted is not None else None
        self._on_lost = on_lost
        self._tap = tap
        self._framer = Framer()
        self.pending: dict[str, PendingAction] = {}
        self.lost_because: str | None = None
        self.greeted = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        """Frame, then hand on, in order."""
        if self.lost_because is not None:
            return
        try:
            messages = self._framer.feed(data)
        except FramingError as error:
            self.lose(str(error))
            return
        if self._framer.version is not None and not self.greeted.done():
            self.version = self._framer.version
            self.greeted.set_result(self.version)
        for raw in messages:
            self._record(raw)
            if self._is_wanted(raw):
                self._take(raw)

    def _is_wanted(self, raw: bytes) -> bool:
        """Most of what comes means nothing to us: it is not even parsed."""
        if self._wanted is None:
            return True
        name = event_name(raw)
        return name in self._wanted and not (name == b"CEL" and is_bare_cel(raw))

    def _record(self, raw: bytes) -> None:
        if self._tap is None:
            return
        try:
            self._tap(raw)
        except Exception:  # a recorder that fails is left out; calls go on
            log.exception("ami_recorder_failed")
            self._tap = None

    def _take(self, raw: bytes) -> None:
        try:
            self.handle_message(parse_message(raw))
        except Exception:  # a fault in one message must not cost the link and all later events
            log.exception("ami_message_failed")

    def handle_message(self, headers: Headers) -> None:
        """Route one message: to the action it belongs to, or to the events' consumer."""
        action = self.pending.get(str(headers.get("actionid", "")))
        if "event" in headers:
            if action is not None and action.list_end is not None:
                action.add(headers)
            else:
                self._on_event(headers)
        elif action is not None:  # else the reply of an action whose deadline has passed
            action.add(headers)

    def send(self, action: PendingAction, as_list: bool = False) -> asyncio.Future[Reply]:
        """Write an action that was checked before; its future resolves with the reply or with the link's loss."""
        if self.lost_because is not None:
            raise PbxUnavailable(self.lost_because)
        self.pending[action.id] = action
        self.transport.write(str(action).encode("utf-8"))
        future: asyncio.Future[Reply] = action.future
        return future

    def lose(self, reason: str) -> None:
        """Give the link up at once, telling everybody who waits. Nothing is kept for re-sending."""
        if self.lost_because is not None:
            return
        self.lost_because = reason
        self.closed = True
        for action in list(self.pending.values()):
            action.fail(PbxUnavailable(reason))
        self.pending.clear()
        if not self.greeted.done():
            self.greeted.set_exception(PbxUnavailable(reason))
        if not self.greeted.cancelled():
            self.greeted.exception()  # read, so that an unawaited greeting makes no noise
        self.transport.abort()
        self._on_lost(reason)

    def eof_received(self) -> None:
        """The PBX closed the session."""
        self.lose("the PBX closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio when the socket is gone."""
        self.lose(f"connection lost: {exc}" if exc else "connection closed")

    def close(self) -> None:
        """Close on purpose."""
        self.lose("closed")


class AmiManager(Manager):  # type: ignore[misc]
    """One logged-in connection. It never reconnects and never re-sends; `close()` is final."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        username: str,
        secret: str,
        events: bool,
        deadlines: Deadlines,
        on_event: OnEvent,
        on_lost: OnLost,
        tap: Tap | None = None,
        wanted: frozenset[str] | None = None,
    ) -> None:
        super().__init__(
            host=host,
            port=port,
            events="on" if events else "off",
            loop=asyncio.get_running_loop(),
            protocol_factory=lambda: AmiProtocol(on_event, self._lost, tap, wanted),
        )
        self._credentials = {"Username": username, "Secret": secret}
        self._deadlines = deadlines
        self._report_lost = on_lost
        self._final = False
        self._pinger: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect, log in and begin to ping, within the connect deadline each.

        Raises PbxUnavailable when nobody answers in time, PbxRefused('login_refused') when the login is wrong.
        """
        if self._final:
            raise PbxUnavailable("closed")
        try:
            async with asyncio.timeout(self._deadlines.connect):
                _, self.protocol = await super().connect()
                await self.protocol.greeted
        except (OSError, TimeoutError) as error:
            self.close()
            raise PbxUnavailable(f"no AMI at {self.config['host']}:{self.config['port']}: {error!r}") from error
        if self._final:
            self.protocol.close()
            raise PbxUnavailable("closed")
        await self._log_in()
        self._pinger = asyncio.create_task(self._ping_for_ever(), name="ami-ping")

    def connection_made(self, f: asyncio.Future[Any]) -> None:
        """panoramisk's hook after a connect: a connection that comes after close() is dropped."""
        if self._final and not f.cancelled() and f.exception() is None:
            f.result()[1].lose("closed")

    async def _log_in(self) -> None:
        try:
            login = {"Action": "Login", **self._credentials, "Events": self.config["events"]}
            await self.request(login, seconds=self._deadlines.connect)
        except PbxRefused as error:
            self.close()
            raise PbxRefused("login_refused", error.detail) from error
        except PbxUnavailable:
            self.close()
            raise
        self.authenticated = True

    async def request(
        self, headers: Mapping[str, Any], *, list_end: str | None = None, seconds: float | None = None
    ) -> Reply:
        """Send one action and wait for its reply, or for the list's end event; never longer than the deadline.

        Raises PbxRefused (the PBX said Error, or a header is bad), PbxUnavailable (no link, link lost, no reply in
        time). In the latter case the PBX may have carried it out; it is never sent again from here.
        """
        try:
            check_headers(headers)
        except BadHeader as error:
            raise PbxRefused("bad_header", str(error)) from error
        if self._final or self.protocol is None:
            raise PbxUnavailable("not connected")
        action = PendingAction(headers, list_end)
        limit = seconds if seconds is not None else self._deadlines.action
        try:
            async with asyncio.timeout(limit):
                reply: Reply = await self.protocol.send(action)
        except TimeoutError as error:
            raise PbxUnavailable(f"no reply to {headers['Action']} within {limit} s") from error
        finally:
            self.protocol.pending.pop(action.id, None)
        if not reply.response.success:
            raise PbxRefused("refused", str(reply.response.message))
        return reply

    async def _ping_for_ever(self) -> None:
        """Find a half-open link: a ping without a reply in time ends it."""
        while True:
            await asyncio.sleep(self._deadlines.ping_interval)
            try:
                await self.request({"Action": "Ping"}, seconds=self._deadlines.ping_reply)
            except (PbxUnavailable, PbxRefused) as error:
                self.protocol.lose(f"ping failed: {error}")
                return

    def _lost(self, reason: str) -> None:
        if self._pinger is not None:
            self._pinger.cancel()
        self._report_lost(reason)

    def close(self) -> None:
        """Close for good; a connection attempt under way is dropped too."""
        self._final = True
        if self._pinger is not None:
            self._pinger.cancel()
        if self.protocol is not None:
            self.protocol.close()
