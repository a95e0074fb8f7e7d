"""The database locked, unreachable, frozen, slow, without room. Meanwhile pages and the menu are asked all the time."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import psycopg
from agi_probe import longest_pause
from injecting import Callers, Done, Injector, idle
from psycopg import errors, sql
from world import World

#: So long the bench tries to find all tables free at one moment.
LOCK_PATIENCE = 20.0


async def caught_up(world: World, done: Done) -> None:
    """Measure until every call that is over has its final record."""
    begun, over = time.monotonic(), {one.number for one in world.people() if one.entered and one.ended_at}

    async def all_final() -> bool:
        calls = await world.all_of("/calls")
        return over <= {call["caller_number"] for call in calls if call["final"]}

    await world.site.wait(all_final, "the records to catch up", 120, every_seconds=0.5)
    done.took("caught up", time.monotonic() - begun)


@asynccontextmanager
async def _asked_meanwhile(world: World, done: Done) -> AsyncIterator[None]:
    """Ask a page, the API and the menu again and again; note the longest answer of each."""
    tasks = [asyncio.create_task(ask) for ask in (_ask_pages(world, done), _ask_menu(world, done))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                world.note("probe failed", error=repr(outcome))
                done.fault("probes that failed")


async def _ask_pages(world: World, done: Done) -> None:
    web = world.site.settings.web
    await asyncio.sleep(1.2)  # what was asked before the database went is another matter
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {world.site.token}"}) as session:
        while True:
            for path in ("/api/v1/calls?limit=1", "/api/v1/work-orders?limit=1", "/sign-in"):
                begun = time.monotonic()
                try:
                    async with session.get(f"http://{web.host}:{web.port}{path}") as answer:
                        await answer.read()
                finally:  # one that is still waited for at the end counts too
                    done.took("page answers", time.monotonic() - begun)
                done.count(f"pages {answer.status}")
                if answer.status not in {200, 503}:
                    done.fault("pages that are neither well nor 503")
            await asyncio.sleep(0.5)


async def _ask_menu(world: World, done: Done) -> None:
    agi, number = world.site.settings.agi, 0
    await asyncio.sleep(1.2)
    while True:
        number += 1
        await longest_pause(agi.host, agi.port, "4", number, lambda seconds: done.took("menu decides", seconds))
        await asyncio.sleep(0.5)


def _sqlite_lock(world: World) -> Callable[[], Awaitable[None]]:
    path = world.site.settings.database_url.partition("///")[2]
    holder = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")

    async def let_go() -> None:
        holder.execute("ROLLBACK")
        holder.close()

    return let_go


def _postgres_lock(address: str) -> Callable[[], Awaitable[None]]:
    """Lock all tables at once.

    It never waits while it holds some of them: the product's transactions take them in orders of their own, so that
    who waits deadlocks with one of them. Raises AssertionError when they are never all free.
    """
    holder = psycopg.connect(address)
    with holder.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [sql.Identifier(name) for (name,) in cursor.fetchall()]
    holder.rollback()  # the names are read: locks begin in a transaction of their own
    lock = sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE NOWAIT").format(sql.SQL(", ").join(tables))
    begun = time.monotonic()
    while True:
        try:
            holder.execute(lock)
            break
        except errors.LockNotAvailable as taken:
            holder.rollback()
            if time.monotonic() - begun > LOCK_PATIENCE:
                holder.close()
                raise AssertionError(f"not all tables were free in {LOCK_PATIENCE:g} s: {taken}") from taken
            time.sleep(0.01)

    async def let_go() -> None:
        await asyncio.to_thread(holder.close)

    return let_go


async def _break(world: World, name: str) -> Callable[[], Awaitable[None]]:
    """Break the database; return what mends it."""
    proxy = world.database
    if name == "locked":
        if proxy is None:
            return await asyncio.to_thread(_sqlite_lock, world)
        return await asyncio.to_thread(_postgres_lock, world.database_address)
    if name == "full":
        assert world.disk is not None
        world.disk.leave(0)

        async def free() -> None:
            assert world.disk is not None
            world.disk.free()

        return free
    assert proxy is not None, "only with PostgreSQL"
    if name == "stopped":
        await proxy.stop()
        return proxy.start
    if name == "frozen":
        proxy.stall()
    else:
        proxy.delay_seconds = 2.0

    async def flow() -> None:
        proxy.delay_seconds = 0.0
        proxy.flow()

    return flow


def database_fault(name: str, seconds: float) -> Injector:
    """Break it for so long, mend it, measure until all is told; again and again."""

    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world, per_second=1.5 if seconds < 100 else 0.4)
        while True:
            await idle(world, calls, 4)
            world.note("database", fault=name)
            mend = await _break(world, name)
            async with _asked_meanwhile(world, done):
                await idle(world, calls, seconds)
            await mend()
            done.breaks += 1
            await caught_up(world, done)
            if time.monotonic() + seconds > until:
                return done

    return inject
