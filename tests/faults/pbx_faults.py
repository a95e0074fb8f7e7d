"""The PBX itself killed or started anew."""

from __future__ import annotations

import asyncio
import time
from functools import partial

from injecting import Callers, Done, Injector, idle, victim_in
from truth import Blackout
from world import World


def pbx_fault(name: str) -> Injector:
    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        while time.monotonic() < until:
            victim = await victim_in(world, calls, "talk", until)
            if victim is None:
                break
            at = time.time()
            world.pbx_deaths.append(at)
            world.note("pbx", fault=name)
            if name == "SIGKILL":
                world.pbx_kills.append(at)
                await asyncio.to_thread(world.pbx.kill)
                await world.traffic.wait_callers(0.1)
                await asyncio.to_thread(world.pbx.start_again)
            else:
                world.pbx.cli("core restart now")
                await world.traffic.wait_callers(0.1)
                await asyncio.sleep(1)
                await world.pbx.wait_for(lambda: _booted(world), "the PBX to be back", 40)
                world.pbx_stops.append((at, time.time()))
            back = time.monotonic()
            world.blackouts.append(Blackout(part="pbx", began=at, ended=time.time()))
            world.pbx_deaths.append(time.time())
            await world.traffic.start_agents()
            done.breaks += 1
            await world.site.wait(world.site.healthy, "the engine to be well", 40)
            done.took("engine well after boot", time.monotonic() - back)
            await world.site.wait(partial(_closed, world, at), "the open calls to be closed", 40)
            done.took("open calls closed after boot", time.monotonic() - back)
            calls = Callers(world)
            await world.pbx.wait_for(lambda: _agents_back(world), "the agents to be back in their queue", 40)
            done.took("agents back after boot", time.monotonic() - back)
            await idle(world, calls, 6)
        return done

    return inject


def _booted(world: World) -> bool:
    try:
        return "fully booted" in world.pbx.cli("core waitfullybooted")
    except AssertionError:
        return False


def _agents_back(world: World) -> bool:
    """Whether Asterisk has all four in the queue, on phones that it can reach."""
    shown = world.pbx.cli(f"queue show {world.pbx.settings.pbx.queue}").splitlines()
    rows = [line for line in shown if "PJSIP/" in line]
    return len(rows) == 4 and not any("(Unavailable)" in line or "(Invalid)" in line for line in rows)


async def _closed(world: World, at: float) -> bool:
    """Whether no call that began before is open."""
    old = {one.number for one in world.people() if one.dialog.invited_at < at}
    calls = (await world.site.get("/calls", limit="100"))["items"]
    return not any(call["caller_number"] in old and not call["final"] for call in calls)
