"""Which engine is the one, on both databases: dead ones are followed at once, silent ones after the lease, the rest
waits; and two real engines in two state folders on one database."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from freezing import freeze
from pbx_instance import free_ports
from store_fixtures import SharedDatabase

from ccengine import bootstrap
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.config import Database, Engine, Settings
from ccengine.engine.holder import end_stopped, identity, is_dead, run_of
from ccengine.engine.role import Role, RoleLost, RoleTaken, role_name
from ccengine.operations import hosting
from ccengine.ports import EngineUnavailable
from ccengine.services import roles
from ccengine.services.context import Context
from ccengine.store_port import StoreUnavailable

QUICK = Engine(lease_seconds=0.6, renew_seconds=0.1, look_seconds=0.05)


def _quick(ctx: Context, **changes: object) -> Context:
    return replace(ctx, settings=ctx.settings.model_copy(update={"engine": QUICK.model_copy(update=changes)}))


@asynccontextmanager
async def _keeping(role: Role) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(role.keep())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, RoleLost):
            await task


def _dead_holder() -> str:
    """Return the name of a process of this machine that is gone."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    name = f"host pid {child.pid} {run_of(child.pid)} abcd"
    assert not is_dead(name)
    child.kill()
    child.wait()
    return name


async def test_second_waits_while_the_first_lives_and_follows_when_it_gives_the_role_back(ctx: Context) -> None:
    ctx = _quick(ctx)
    first, second = Role(ctx), Role(ctx)
    await first.take()
    async with _keeping(first):
        waiting = asyncio.create_task(second.take())
        await asyncio.sleep(1.0)  # longer than the lease: it is renewed
        assert not waiting.done() and second.standby_of is not None
        assert await first.may_act()
    await first.give_back()
    await asyncio.wait_for(waiting, 20)
    assert second.held is not None and second.held.fence == 2


async def test_silent_holder_of_another_machine_is_followed_after_the_lease_and_fenced_when_it_wakes(
    ctx: Context,
) -> None:
    ctx = _quick(ctx)
    frozen, second = Role(ctx), Role(ctx)
    await frozen.take()
    begun = time.monotonic()
    await asyncio.wait_for(second.take(), 30)
    assert time.monotonic() - begun >= QUICK.lease_seconds
    assert not await frozen.may_act()  # it wakes: what it would do is not done
    with pytest.raises(RoleLost):
        await asyncio.wait_for(frozen.keep(), 20)


