"""The engine killed: in every state a call can be in, and at each commit of its database in turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import cycle

from injecting import STATES, Callers, Done, everybody, measure_queued
from traffic import Plan
from truth import Caller
from world import World

COUNTED = "counted kills"


async def kill_engine(world: World, until: float) -> Done:
    """SIGKILL with a caller in the menu, in the queue, in a talk, an agent in wrap-up, in turn; started again at once.

    A death names one state and counts once, if SIPp's log shows a call in that state at that moment. Calls keep coming
    while the engine is dead.
    """
    done, calls = Done(), Callers(world, per_second=2.0)
    calling = asyncio.create_task(_keep_calling(calls))
    turns = cycle(STATES)
    try:
        await asyncio.sleep(4)
        while time.monotonic() < until and not enough(world, done):
            state = next(turns)
            there = await _with_someone(world, state)
            at = world.kill_engine()
            await world.restart_engine(at)
            done.breaks += 1
            caught = _in_states(world, there, at)
            if state in caught:
                count_kill(done, state)
            for name, numbers in caught.items():
                done.count(f"calls caught in {name}", len(numbers))
            world.note("killed", named=state, caught=caught)
            measure_queued(done, world, caught.get("menu", []), at, "menu to queue", 4.0)
            await asyncio.sleep(world.random.random())
    finally:
        calling.cancel()
    return done


def enough(world: World, done: Done) -> bool:
    """Whether so many kills count as were asked for; never, where none were."""
    return 0 < world.kills_wanted <= done.counts.get(COUNTED, 0)


def count_kill(done: Done, state: str) -> None:
    """Count one death of the engine with a call in that state."""
    done.count(f"kills with a call in {state}")
    done.count(COUNTED)


async def _keep_calling(calls: Callers) -> None:
    while True:
        calls.more()
        await asyncio.sleep(0.1)


async def _with_someone(world: World, state: str, patience: float = 20.0) -> dict[str, list[Caller]]:
    """Wait for a call in that state; return who is where at that moment."""
    end = time.monotonic() + patience
    while True:
        there = await everybody(world)
        if state in there or time.monotonic() > end:
            return there
        await asyncio.sleep(0.02)


def _in_states(world: World, there: dict[str, list[Caller]], at: float) -> dict[str, list[str]]:
    """Return who of them was in that state at the engine's death, by SIPp's log."""
    people = {one.number: one for one in world.people()}
    sure = {
        name: [one.number for one in found if people[one.number].state_at(at) == name] for name, found in there.items()
    }
    return {name: numbers for name, numbers in sure.items() if numbers}


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
            count_kill(done, state)
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
