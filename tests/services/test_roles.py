"""A role has one holder at a time; whoever lost it writes nothing more; its next holder gets the jobs at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ccengine.clock import ManualClock
from ccengine.rows import RoleRow
from ccengine.services import jobs, roles
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable
from ccengine.store_port import Fenced

ROLE, SECONDS = "engine:n1", 5.0


class Holder:
    """One engine's fence, as the store sees it."""

    def __init__(self, held: RoleRow | None) -> None:
        self.held = held
        self.told = 0

    def lost(self) -> None:
        self.told += 1


def _writer(ctx: Context, holder: Holder) -> Context:
    return replace(ctx, store=ctx.store.fenced(holder))


async def _take(ctx: Context, name: str) -> RoleRow:
    taken = await roles.take(ctx, ROLE, name, await roles.look(ctx, ROLE), SECONDS)
    assert taken is not None
    return taken


async def test_one_of_many_gets_the_role_and_its_number_grows(ctx: Context) -> None:
    taken = await asyncio.gather(*(roles.take(ctx, ROLE, f"e{n}", None, SECONDS) for n in range(4)))
    (first,) = [one for one in taken if one is not None]
    assert first.fence == 1
    renewed = await roles.renew(ctx, first, SECONDS)
    assert renewed is not None and renewed.expires_at > first.expires_at
    assert await roles.take(ctx, ROLE, "late", first, SECONDS) is None  # seen before the renewal: it lives
    assert (await _take(ctx, "next")).fence == 2
    assert await roles.renew(ctx, renewed, SECONDS) is None


async def test_role_given_back_says_so(ctx: Context) -> None:
    await roles.give_back(ctx, await _take(ctx, "first"))
    row = await roles.look(ctx, ROLE)
    assert row is not None and (row.holder, row.fence) == ("", 1)
    assert (await _take(ctx, "second")).fence == 2


async def test_writes_of_the_one_who_lost_the_role_are_refused(ctx: Context) -> None:
    old = Holder(await _take(ctx, "old"))
    assert await jobs.add(_writer(ctx, old), "test", "1", {})
    new = Holder(await _take(ctx, "new"))
    with pytest.raises(Unavailable):
        await jobs.add(_writer(ctx, old), "test", "2", {})
    async with _writer(ctx, old).store() as uow:
        await uow.jobs.add("test", "3", {}, ctx.clock.now())
        with pytest.raises(Fenced):
            await uow.commit()
    assert old.told == 2
    assert await jobs.add(_writer(ctx, new), "test", "2", {})
    assert [job.key for job in await jobs.claim(ctx, ("test",), 9)] == ["1", "2"]


async def test_writer_without_the_role_writes_nothing_and_reads_on(ctx: Context) -> None:
    nobody = _writer(ctx, Holder(None))
    with pytest.raises(Unavailable):
        await jobs.add(nobody, "test", "1", {})
    assert await roles.look(nobody, ROLE) is None


async def test_takeover_waits_for_the_holders_last_commit(ctx: Context) -> None:
    """Both cannot commit: the old one's commit is whole before the new one has its number."""
    old = Holder(await _take(ctx, "old"))
    async with _writer(ctx, old).store() as uow:
        await uow.jobs.add("test", "1", {}, ctx.clock.now())
        assert old.held is not None and await uow.roles.stands(old.held)
        taking = asyncio.create_task(_take(ctx, "new"))
        await asyncio.sleep(0.05)
        assert not taking.done()
        await uow.commit()
    assert (await taking).fence == 2
    assert len(await jobs.claim(ctx, ("test",), 9)) == 1


async def test_jobs_of_a_dead_holder_are_free_at_once_those_of_others_are_not(ctx: Context, clock: ManualClock) -> None:
    for key in ("1", "2", "3"):
        await jobs.add(ctx, f"test{key}", key, {})
    await jobs.claim(_writer(ctx, Holder(await _take(ctx, "dead"))), ("test1",))
    other = await roles.take(ctx, "engine:n10", "other", None, SECONDS)
    await jobs.claim(_writer(ctx, Holder(other)), ("test2",))
    await jobs.claim(ctx, ("test3",))
    await jobs.add(ctx, "test1", "waits", {})
    clock.moment += timedelta(seconds=1)
    await _take(ctx, "next")
    assert [job.key for job in await jobs.claim(ctx, ("test1", "test2", "test3"), 9)] == ["waits", "1"]
