"""The task that rings: warnings, breaches and escalations when they fall due.

Deadlines are rows in UTC, so a restart forgets nothing. The wait is measured on the monotonic clock and never longer
than LOOK_SECONDS: a wall clock that is set forward or back is noticed at the next look, a deadline that came meanwhile
as well. Every engine on the database may ring: rows are locked while one does, and nothing is told twice. What does not
live here: what is told to whom (services/sla_alarms.py).
"""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import structlog

from ccengine.rows import JobRow
from ccengine.services import jobs, sla, sla_alarms
from ccengine.services.context import Context, today
from ccengine.services.errors import Unavailable
from ccengine.services.work_calendar import FOLLOW_JOB

log = structlog.get_logger(__name__)
#: The longest wait between two looks; it and one round of ringing must stay below five seconds.
LOOK_SECONDS = 3.0
AWAY_SECONDS = 2.0
AT_ONCE = 500
#: Following all open orders after a change of the calendar takes so long at most.
_FOLLOW_LEASE = timedelta(hours=1)


class SlaClock:
    """The hand on the clock. `run()` ends only by cancellation."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._calendar_day: date | None = None
        self._following: tuple[JobRow, int] | None = None

    async def run(self) -> None:
        """Ring, for ever."""
        while True:
            try:
                pause = await self.step()
            except Unavailable as error:
                log.warning("the clock of time limits waits: the database is away", action="sla", error=str(error))
                pause = AWAY_SECONDS
            await asyncio.sleep(pause)

    async def step(self) -> float:
        """Ring what is due; return how long to wait. Errors: Unavailable."""
        many, next_at = await sla_alarms.ring_due(self._ctx, AT_ONCE)
        if many:
            log.info("time limits rang", action="sla", many=many)
        if many == AT_ONCE or await self._follow_some():
            return 0.0
        day = today(self._ctx)
        if day != self._calendar_day:
            await sla_alarms.tell_missing_calendar(self._ctx)
            self._calendar_day = day
        wait = (next_at - self._ctx.clock.now()).total_seconds() if next_at else LOOK_SECONDS
        return min(max(wait, 0.01), LOOK_SECONDS)

    async def _follow_some(self) -> bool:
        """After a change of the calendar: compute some open orders anew; ringing never waits for all of them."""
        if self._following is None:
            claimed = await jobs.claim(self._ctx, (FOLLOW_JOB,), lease=_FOLLOW_LEASE)
            if not claimed:
                return False
            self._following = (claimed[0], 0)
        job, after_id = self._following
        last = await sla.follow_some(self._ctx, after_id)
        self._following = None if last is None else (job, last)
        if last is None:
            await jobs.finish(self._ctx, job)
        return True
