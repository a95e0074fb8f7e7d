"""Work that waits: claim with a lease, finish, or fail and come back later. Several workers never get the same job.

What does not live here: what a kind of job does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ccengine.rows import JobRow
from ccengine.services.context import Context
from ccengine.services.guard import guarded
from ccengine.store_port import UnitOfWork

LEASE = timedelta(seconds=60)
ATTEMPTS_MAX = 8


@guarded
async def add(ctx: Context, kind: str, key: str, payload: Mapping[str, Any]) -> bool:
    """Put work on the list; return False when (kind, key) was there before. Errors: Unavailable."""
    async with ctx.store() as uow:
        added = await uow.jobs.add(kind, key, payload, ctx.clock.now())
        await uow.commit()
    return added


@guarded
async def claim(ctx: Context, kinds: Sequence[str], limit: int = 1, lease: timedelta = LEASE) -> tuple[JobRow, ...]:
    """Take up to `limit` due jobs; nobody else gets them until the lease is over. Errors: Unavailable."""
    now = ctx.clock.now()
    async with ctx.store() as uow:
        return await uow.at_once(partial(_claim, uow, kinds, now, now + lease, limit), commit=True)


async def _claim(
    uow: UnitOfWork, kinds: Sequence[str], now: datetime, until: datetime, limit: int
) -> tuple[JobRow, ...]:
    jobs = await uow.jobs.claim(kinds, now, until, limit)
    for job in jobs:
        if job.attempts > ATTEMPTS_MAX:  # its workers died with it, again and again
            await uow.jobs.fail(job.id, f"given up after {ATTEMPTS_MAX} attempts", None, now)
    return tuple(job for job in jobs if job.attempts <= ATTEMPTS_MAX)


@guarded
async def finish(ctx: Context, job: JobRow) -> None:
    """Mark a job as done. Errors: Unavailable."""
    async with ctx.store() as uow:
        await uow.jobs.finish(job.id, ctx.clock.now())
        await uow.commit()


@guarded
async def fail(ctx: Context, job: JobRow, error: str) -> None:
    """Note a failed attempt; the job comes back after 2, 4, 8 … s and is given up after eight. Errors: Unavailable."""
    async with ctx.store() as uow:
        await fail_in(uow, job, error, ctx.clock.now())
        await uow.commit()


async def fail_in(uow: UnitOfWork, job: JobRow, error: str, now: datetime) -> None:
    """Do as `fail` does, in a transaction of the caller's."""
    retry_at = now + timedelta(seconds=2**job.attempts) if job.attempts < ATTEMPTS_MAX else None
    await uow.jobs.fail(job.id, error[:2000], retry_at, now)
