"""A session that stays: connects, reconnects with growing pauses, keeps events in order in one bounded queue.

Policy of the queue: it never grows beyond its bound and never drops single events. When a consumer falls that far
behind, the link is given up, the queue is thrown away, and the next connection begins with a snapshot.
What does not live here: what the events mean, when a snapshot is taken (engine/live_calls).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from ccengine.asterisk.ami.connection import AmiManager, Deadlines, Reply, Tap
from ccengine.asterisk.ami.framing import Headers
from ccengine.ports import PbxRefused, PbxUnavailable

log = structlog.get_logger(__name__)

MAX_QUEUED = 20_000
#: A link that stood so long was sound: after its loss the pauses begin anew. Only a link that is refused, or lost as
#: soon as it stands, is tried ever more slowly; one that is cut every few seconds is back at once each time.
SOUND_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The session is logged in. `generation` counts connections."""

    generation: int


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The session is lost; whatever was queued of it is void."""

    generation: int
    reason: str


@dataclass(frozen=True, slots=True)
class AskAnew:
    """Our own note among the events: at this place the PBX is to be asked for its lists again."""

    generation: int
    reason: str


#: What a session's reader gets, in order.
Item = LinkUp | LinkDown | AskAnew | Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where and as whom to connect."""

    host: str
    port: int
    username: str
    secret: str


class AmiSession:
    """One of the engine's two sessions. Construct inside the running loop; run `run()` in a task."""

    def __init__(
        self,
        name: str,
        address: Address,
        *,
        events: bool,
        deadlines: Deadlines,
        backoff_seconds: tuple[float, float] = (0.2, 5.0),
        tap: Tap | None = None,
        wanted: frozenset[str] | None = None,
        max_queued: int = MAX_QUEUED,
        sound_seconds: float = SOUND_SECONDS,
    ) -> None:
        self._sound_seconds = sound_seconds
        self.name = name
        self._address = address
        self._events = events
        self._deadlines = deadlines
        self._backoff = backoff_seconds
        self._tap = tap
        self._wanted = wanted
        self._manager: AmiManager | None = None
        self._lost = asyncio.Event()
        self._closed = False
        self.queue: asyncio.Queue[Item] = asyncio.Queue()
        self._max_queued = max_queued
        self.generation = 0
        self.up = False
        self.problem: str | None = "not connected yet"
        self.overflows = 0
        self._early: list[Headers] = []

    async def run(self) -> None:
        """Keep the session up until cancelled or closed."""
        attempt = 0
        try:
            while not self._closed:
                if await self._live_once():
                    attempt = 0
                if self._closed:
                    return
                await asyncio.sleep(self._pause(attempt))
                attempt += 1
        finally:
            self.close()

    def _pause(self, attempt: int) -> float:
        """Seconds before the next attempt: doubling between the bounds, with jitter, so that engines spread out."""
        low, high = self._backoff
        pause: float = min(high, low * 2 ** min(attempt, 10)) * random.uniform(0.7, 1.0)
        return pause

    async def _live_once(self) -> bool:
        """Live through one connection; return whether it stood long enough to begin the pauses anew."""
        self._lost = asyncio.Event()
        generation = self.generation + 1
        lost = self._lost
        manager = AmiManager(
            host=self._address.host,
            port=self._address.port,
            username=self._address.username,
            secret=self._address.secret,
            events=self._events,
            deadlines=self._deadlines,
            on_event=lambda headers: self._put_event(generation, headers),
            on_lost=lambda reason: self._on_lost(generation, reason, lost),
            tap=self._tap,
            wanted=self._wanted,
        )
        self._manager = manager
        early: list[Headers] = []
        self._early = early
        try:
            await manager.open()
        except (PbxUnavailable, PbxRefused) as error:
            self._tell_failure(error)
            return False
        finally:
            if not manager.authenticated:
                manager.close()
        if lost.is_set():
            return False
        self._come_up(generation, early)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await lost.wait()
        return loop.time() - began > self._sound_seconds

    def _come_up(self, generation: int, early: list[Headers]) -> None:
        self.generation, self.up, self.problem = generation, True, None
        log.info("ami_up", session=self.name, generation=generation)
        self.queue.put_nowait(LinkUp(generation))
        for headers in early:  # events that came between login and here, such as FullyBooted
            self.queue.put_nowait(headers)

    def _tell_failure(self, error: Exception) -> None:
        text = str(error)
        if isinstance(error, PbxRefused):
            log.error(
                "ami_login_refused",
                session=self.name,
                user=self._address.username,
                remedy="the secret in the PBX's manager.conf and in the engine's secrets file must be the same",
            )
        elif text != self.problem:
            log.warning("ami_unreachable", session=self.name, problem=text)
        self.problem = text

    def _put_event(self, generation: int, headers: Headers) -> None:
        if not self.up:
            self._early.append(headers)
        elif self.queue.qsize() >= self._max_queued:
            self.overflows += 1
            if self._manager is not None:
                self._manager.protocol.lose("the reader of events is too slow: queue thrown away, snapshot follows")
        elif generation == self.generation:
            self.queue.put_nowait(headers)

    def _on_lost(self, generation: int, reason: str, lost: asyncio.Event) -> None:
        lost.set()
        if not self.up or generation != self.generation:
            return
        self.up, self.problem = False, reason
        log.warning("ami_down", session=self.name, generation=generation, reason=reason)
        if self.queue.qsize() >= self._max_queued:
            while not self.queue.empty():
                self.queue.get_nowait()
        self.queue.put_nowait(LinkDown(generation, reason))

    async def request(
        self, headers: Mapping[str, Any], *, list_end: str | None = None, seconds: float | None = None
    ) -> Reply:
        """Send an action on the current connection. Raises PbxUnavailable, PbxRefused (see AmiManager.request)."""
        if not self.up or self._manager is None:
            raise PbxUnavailable(self.problem or "not connected")
        return await self._manager.request(headers, list_end=list_end, seconds=seconds)

    def drop(self, reason: str) -> None:
        """Give the present connection up; `run` makes a new one."""
        if self.up and self._manager is not None:
            self._manager.protocol.lose(reason)

    def close(self) -> None:
        """Close for good: no connection is made after this."""
        self._closed = True
        if self._manager is not None:
            self._manager.close()
        self._lost.set()
