"""The engine killed: in every state a call can be in, and at each commit of its database in turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from injecting import STATES, Callers, Done, everybody, idle, measure_queued
from traffic import Plan
from truth import Caller
from world import World


async def kill_engine(world: World, until: float) -> Done:
    """SIGKILL while callers choose, wait, talk and agents are in wrap-up; started again at once, and again.

    One death counts once for each state in which SIPp's log and Asterisk's channel list both show a call then.
    """
    done, calls = Done(), Callers(world, per_second=2.0)
    await idle(world, calls, 5)
    while time.monotonic() < until:
        there = await _populated(world, calls, 4.0)
        at = world.kill_engine()
        await world.restart_engine(at)
        done.breaks += 1
        people = {one.number: one for one in world.people()}
        for state in STATES:
            sure = [one.number for one in there.get(state, ()) if people[one.number].state_at(at) == state]
            if sure:
                done.count(f"kills with a call in {state}")
                done.count("counted kills")
                world.note("counted", state=state, numbers=sure)
        menu = [one.number for one in there.get("menu", ()) if people[one.number].state_at(at) == "menu"]
        await idle(world, calls, 0.5 + world.random.random())
        measure_queued(done, world, menu, at, "menu to queue", 4.0)
    return done


async def _populated(world: World, calls: Callers, patience: float) -> dict[str, list[Caller]]:
    """Wait a little for a call in each state; return who is where at the end of it."""
    end = time.monotonic() + patience
    while True:
        calls.more()
        there = await everybody(world)
        if len(there) == len(STATES) or (there and time.monotonic() > end):
            return there
        await asyncio.sleep(0.02)


async def kill_at_commits(world: World, until: float) -> Done:
    """SIGKILL at the 1st, 2nd, 3rd … commit, before and after it, until a call passes without reaching it."""
    done = Done()
    done.wrong["commit points not tried"] = 1
    number, when = 1, "before"
    while time.monotonic() < until:
        plan = Plan(number=world.numbers(1)[0], before_ms=300, key="1", stays_ms=1800)
        world.site.commit_file.write_text(f"{number} {when}", encoding="ascii")
        calling = world.traffic.call([plan])
        died = await _died(world, lambda calling=calling: calling.poll() is not None)  # type: ignore[misc]
        world.site.commit_file.unlink()
        world.note("commit", number=number, when=when, reached=died is not None)
        if died is None:
            done.wrong["commit points not tried"] = 0
            done.count("commit points of one call", number - 1)
            break
        done.breaks += 1
        caller = next((one for one in world.people() if one.number == plan.number), None)
        state = caller.state_at(died) if caller else ""
        if state in STATES:
            done.count(f"kills with a call in {state}")
            done.count("counted kills")
        await world.restart_engine(died)
        await world.traffic.wait_callers(15)
        number, when = (number, "after") if when == "before" else (number + 1, "before")
    return done


async def _died(world: World, hung_up: Callable[[], bool]) -> float | None:
    """Wait for the engine's death; None when the call is over, all is written down and it lives."""
    over: float | None = None
    while True:
        if world.site.pid is None:
            return time.time()
        if over is None and hung_up():
            over = time.monotonic()
        if over is not None and time.monotonic() - over > world.site.settings.pbx.wrapup_seconds + 2.5:
            return None
        await asyncio.sleep(0.02)
