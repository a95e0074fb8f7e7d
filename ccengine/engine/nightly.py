"""The task that compares the day before with the disk, each night once, whichever engine of the node comes first.

What does not live here: comparing (services/reconcile), reading the disk (asterisk/journal/day).
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from ccengine.asterisk.journal.day import read_day
from ccengine.config import Settings
from ccengine.ports import DiskTruth
from ccengine.rows import JobRow
from ccengine.services import jobs, reconcile
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
#: By then the last calls of the day are over.
NOT_BEFORE = time(3, 30)
LOOK_SECONDS = 300.0
_LEASE = timedelta(minutes=30)


def kind_of(settings: Settings) -> str:
    """Return the jobs' kind: only an engine of the same node can read the files."""
    return f"reconcile_day:{settings.site.node}"


class DiskReader:
    """Implements ports.ReadDay on this machine's files."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, since: datetime, until: datetime) -> DiskTruth:
        """Read in a thread. Raises OSError."""
        return await asyncio.to_thread(read_day, self._settings, since, until)


async def run(ctx: Context) -> None:
    """Look every few minutes whether a day is due, for ever."""
    while True:
        try:
            await step(ctx)
        except Unavailable as error:
            log.warning("reconciliation waits: the database is away", action="reconcile", error=str(error))
        await asyncio.sleep(LOOK_SECONDS)


async def step(ctx: Context) -> int:
    """Put yesterday on the list when its time has come, and do what is on it. Errors: Unavailable."""
    now = ctx.clock.now().astimezone(ZoneInfo(ctx.settings.site.timezone))
    kind = kind_of(ctx.settings)
    if now.time() >= NOT_BEFORE:
        day = now.date() - timedelta(days=1)
        await jobs.add(ctx, kind, day.isoformat(), {"day": day.isoformat()})
    done = 0
    while claimed := await jobs.claim(ctx, (kind,), lease=_LEASE):
        for job in claimed:
            await _do(ctx, job)
            done += 1
    return done


async def _do(ctx: Context, job: JobRow) -> None:
    try:
        report = await reconcile.reconcile_day(
            ctx, date.fromisoformat(str(job.payload["day"])), DiskReader(ctx.settings)
        )
    except OSError as error:
        await jobs.fail(ctx, job, str(error))
        return
    tell = log.warning if report.differences else log.info
    tell(
        "day compared", action="reconcile", day=str(report.day), calls=report.rows, differences=len(report.differences)
    )
    await jobs.finish(ctx, job)