_WRITER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
sys.stdin.readline()
database.execute("BEGIN IMMEDIATE")
print("it is locked", flush=True)
sys.stdin.readline()
"""


async def test_holder_stopped_with_the_one_lock_of_sqlite_is_ended(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "ccengine.sqlite")
    settings = Settings(state_dir=tmp_path, engine=QUICK, database=Database(connect_seconds=0.3))
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WRITER, settings.database_url.split("///")[1], stdin=PIPE, stdout=PIPE
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        async with bootstrap.context(settings) as ctx:
            holder, second = f"host pid {child.pid} {run_of(child.pid)} abcd", Role(ctx)
            await roles.take(ctx, second.name, holder, None, 3600)
            child.stdin.write(b"lock\n")
            assert await child.stdout.readline()
            child.send_signal(signal.SIGSTOP)
            await asyncio.wait_for(second.take(), 20)
            assert is_dead(holder) and second.held is not None and second.held.fence == 2
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def test_holder_frozen_in_a_transaction_is_cut_off_by_postgresql(
    postgres_shared: SharedDatabase, tmp_path: Path
) -> None:
    database = Database(url=postgres_shared.url, idle_transaction_seconds=0.5)
    try:
        async with bootstrap.context(Settings(state_dir=tmp_path, engine=QUICK, database=database)) as ctx:
            frozen, second = Role(ctx), Role(ctx)
            await frozen.take()
            async with ctx.store() as uow:
                assert frozen.held is not None and await uow.roles.stands(frozen.held)
                await asyncio.wait_for(second.take(), 20)
                with pytest.raises(StoreUnavailable):
                    await uow.commit()
            assert second.held is not None and second.held.fence == 2
    finally:
        postgres_shared.reset()


def test_engine_at_work_is_never_ended() -> None:
    assert not end_stopped(identity())
    assert not end_stopped("elsewhere pid 1 00000000-0000/4026531836/77 abcd")
    assert not end_stopped("anything")


async def test_frozen_engine_that_nobody_followed_goes_on(ctx: Context) -> None:
    role = Role(_quick(ctx))
    await role.take()
    await asyncio.sleep(QUICK.lease_seconds + 0.2)
    assert await role.may_act()


async def test_dead_process_of_this_machine_is_followed_at_once(ctx: Context) -> None:
    await roles.take(ctx, role_name(ctx.settings), _dead_holder(), None, 3600)
    role = Role(ctx)
    await asyncio.wait_for(role.take(), 30)  # the lease would last for an hour
    assert role.held is not None and role.held.fence == 2


def test_living_and_foreign_holders_are_not_dead() -> None:
    assert not is_dead(identity())
    assert not is_dead("elsewhere pid 1 00000000-0000/4026531836/77 abcd")
    assert not is_dead("anything")


async def test_second_refuses_where_it_is_not_to_wait(ctx: Context) -> None:
    ctx = _quick(ctx, standby=False)
    first, second = Role(ctx), Role(ctx)
    await first.take()
    async with _keeping(first):
        with pytest.raises(RoleTaken, match=f"pid {os.getpid()}"):
            await asyncio.wait_for(second.take(), 20)


async def test_engine_started_without_a_database_serves_and_ends_when_another_turns_out_to_live(ctx: Context) -> None:
    ctx = _quick(ctx)
    first, second = Role(ctx), Role(ctx)
    await first.take()
    async with _keeping(first):  # the second began while the database was away
        assert await second.may_act()
        with pytest.raises(RoleLost):
            await asyncio.wait_for(second.keep(), 20)


class Process:
    """A real `ccengine engine` in a state folder of its own."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        folder.mkdir()
        database = settings.database.model_copy(update={"url": settings.database_url})
        self.settings = settings.model_copy(
            update={"state_dir": folder, "database": database, "engine": Engine(lease_seconds=2, renew_seconds=0.5)}
        )
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ccengine", "engine"],
                env=hosting.environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    async def number(self) -> int | None:
        """Return the number it works under; None while it does not work."""
        try:
            async with EngineDoor(self.settings) as door:
                return (await door.health())["role"]["number"]
        except EngineUnavailable:
            return None

    async def wait_number(self, number: int, seconds: float) -> float:
        """Wait until it works under that number; return the seconds it took."""
        begun = time.monotonic()
        while await self.number() != number:
            assert time.monotonic() - begun < seconds, self.log.read_text()
            await asyncio.sleep(0.05)
        return time.monotonic() - begun

    async def wait_said(self, words: str) -> None:
        """Wait until the log holds these words."""
        for _ in range(400):
            if words in self.log.read_text():
                return
            await asyncio.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def end(self) -> None:
        """Kill it, frozen or not."""
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


async def test_two_engines_on_one_database_one_works_the_other_follows(settings: Settings, tmp_path: Path) -> None:
    """No PBX needed: being the engine does not depend on it. All three want the one address that the PBX knows."""
    (port,) = free_ports(1)
    settings = settings.model_copy(update={"agi": settings.agi.model_copy(update={"port": port})})
    first = Process(settings, tmp_path / "a")
    second = third = None
    try:
        await first.wait_number(1, 40)
        second = Process(settings, tmp_path / "b")
        await second.wait_said("standby")
        assert await second.number() is None and await first.number() == 1
        first.end()
        await second.wait_number(2, 40)  # dead, on this machine: no lease is waited for
        third = Process(settings, tmp_path / "c")
        await third.wait_said("standby")
        await asyncio.to_thread(freeze, second.process, second.settings)
        await third.wait_number(3, 40)  # frozen: after the lease
        second.process.send_signal(signal.SIGCONT)
        await second.wait_said("standing by")
        assert await third.number() == 3 and await second.number() is None
    finally:
        for one in (first, second, third):
            if one is not None:
                one.end()
