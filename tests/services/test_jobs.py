"""Work that waits: nobody gets what another holds; what fails comes back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from ccengine.clock import ManualClock
from ccengine.services import jobs
from ccengine.services.context import Context

KIND = "test"


async def _add(ctx: Context, count: int) -> None:
    async with ctx.store() as uow:
        for n in range(count):
            assert await uow.jobs.add(KIND, str(n), {"n": n}, ctx.clock.now())
        assert not await uow.jobs.add(KIND, "0", {}, ctx.clock.now())
        await uow.commit()


async def test_workers_at_once_never_share_a_job(ctx: Context) -> None:
    await _add(ctx, 30)

    async def work() -> list[str]:
        done = []
        while claimed := await jobs.claim(ctx, (KIND,), 4):
            for job in claimed:
                done.append(job.key)
                await jobs.finish(ctx, job)
        return done

    results = await asyncio.gather(*(work() for _ in range(4)))
    assert sorted(int(key) for keys in results for key in keys) == list(range(30))


async def test_lease_that_ran_out_gives_the_job_to_the_next(ctx: Context, clock: ManualClock) -> None:
    await _add(ctx, 1)
    (first,) = await jobs.claim(ctx, (KIND,))
    assert await jobs.claim(ctx, (KIND,)) == ()
    clock.moment += jobs.LEASE
    (second,) = await jobs.claim(ctx, (KIND,))
    assert (second.id, second.attempts) == (first.id, 2)


async def test_failed_job_comes_back_later_and_is_given_up_in_the_end(ctx: Context, clock: ManualClock) -> None:
    await _add(ctx, 1)
    for attempt in range(1, jobs.ATTEMPTS_MAX + 1):
        (job,) = await jobs.claim(ctx, (KIND,))
        assert job.attempts == attempt
        await jobs.fail(ctx, job, "no file")
        assert await jobs.claim(ctx, (KIND,)) == ()
        clock.moment += timedelta(seconds=2**attempt)
    assert await jobs.claim(ctx, (KIND,)) == ()


async def test_other_kinds_are_left_alone(ctx: Context) -> None:
    await _add(ctx, 1)
    assert await jobs.claim(ctx, ("other",)) == ()
