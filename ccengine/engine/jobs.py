"""The task that does waiting work: recordings to build, old changes to forget. A database that is away delays it only.

What does not live here: what a job does (services/recordings, asterisk/recordings).
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from ccengine.ports import RecordingBuilder
from ccengine.services import changes, recordings
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
#: Without word of new work: jobs that come back after a failure, or were left by another engine, wait so long at most.
IDLE_SECONDS = 3.0
#: After word of new work: sound is closed a moment after the call's last line, and what ends meanwhile is taken along.
SETTLE_SECONDS = 0.5
AWAY_SECONDS = 2.0
TIDY_SECONDS = 3600.0


async def run(ctx: Context, builder: RecordingBuilder, more: asyncio.Event) -> None:
    """Build the recordings that are due, and tidy up once an hour, for ever. `more`: set when there is new work."""
    loop = asyncio.get_running_loop()
    tidy_at = loop.time()
    while True:
        try:
            if loop.time() >= tidy_at:
                await _tidy(ctx, builder)
                tidy_at = loop.time() + TIDY_SECONDS
            more.clear()
            done = await recordings.build_pending(ctx, builder)
        except Unavailable as error:
            log.warning("jobs wait: the database is away", action="jobs", error=str(error))
            await asyncio.sleep(AWAY_SECONDS)
            continue
        if done < recordings.AT_ONCE:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IDLE_SECONDS):
                    await more.wait()
                await asyncio.sleep(SETTLE_SECONDS)


async def _tidy(ctx: Context, builder: RecordingBuilder) -> None:
    await changes.forget_old(ctx)
    try:
        await builder.tidy()
    except OSError as error:
        log.warning("cannot tidy the recordings", action="jobs", error=error.strerror)
