"""The only file that picks concrete classes: settings in, a store, the engine's tasks, the back office out.

What does not live here: what they do.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import structlog

from ccengine.asterisk.recordings import StereoBuilder
from ccengine.asterisk.secrets import load_or_create
from ccengine.clock import SystemClock
from ccengine.config import Settings
from ccengine.engine import anchors, jobs, live_facts, nightly, visit_calls
from ccengine.engine.agi import AgiTask
from ccengine.engine.board_feed import BoardFeed
from ccengine.engine.call_records import CallRecords
from ccengine.engine.daemon import Runner, run_together
from ccengine.engine.dialler import Dialler, watch_board
from ccengine.engine.disk_watch import DiskWatch
from ccengine.engine.door import Door
from ccengine.engine.early_media import EarlyListener
from ccengine.engine.live_calls import LiveCalls
from ccengine.engine.live_fallback import LiveFallback
from ccengine.engine.metrics import EngineMetrics
from ccengine.engine.minutely import Minutely
from ccengine.engine.probe import Probe
from ccengine.engine.role import Role, RoleLost
from ccengine.engine.silence import SilenceWatch
from ccengine.engine.sla_clock import SlaClock
from ccengine.engine.watchdog import Watchdog
from ccengine.rows import JournalBatch
from ccengine.services import call_records, place
from ccengine.services.context import Context
from ccengine.store import search_text
from ccengine.store.anchor_files import read_anchors, write_anchor
from ccengine.store.unit_of_work import SqlStore
from ccengine.values import CallRecord, Direction

log = structlog.get_logger(__name__)
#: The one row of journal positions that carries both files (engine/journal_state).
_JOURNAL = "cel"
ANCHOR_FILES = anchors.AnchorFiles(read=read_anchors, write=write_anchor)


@asynccontextmanager
async def context(settings: Settings) -> AsyncIterator[Context]:
    """Give the context of all use cases, its store open while the context manager is entered."""
    store = SqlStore(settings)
    try:
        yield Context(store=store, clock=SystemClock(), settings=settings)
    finally:
        await store.close()


async def run_engine(ctx: Context, dog: Watchdog, check: Callable[[], None] = lambda: None) -> None:
    """Run the engine whenever its role is ours, wait as a standby while it is another's; until cancelled.

    `check`: looks before each start whether it can work at all; raises what stops it. Errors: RoleTaken.
    """
    role = Role(ctx)
    while True:
        dog.expect("engine", lambda: role.standby_of is not None)
        dog.status = lambda: "standby: another engine is at work"
        await role.take()
        try:
            if not role.took_over:
                check()
            own = replace(ctx, store=ctx.store.fenced(role))
            await run_together({**engine_tasks(own, dog, role), "role": role.keep})
        except ExceptionGroup as group:
            lost, others = group.split(RoleLost)
            if lost is None or others is not None:
                raise
            log.error("the role is another engine's: standing by", action="role", error=str(lost.exceptions[0]))
        finally:
            await role.give_back()


def engine_tasks(ctx: Context, dog: Watchdog, role: Role) -> Mapping[str, Runner]:
    """Return the engine's long-lived tasks by name; `dog` hears when it is ready. Call it inside the running loop."""
    place.load_in_background()
    threading.Thread(target=search_text.load, name="pinyin", daemon=True).start()
    settings = ctx.settings
    work = asyncio.Event()

    def stored(batch: JournalBatch) -> None:
        if any(record.final for record in batch.records):
            feed.calls_changed()
            work.set()
        if any(record.final and record.direction is Direction.OUTBOUND for record in batch.records):
            listener.call_ended()

    live = LiveCalls(settings, load_or_create(settings), ctx.clock, may_act=role.may_act)
    records = CallRecords(
        settings,
        partial(call_records.journal_position, ctx, settings.site.node, _JOURNAL),
        partial(call_records.store_records, ctx),
        ctx.clock,
        people=settings.pbx.devices,
        stored=stored,
    )
    live.on_snapshot = records.reconcile
    disks = DiskWatch(settings, ctx.clock, live.switch_recording)

    async def store_live(record: CallRecord) -> bool:
        torn = disks.journal_torn(record.started_at, record.ended_at or ctx.clock.now())
        return await call_records.store_live_record(ctx, record, journal_torn=torn)

    fallback = LiveFallback(
        store_live,
        settings.journal.live_fallback_seconds,
        journal_waits=lambda: records.waits,
        alike=partial(call_records.told_alike, ctx),
    )
    agi = AgiTask(ctx, patient=role.took_over)
    probe = Probe(settings, ctx.clock, live.place_probe, lambda: bool(live.health()["ok"]))
    agi.on_probe = probe.arrived
    silence = SilenceWatch(ctx)
    live.set_alarms(lambda: [*disks.alarms(), *probe.alarms(), *silence.alarms()])
    disks.on_change = probe.on_change = silence.on_change = live.refresh
    feed = BoardFeed(ctx, live)
    live.set_own(lambda: {"yesterday": feed.yesterday, "probe": probe.health()})
    minutes = Minutely(ctx, live, records.health)
    conditions = {
        "journal": records.health,
        "live_fallback": fallback.health,
        "role": role.health,
        "disks": disks.health,
        "truth": minutes.health,
        "probe": probe.health,
        "silence": silence.health,
    }
    dialler = Dialler(
        ctx,
        live.trunk,
        ready=lambda: live.health()["ok"] and records.health()["ok"],
        caught_up=lambda: bool(records.health()["caught_up"]),
        board=live.board_snapshot,
    )
    live.on_event = dialler.heard
    agi.may_dial = dialler.may_dial
    listener = EarlyListener(ctx)
    figures = EngineMetrics(live, conditions, agi, dog)
    door = Door(settings, live, conditions, figures.text)
    dog.expect("engine", lambda: agi.listening.is_set() and door.is_open)
    dog.status = lambda: "PBX connected" if live.health()["ok"] else "the PBX is away; callers are served without us"
    return {
        "agi": agi.run,
        "live calls": live.run,
        "call records": records.run,
        "live fallback": fallback.run,
        "live facts": partial(live_facts.run, live, fallback),
        "dialler": dialler.run,
        "early media": listener.run,
        "dialler's board": partial(watch_board, live, dialler),
        "board feed": feed.run,
        "jobs": partial(jobs.run, ctx, StereoBuilder(settings.recordings_dir), work),
        "night": partial(nightly.run, ctx),
        "visits": partial(visit_calls.run, ctx),
        "anchors": partial(anchors.run, ctx, ANCHOR_FILES),
        "time limits": SlaClock(ctx).run,
        "disks": disks.run,
        "minutes": minutes.run,
        "probe": probe.run,
        "silence": silence.run,
        "door": door.run,
    }


def backoffice_tasks(ctx: Context, dog: Watchdog) -> Mapping[str, Runner]:
    """Return the back office's task by name; `dog` hears when it is ready."""
    place.load_in_background()
    listening = asyncio.Event()
    dog.expect("pages", listening.is_set)
    return {"back office": partial(_serve_pages, ctx, listening, dog)}


async def _serve_pages(ctx: Context, listening: asyncio.Event, dog: Watchdog) -> None:
    """Serve pages and API until cancelled. Their code, a third of all, is loaded in a thread: an engine in the same
    process answers callers meanwhile. Raises UnsafeBinding, OSError (port taken)."""
    pages = await asyncio.to_thread(importlib.import_module, "ccengine.bootstrap_pages")
    await pages.serve(ctx, listening, dog)
