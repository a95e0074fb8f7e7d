"""The live view's task: both AMI sessions, resync, tracker, board; tells pictures and facts to whoever asks.

What does not live here: what events mean (calls/), the protocol (asterisk/ami/), what to do about agents (agent_care).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from ccengine.asterisk.ami import snapshot
from ccengine.asterisk.ami.connection import Deadlines, Reply, Tap
from ccengine.asterisk.ami.framing import Headers
from ccengine.asterisk.ami.recorded import Recorder
from ccengine.asterisk.ami.session import Address, AmiSession, AskAnew, LinkDown, LinkUp
from ccengine.asterisk.ami.translate import EVENTS, text, translate
from ccengine.asterisk.secrets import Secrets
from ccengine.calls import pbx_events as ev
from ccengine.calls.agent_state import AgentState
from ccengine.calls.board import Board, BoardSnapshot, Person
from ccengine.calls.facts import Anomaly, PbxEnds
from ccengine.calls.tracker import Tracker
from ccengine.clock import Clock
from ccengine.config import Settings
from ccengine.engine.agent_care import AgentCare
from ccengine.engine.fact_stream import FactStream
from ccengine.engine.lag import Lag
from ccengine.engine.listen_in import FloorPbx
from ccengine.ports import Pbx, PbxRefused, PbxUnavailable, Trunk

log = structlog.get_logger(__name__)

#: A change that is no fact (a menu item, a name) may wait so long for the next one: most events change nothing to see.
SMALL_CHANGE_SECONDS = 0.2
BOOT_SECONDS = 60.0
#: How a link ends when the PBX dies (asterisk/ami/connection): at that moment, not some time later.
_SHUTS_DOWN = "the PBX shuts down"
_CUT = ("the PBX closed the connection", "connection lost", "connection closed", _SHUTS_DOWN)


async def _always() -> bool:
    return True


class LiveCalls:
    """Implements ports.LiveView. Construct inside the running loop; `run()` ends only by cancellation.

    `may_act`: asked before each command to the PBX.
    """

    def __init__(
        self,
        settings: Settings,
        secrets: Secrets,
        clock: Clock,
        tap: Tap | None = None,
        may_act: Callable[[], Awaitable[bool]] = _always,
    ) -> None:
        self._may_act = may_act
        self._settings = settings
        self._clock = clock
        self._today: Callable[[], Mapping[str, Any]] = dict
        self._alarms: Callable[[], list[dict[str, Any]]] = list
        self._own: Callable[[], dict[str, Any]] = dict
        self._changed = asyncio.Event()
        self._news = asyncio.Event()  # a change that is a fact: somebody waits, rings, talks, is gone
        self._readers: list[FactStream] = []
        self._booted = asyncio.Event()
        self._generation = 0
        self._cut_at: datetime | None = None  # when the PBX ended the link, if it was the PBX
        self._ends_at: datetime | None = None  # when the PBX began to hang up on everybody, to end
        self._boot = ""  # which run of the PBX the last picture was of
        self.event_lag = Lag()
        self.failures = 0
        self.anomalies = 0
        #: Told of each full list of channels: when it was made, and the ids on it (the journal closes all others).
        self.on_snapshot: Callable[[datetime, frozenset[str]], None] = lambda at, alive: None
        #: Told when the PBX has begun to hang up on everybody, to end.
        self.on_end: Callable[[datetime], None] = lambda at: None
        #: Told of each event, before anybody hears the facts that follow from it; must not wait.
        self.on_event: Callable[[ev.PbxEvent], None] = lambda event: None
        if tap is None and settings.ami.record_file:
            tap = Recorder(Path(settings.ami.record_file)).write
        self._events = self._session("events", "cc_events", secrets, tap)
        self._actions = self._session("actions", "cc_actions", secrets, tap)
        self.tracker = Tracker(settings.site.node, (settings.pbx.queue,))
        self.board = Board(self.tracker)
        self._pbx = FloorPbx(self._request, settings.pbx.queue, self.tracker, clock, self._tell_change)
        self._care = AgentCare(self._pbx, settings.pbx.wrapup_seconds, self._state_of, settings.pbx.missed_limit)

    def _session(self, name: str, user: str, secrets: Secrets, tap: Tap | None) -> AmiSession:
        ami = self._settings.ami
        return AmiSession(
            name,
            Address(host=ami.host, port=ami.port, username=user, secret=secrets.ami[user]),
            events=name == "events",
            deadlines=Deadlines(
                connect=ami.connect_seconds,
                action=ami.action_seconds,
                ping_interval=ami.ping_interval_seconds,
                ping_reply=ami.ping_reply_seconds,
            ),
            backoff_seconds=(ami.reconnect_min_seconds, ami.reconnect_max_seconds),
            tap=tap,
            wanted=EVENTS,
        )

    # --- what others read

    async def switch_recording(self, on: bool) -> None:
        """Tell the dialplan whether calls are recorded from now on. Raises PbxUnavailable, PbxRefused."""
        await self._pbx.switch_recording(on)

    @property
    def pbx(self) -> Pbx:
        """Where commands go."""
        return self._pbx

    @property
    def pictures(self) -> int:
        """How many pictures of the PBX were taken."""
        return self._generation

    async def forget_calls_ahead(self) -> bool:
        """See AmiPbx.forget_calls_ahead."""
        return await self._pbx.forget_calls_ahead(self._clock.now())

    @property
    def trunk(self) -> Trunk:
        """Where the dialler's calls go."""
        return self._pbx

    def board_snapshot(self) -> BoardSnapshot:
        """Return the board of now."""
        return self.board.snapshot(self._clock.now(), self._today())

    def snapshot(self) -> dict[str, Any]:
        """Return the board of now as JSON-ready data."""
        return {**self.board_snapshot().as_json(), "alarms": self._alarms(), "own": self._own()}

    def set_roster(self, people: Iterable[Person]) -> None:
        """Say who there is: name and usual phone of every agent."""
        self.board.set_roster(people)
        self._tell_change()

    def set_today(self, today: Callable[[], Mapping[str, Any]]) -> None:
        """Say where today's figures come from; the function is called at each picture and must not wait."""
        self._today = today

    def set_alarms(self, alarms: Callable[[], list[dict[str, Any]]]) -> None:
        """Say what else stands on the board: codes of what is wrong; asked at each picture, must not wait."""
        self._alarms = alarms

    def set_own(self, own: Callable[[], dict[str, Any]]) -> None:
        """Say what the product knows about itself (yesterday's comparison, its own call); must not wait."""
        self._own = own

    def refresh(self) -> None:
        """Tell the readers that something outside the live view (figures, names) has changed."""
        self._tell_change()

    async def changes(self) -> AsyncIterator[None]:
        """Yield once after each change, at once after a fact; changes while the reader is busy are told as one."""
        changed, news = self._changed, self._news
        while True:
            await changed.wait()
            if not news.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SMALL_CHANGE_SECONDS):  # wait_for() may forget that it was cancelled
                        await news.wait()
            # Taken before the reader is told: what comes while it is busy is not missed.
            changed, news = self._changed, self._news
            yield None

    async def subscribe(self) -> AsyncIterator[BoardSnapshot]:
        """Yield the board now and after each change, always the newest; a slow reader skips pictures."""
        while True:
            changed = self._changed
            yield self.board_snapshot()
            await changed.wait()

    def facts(self) -> FactStream:
        """Return every fact from now on, in order: `async for fact in live.facts()`."""
        return FactStream(self._readers)

    async def place_probe(self, how: str) -> None:
        """Place a call of our own; accepted is not arrived. Raises PbxUnavailable, PbxRefused."""
        seconds = self._settings.truth.probe_deadline_seconds
        await self._pbx.place_probe(self._settings.site.hotline, how, seconds)

    def ask_anew(self, reason: str) -> None:
        """Ask the PBX for its lists again, in the order of the events: what is not there any more is closed."""
        self._events.queue.put_nowait(AskAnew(self._events.generation, reason))

    def health(self) -> dict[str, Any]:
        """Return facts about the two links; `ok` when both stand and the picture is not stale."""
        return {
            "ok": self._events.up and self._actions.up and not self.tracker.stale,
            "pbx_connected": self.tracker.connected,
            "stale": self.tracker.stale,
            "events": self._events.problem or "up",
            "actions": self._actions.problem or "up",
            "reconnects": max(0, self._events.generation - 1),
            "event_lag_seconds": round(self.event_lag.last, 4),
            "event_lag_max_seconds": round(self.event_lag.most, 4),
            "queued_events": self._events.queue.qsize(),
            "overflows": self._events.overflows,
            "failures": self.failures,
            "anomalies": self.anomalies,
        }

    # --- the task

    async def run(self) -> None:
        """Keep the live view up; ends only by cancellation."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._events.run(), name="ami-events")
            group.create_task(self._actions.run(), name="ami-actions")
            group.create_task(self._drain_actions(), name="ami-actions-news")
            group.create_task(self._care.run(), name="agent-care")
            group.create_task(self._consume(), name="ami-consume")

    async def _drain_actions(self) -> None:
        """The actions session has no events; its ups and downs are read so that nothing piles up."""
        while True:
            await self._actions.queue.get()

    async def _consume(self) -> None:
        while True:
            item = await self._events.queue.get()
            if isinstance(item, LinkDown):
                self._booted.clear()
                if self._cut_at is None and item.reason.startswith(_CUT):
                    self._cut_at = self._clock.now()
                self._feed(ev.LinkLost(at=self._clock.now(), reason=item.reason))
            elif isinstance(item, AskAnew):
                if self._booted.is_set() and item.generation == self._events.generation:
                    log.info("asking the PBX for its lists anew", reason=item.reason)
                    await self._resync()
            elif isinstance(item, LinkUp):
                asyncio.get_running_loop().call_later(BOOT_SECONDS, self._miss_boot, item.generation)
            else:
                await self._take(item)

    def _miss_boot(self, generation: int) -> None:
        """Without FullyBooted there is no snapshot, and the board would stay stale without a word."""
        if self._events.up and self._events.generation == generation and not self._booted.is_set():
            log.error("the PBX does not say that it is booted", remedy="the AMI user cc_events needs read=system")
            self._events.drop("no FullyBooted")

    async def _take(self, headers: Headers) -> None:
        """Translate and feed one message. A fault in one message is counted and costs that message only."""
        name = text(headers, "event")
        try:
            now = self._clock.now()
            event = translate(headers, now)
            if event is not None and "timestamp" in headers:
                self.event_lag.note((now - event.at).total_seconds(), asyncio.get_running_loop().time())
            if event is not None:
                self._feed(event)
        except Exception:  # the edge of one event: whatever it does, the next one counts
            self.failures += 1
            log.exception("ami_event_failed", event=name)
        if name == "FullyBooted":
            self._booted.set()
            await self._resync()
        elif name == "Shutdown":
            self._booted.clear()
            self._events.drop(_SHUTS_DOWN)

    async def _resync(self) -> None:
        """List everything while the events wait in the queue, then feed the picture through the same door."""
        generation = self._events.generation
        for _ in range(3):
            try:
                await self._wait_for_actions()
                asked_at = self._clock.now()  # a leg begun while the list is made is missing from it and lives
                taken = await snapshot.take(
                    self._actions.request, self._generation + 1, self._clock.now, self._settings.ami.action_seconds
                )
            except (PbxUnavailable, PbxRefused) as error:
                log.warning("snapshot failed", error=str(error))
                await asyncio.sleep(self._settings.ami.reconnect_min_seconds)
                continue
            if generation != self._events.generation or not self._events.up:
                return  # the link went meanwhile: the next one brings its own picture
            self._generation = taken.generation
            self._feed(taken)
            self.on_snapshot(asked_at, frozenset(one.leg.uniqueid for one in taken.legs))
            self._care.after_snapshot(self.tracker.people.agents.values())
            if self._cut_at is not None and self._boot not in ("", taken.boot):
                self._care.pbx_was_lost(self._cut_at, self._ends_at)
            self._cut_at, self._ends_at, self._boot = None, None, taken.boot
            return
        self._events.drop("no snapshot could be taken")

    async def _wait_for_actions(self) -> None:
        deadline = asyncio.get_running_loop().time() + self._settings.ami.reconnect_max_seconds * 2
        while not self._actions.up:
            if asyncio.get_running_loop().time() > deadline:
                raise PbxUnavailable(self._actions.problem or "the actions session is not up")
            await asyncio.sleep(0.02)

    def _feed(self, event: ev.PbxEvent) -> None:
        self.on_event(event)
        facts = self.tracker.handle(event)
        for fact in facts:
            if isinstance(fact, Anomaly):
                self.anomalies += 1
                log.info("anomaly", kind=fact.kind, detail=fact.detail)
            if isinstance(fact, PbxEnds):
                self._ends_at = fact.at
                self.on_end(fact.at)
            self._care.take(fact)
            for reader in self._readers:
                reader.put(fact)
        self._tell_change(news=bool(facts) or isinstance(event, ev.LinkLost | ev.SnapshotTaken))

    def _state_of(self, number: str) -> AgentState | None:
        agent = self.tracker.people.agents.get(number)
        return agent.state if agent else None

    def _tell_change(self, *, news: bool = True) -> None:
        if news:
            told, self._news = self._news, asyncio.Event()
            told.set()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _request(
        self, headers: Mapping[str, Any], *, list_end: str | None = None, seconds: float | None = None
    ) -> Reply:
        """Commands wait for a PBX that is booted: before that it deadlocks on some of them."""
        if not self._booted.is_set():
            raise PbxUnavailable(self._events.problem or "the PBX is starting")
        if not await self._may_act():
            raise PbxUnavailable("another engine is at work for this PBX")
        return await self._actions.request(headers, list_end=list_end, seconds=seconds)
