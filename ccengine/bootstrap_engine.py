"""The engine's half of bootstrap: its long-lived parts, which of them hears of which, and the tasks that they are.

What does not live here: what the parts do (engine/), when an engine is at work (bootstrap.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from ccengine.asterisk.recordings import StereoBuilder
from ccengine.asterisk.secrets import load_or_create
from ccengine.engine import anchors, clock_watch, due_plans, jobs, live_facts, nightly, visit_calls
from ccengine.engine.agi import AgiTask
from ccengine.engine.board_feed import BoardFeed
from ccengine.engine.call_records import CallRecords
from ccengine.engine.daemon import Runner
from ccengine.engine.dialler import Dialler, watch_board
from ccengine.engine.disk_watch import DiskWatch
from ccengine.engine.door import Door
from ccengine.engine.early_media import EarlyListener
from ccengine.engine.live_calls import LiveCalls
from ccengine.engine.live_fallback import LiveFallback
from ccengine.engine.metrics import EngineMetrics
from ccengine.engine.minutely import Minutely
from ccengine.engine.probe import Probe
from ccengine.engine.role import Role
from ccengine.engine.silence import SilenceWatch
from ccengine.engine.sla_clock import SlaClock
from ccengine.engine.watchdog import Watchdog
from ccengine.rows import JournalBatch
from ccengine.services import call_records
from ccengine.services.context import Context
from ccengine.store.anchor_files import read_anchors, write_anchor
from ccengine.values import CallRecord, Direction

#: The one row of journal positions that carries both files (engine/journal_state).
_JOURNAL = "cel"
_CONNECTED, _AWAY = "PBX connected", "the PBX is away; callers are served without us"
ANCHOR_FILES = anchors.AnchorFiles(read=read_anchors, write=write_anchor)


class EngineParts:
    """The parts of one engine, joined. Make it inside the running loop; `dog` hears when it is ready."""

    def __init__(self, ctx: Context, dog: Watchdog, role: Role) -> None:
        settings = ctx.settings
        self._ctx = ctx
        self._work = asyncio.Event()  # a call is over: there may be something to do for it
        self._live = LiveCalls(settings, load_or_create(settings), ctx.clock, may_act=role.may_act)
        self._records = self._journal()
        self._disks = DiskWatch(settings, ctx.clock, self._live.switch_recording)
        self._fallback = self._live_records()
        self._agi = AgiTask(ctx, patient=role.took_over)
        self._listener = EarlyListener(ctx)
        self._feed = BoardFeed(ctx, self._live)
        self._minutes = Minutely(ctx, self._live, self._records.health)
        self._probe, self._silence = self._own_truth()
        self._dialler = self._outbound()
        self._door = self._told_outside(dog, role)

    def tasks(self) -> Mapping[str, Runner]:
        """Return the long-lived tasks by name."""
        ctx, live = self._ctx, self._live
        return {
            "agi": self._agi.run,
            "live calls": live.run,
            "call records": self._records.run,
            "live fallback": self._fallback.run,
            "live facts": partial(live_facts.run, live, self._records, self._fallback),
            "dialler": self._dialler.run,
            "early media": self._listener.run,
            "dialler's board": partial(watch_board, live, self._dialler),
            "board feed": self._feed.run,
            "jobs": partial(jobs.run, ctx, StereoBuilder(ctx.settings.recordings_dir), self._work),
            "night": partial(nightly.run, ctx),
            "visits": partial(visit_calls.run, ctx),
            "plans": partial(due_plans.run, ctx),
            "anchors": partial(anchors.run, ctx, ANCHOR_FILES),
            "time limits": SlaClock(ctx).run,
            "disks": self._disks.run,
            "minutes": self._minutes.run,
            "clock": partial(clock_watch.run, ctx.clock, live),
            "probe": self._probe.run,
            "silence": self._silence.run,
            "door": self._door.run,
        }

    def _journal(self) -> CallRecords:
        """What makes records of the PBX's own files."""
        ctx, settings = self._ctx, self._ctx.settings
        records = CallRecords(
            settings,
            partial(call_records.journal_position, ctx, settings.site.node, _JOURNAL),
            partial(call_records.store_records, ctx),
            ctx.clock,
            people=settings.pbx.devices,
            stored=self._stored,
            told=lambda: bool(self._live.health()["ok"]),
        )
        self._live.on_snapshot = records.reconcile
        self._live.on_end = records.pbx_ends
        return records

    def _stored(self, batch: JournalBatch) -> None:
        over = [record for record in batch.records if record.final]
        if over:
            self._feed.calls_changed()
            self._work.set()
        if any(record.direction is Direction.OUTBOUND for record in over):
            self._listener.call_ended()

    def _live_records(self) -> LiveFallback:
        """What makes a record of the live view where the journal is silent."""
        return LiveFallback(
            self._store_live,
            self._ctx.settings.journal.live_fallback_seconds,
            journal_waits=lambda: self._records.waits,
            alike=partial(call_records.told_alike, self._ctx),
        )

    async def _store_live(self, record: CallRecord) -> bool:
        torn = self._disks.journal_torn(record.started_at, record.ended_at or self._ctx.clock.now())
        return await call_records.store_live_record(self._ctx, record, journal_torn=torn)

    def _own_truth(self) -> tuple[Probe, SilenceWatch]:
        """What calls us and listens whether others do; what they and the disks tell stands on the board."""
        live, disks = self._live, self._disks
        probe = Probe(self._ctx.settings, self._ctx.clock, live.place_probe, lambda: bool(live.health()["ok"]))
        silence = SilenceWatch(self._ctx)
        self._agi.on_probe = probe.arrived
        live.set_alarms(lambda: [*disks.alarms(), *probe.alarms(), *silence.alarms()])
        disks.on_change = probe.on_change = silence.on_change = live.refresh
        live.set_own(lambda: {"yesterday": self._feed.yesterday, "probe": probe.health()})
        return probe, silence

    def _outbound(self) -> Dialler:
        """What calls people."""
        live, records = self._live, self._records
        dialler = Dialler(
            self._ctx,
            live.trunk,
            ready=lambda: live.health()["ok"] and records.health()["ok"],
            caught_up=lambda: bool(records.health()["caught_up"]),
            board=live.board_snapshot,
        )
        live.on_event = dialler.heard
        self._agi.may_dial = dialler.may_dial
        return dialler

    def _told_outside(self, dog: Watchdog, role: Role) -> Door:
        """The door, health and figures, and what the watchdog is told."""
        live, agi = self._live, self._agi
        conditions = {
            "journal": self._records.health,
            "live_fallback": self._fallback.health,
            "role": role.health,
            "disks": self._disks.health,
            "truth": self._minutes.health,
            "probe": self._probe.health,
            "silence": self._silence.health,
        }
        door = Door(self._ctx.settings, live, conditions, EngineMetrics(live, conditions, agi, dog).text)
        dog.expect("engine", lambda: agi.listening.is_set() and door.is_open)
        dog.status = lambda: _CONNECTED if live.health()["ok"] else _AWAY
        return door
