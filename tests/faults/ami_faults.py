"""The link to the PBX cut, half open, frozen."""

from __future__ import annotations

import asyncio
import time

from injecting import Callers, Done, Injector, idle
from world import World


def ami_fault(name: str) -> Injector:
    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        while time.monotonic() < until:
            # A link that stood for 5 s counts as sound again: each cut is measured by itself, not as flapping.
            await idle(world, calls, 5.5 + world.random.random() * 2)
            at = time.monotonic()
            world.note("ami", fault=name)
            if name == "reset":
                world.ami.reset()
            elif name == "cut inside a list":
                world.ami.cut_at = b"Event: CoreShowChannelsComplete"
                world.ami.reset()
            elif name == "kicked":
                for descriptor in sessions(world):
                    world.pbx.cli(f"manager kick session {descriptor}")
            elif name == "half open":
                world.ami.half_open()
            elif name == "frozen":
                world.ami.stall()
                await idle(world, calls, 8)
                world.ami.flow()
                at = time.monotonic()
            await asyncio.sleep(0.1)
            while not await live_right(world):
                calls.more()
                assert time.monotonic() - at < 60, f"the live view is not right again:\n{world.site.log()}"
                await asyncio.sleep(0.05)
            done.took("live view right again", time.monotonic() - at)
            done.breaks += 1
        return done

    return inject


def sessions(world: World) -> list[str]:
    """File descriptors of the engine's AMI sessions, as Asterisk lists them."""
    rows = [line.split() for line in world.pbx.cli("manager show connected").splitlines()]
    return [row[4] for row in rows if row and row[0] in {"cc_events", "cc_actions"}]


async def live_right(world: World) -> bool:
    """Whether the board is fresh and shows the calls that Asterisk's own channel list has."""
    board = await world.site.get("/board")
    if board["stale"] or not board["pbx_connected"]:
        return False
    lines = await asyncio.to_thread(world.pbx.cli, "core show channels concise")
    trunk = [line.split("!") for line in lines.splitlines() if line.startswith("PJSIP/cc-trunk-")]
    there = {row[7] for row in trunk if len(row) > 7 and row[7]}
    board = await world.site.get("/board")
    shown = {call["caller_number"] for call in board["calls"]}
    now = time.time()
    steady = {
        one.number
        for one in world.people()
        if (one.dialog.answered_at or now) < now - 1 and (one.ended_at or now + 9) > now + 0.2
    }
    return (there & steady) <= shown
