"""How long the engine needs for a day's journal that it has not seen: 20,000 calls into records and orders."""

from __future__ import annotations

import asyncio
import tempfile
import time
from functools import partial
from pathlib import Path

from databases import settings_of, store
from figures import Figure, at_most
from traffic import journals

from ccengine.clock import SystemClock
from ccengine.engine.call_records import CallRecords
from ccengine.engine.journal_state import FILE_KEY
from ccengine.rows import CallFilter
from ccengine.services import call_records as services

CALLS, DAY_SECONDS = 20_000, 86_400
KINDS = ("answered", "answered", "abandoned_waiting", "self_service", "voice_message", "menu_hangup", "hold")
LIMITS = {"postgresql": 60.0, "sqlite": 90.0}


async def measure() -> list[Figure]:
    """Catch up on both databases."""
    found = []
    for kind, limit in LIMITS.items():
        with tempfile.TemporaryDirectory(prefix="ccengine-bench-") as name:
            seconds, records = await _catch_up(kind, Path(name))
        note = f"{records} records, {CALLS / seconds:.0f} calls/s"
        found.append(
            at_most(f"journal catch-up of {CALLS} calls, {kind}", seconds, "s", limit * CALLS / 20_000, note=note)
        )
    return found


async def _catch_up(kind: str, folder: Path) -> tuple[float, int]:
    with settings_of(kind, folder) as settings:
        _write(settings.cel_file, settings.queue_log_file)
        async with store(settings) as ctx:
            node = settings.site.node
            load = partial(services.journal_position, ctx, node, FILE_KEY)
            follower = CallRecords(settings, load, partial(services.store_records, ctx), SystemClock())
            began = time.perf_counter()
            idle = 0
            while idle < 3:
                idle = 0 if await follower.step() else idle + 1
                await asyncio.sleep(0.05 if idle else 0)
            seconds = time.perf_counter() - began
            follower.close()
            return seconds, await _count(ctx)


async def _count(ctx: services.Context) -> int:
    cursor, total = None, 0
    while True:
        async with ctx.store.reading() as uow:
            page = await uow.calls.find(CallFilter(), cursor, 500)
        total, cursor = total + len(page.items), page.next
        if cursor is None:
            return total


def _write(cel: Path, queue_log: Path) -> None:
    for path in (cel, queue_log):
        path.parent.mkdir(parents=True, exist_ok=True)
    with cel.open("w", encoding="utf-8") as calls, queue_log.open("w", encoding="utf-8") as agents:
        for one, other in journals(KINDS, CALLS, DAY_SECONDS):
            calls.write(one)
            agents.write(other)
