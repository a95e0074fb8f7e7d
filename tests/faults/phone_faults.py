"""An agent's phone: dead, never answering, gone while it rings, cut off while people talk."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

from injecting import Callers, Done, Injector, idle
from traffic import Plan
from truth import Caller
from world import World

BAD, PERSON = "1001", "8001"
OTHERS = ["1002", "1003", "1004"]
MISSED_LIMIT = 3


def _quiet(world: World) -> Callers:
    """Few callers, so that there is always a free phone to go on to."""

    def plans(numbers: list[str]) -> list[Plan]:
        random = world.random
        return [
            Plan(number=one, before_ms=random.randint(300, 600), key=random.choice("10"), stays_ms=9500)
            for one in numbers
        ]

    return Callers(world, per_second=0.35, plans=plans)


async def _with_bad_phone(world: World, scenario: str) -> Callers:
    for name in ("all", "bad", "good"):
        world.traffic.end_group(name)
    await world.traffic.start_group("good", OTHERS, hangs_up=1.0)
    await world.traffic.start_group("bad", [BAD], hangs_up=0.0, scenario=scenario)
    return _quiet(world)


def _reoffers(world: World, since: float) -> list[tuple[Caller, float]]:
    """Callers whom the bad phone was offered and did not take: how long until the next phone rang."""
    found = []
    for one in world.people():
        legs = [leg for leg in one.legs if leg.invited_at >= since]
        for leg, following in pairwise(legs):
            if leg.to_user == BAD and leg.answered_at is None:
                found.append((one, following.invited_at - leg.invited_at))
    return found


def _paused(world: World) -> str:
    """Return Asterisk's own word on why the agent is paused."""
    for line in world.pbx.cli(f"queue show {world.pbx.settings.pbx.queue}").splitlines():
        if f"PJSIP/{BAD}" in line and "paused" in line:
            return line
    return ""


async def _board_state(world: World) -> tuple[str, str]:
    board = await world.site.get("/board")
    return next(((one["state"], one["reason"] or "") for one in board["agents"] if one["number"] == PERSON), ("", ""))


def unanswered(*, unregisters: bool) -> Injector:
    """The phone rings and nobody takes it; `unregisters`: it says goodbye to the PBX while it rings."""

    async def inject(world: World, until: float) -> Done:
        done = Done()
        while True:
            begun = time.time()
            calls = await _with_bad_phone(world, "silent_agent")
            seen: set[str] = set()
            while not _paused(world) and len(seen) < (1 if unregisters else MISSED_LIMIT + 1):
                await idle(world, calls, 0.1)
                assert time.time() - begun < 120, f"{BAD} was rung {len(seen)} times within 120 s"
                for one in world.people():
                    for leg in one.legs:
                        if leg.to_user == BAD and leg.invited_at >= begun and leg.call_id not in seen:
                            seen.add(leg.call_id)
                            if unregisters:
                                await world.traffic.unregister(BAD)
            await idle(world, calls, 7)
            for one, seconds in _reoffers(world, begun):
                done.took("offered to the next", seconds)
                done.count("missed")
                world.note("missed", number=one.number, seconds=round(seconds, 2))
            done.breaks += 1
            if not unregisters:
                await _judge_pause(world, done)
            await _back(world)
            if time.monotonic() > until:
                return done

    return inject


async def _judge_pause(world: World, done: Done) -> None:
    """After so many misses the agent is paused, and everybody says why."""
    shown, board = _paused(world), await _board_state(world)
    done.fault("not paused after three misses", float("no_answer" not in shown))
    done.fault("the board does not say why", float(board != ("paused", "no_answer")))
    world.note("paused", asterisk=shown, board=board)


async def _back(world: World) -> None:
    """The phone works again and the agent takes calls."""
    await world.traffic.wait_callers(30)
    await world.traffic.start_agents()
    await world.site.post(f"/agents/{PERSON}/state", {"state": "available"})


async def dead_phone(world: World, until: float) -> Done:
    """The phone's power goes while it is idle: callers who are offered to it go on to the next in time."""
    done = Done()
    while True:
        calls = await _with_bad_phone(world, "agents")
        await idle(world, calls, 1)
        world.traffic.end_group("bad")
        begun = time.time()
        world.note("dead")
        await idle(world, calls, 20)
        await world.traffic.wait_callers(30)
        for one in world.people():
            moments = [at for event, at in world.moments(one.number) if event == "CC_QUEUE" and at > begun]
            if moments and one.legs:
                done.took("queue to a phone that rings", one.legs[0].invited_at - moments[0])
            elif moments and (one.ended_at or 0) - moments[0] > 7:
                done.fault("callers whom nobody was offered")
        done.breaks += 1
        await _back(world)
        if time.monotonic() > until:
            return done


async def cut_in_talk(world: World, until: float) -> Done:
    """The phone's network goes while it talks: nobody shows it as talking for long."""
    done = Done()
    while True:
        calls = await _with_bad_phone(world, "agents")
        begun = time.time()
        while not (talking := _talking_at_bad(world, begun)):
            await idle(world, calls, 0.1)
            assert time.time() - begun < 60, f"no talk at {BAD} within 60 s"
        await idle(world, calls, 1)
        world.traffic.freeze_group("bad")
        at, cut_at = time.monotonic(), time.time()
        world.cuts.append((BAD, cut_at))
        world.note("cut", number=talking)
        while (await _board_state(world))[0] == "talking":
            await asyncio.sleep(0.05)
            assert time.monotonic() - at < 60, "the board shows a ghost that talks"
        done.took("ghost talks", time.monotonic() - at)
        done.took("cut to the next phone that rings", await _rung_again(world, calls, talking, cut_at))
        world.traffic.end_group("bad")
        done.breaks += 1
        await _back(world)
        if time.monotonic() > until:
            return done


async def _rung_again(world: World, calls: Callers, number: str, since: float) -> float:
    """Wait until another phone rings for that caller; return how long after the cut."""
    while time.time() < since + 20:
        one = next(one for one in world.people() if one.number == number)
        later = [leg.invited_at for leg in one.legs if leg.invited_at > since]
        if later:
            return min(later) - since
        await idle(world, calls, 0.1)
    raise AssertionError(f"nobody was offered {number}, whose agent's network was cut, within 20 s")


def _talking_at_bad(world: World, since: float) -> str:
    now = time.time()
    for one in world.people():
        talk = one.talk
        if one.state_at(now) == "talk" and talk and talk[0].to_user == BAD and talk[1] > since:
            return one.number
    return ""
