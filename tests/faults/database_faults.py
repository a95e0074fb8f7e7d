"""The database locked, unreachable, frozen, slow."""

from __future__ import annotations

import asyncio
import sqlite3
import time

from injecting import Callers, Done, Injector, idle
from world import World


async def lock_sqlite(world: World, until: float) -> Done:
    """Somebody else holds the database's write lock for 8 s."""
    done, calls = Done(), Callers(world)
    path = world.site.settings.database_url.partition("///")[2]
    while time.monotonic() < until:
        await idle(world, calls, 3)
        holder = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(holder.execute, "BEGIN IMMEDIATE")
        world.note("locked")
        await idle(world, calls, 8)
        holder.execute("ROLLBACK")
        holder.close()
        done.breaks += 1
        await caught_up(world, done)
    return done


async def caught_up(world: World, done: Done) -> None:
    """Measure until every call that is over has its final record."""
    begun, over = time.monotonic(), {one.number for one in world.people() if one.entered and one.ended_at}

    async def all_final() -> bool:
        calls = await world.all_of("/calls")
        return over <= {call["caller_number"] for call in calls if call["final"]}

    await world.site.wait(all_final, "the records to catch up", 60)
    done.took("caught up", time.monotonic() - begun)


def database_fault(name: str) -> Injector:
    """PostgreSQL behind the proxy: unreachable, frozen, slow."""

    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        assert world.database is not None, "only with PostgreSQL"
        while time.monotonic() < until:
            await idle(world, calls, 3)
            world.note("database", fault=name)
            if name == "stopped":
                await world.database.stop()
            elif name == "frozen":
                world.database.stall()
            else:
                world.database.delay_seconds = 2.0
            await idle(world, calls, 30 if name == "stopped" else 15)
            world.database.delay_seconds = 0.0
            world.database.flow()
            if name == "stopped":
                await world.database.start()
            done.breaks += 1
            await caught_up(world, done)
        return done

    return inject
