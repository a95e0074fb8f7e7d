"""The task that does waiting work: recordings to build. A database that is away delays it and harms nothing else.

What does not live here: what a job does (services/recordings, asterisk/recordings).
"""

from __future__ import annotations

import asyncio

import structlog

from ccengine.ports import RecordingBuilder
from ccengine.services import recordings
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
IDLE_SECONDS = 0.5
AWAY_SECONDS = 2.0


async def run(ctx: Context, builder: RecordingBuilder) -> None:
    """Build the recordings that are due, for ever."""
    while True:
        try:
            done = await recordings.build_pending(ctx, builder)
        except Unavailable as error:
            log.warning("jobs wait: the database is away", action="jobs", error=str(error))
            await asyncio.sleep(AWAY_SECONDS)
            continue
        if not done:
            await asyncio.sleep(IDLE_SECONDS)
