"""The disk of the recordings is full; the disk of recordings and journal is full."""

from __future__ import annotations

import time
from collections.abc import Callable

from injecting import Callers, Done, idle
from small_disk import SmallDisk
from world import World

#: So much of the journal's reserve must be left for it to be given up (engine: half of disk.reserve_mb).
RESERVE_MB = 2


async def recording_disk_full(world: World, until: float) -> Done:
    """Alarm at 85 %, recordings stop at 95 %, the last block goes, room comes back."""
    done, calls = Done(), Callers(world)
    disk = _disk(world)
    while True:
        await idle(world, calls, 4)
        await _fill(world, done, calls, disk, 87, "alarm at 85 %", lambda codes: "recordings_disk_low" in codes)
        await idle(world, calls, 3)
        await _fill(world, done, calls, disk, 96, "recordings stopped at 95 %", lambda codes: "recording_off" in codes)
        await idle(world, calls, 3)
        disk.leave(0)
        world.note("disk full", free=disk.free_bytes())
        await idle(world, calls, 8)
        disk.free()
        await _wait_alarm(world, done, calls, "recordings go on", lambda codes: not codes)
        done.breaks += 1
        if time.monotonic() > until:
            break
    await idle(world, calls, 5)
    _count_log(world, done)
    return done


async def journal_disk_full(world: World, until: float) -> Done:
    """Both on one disk: recordings stop, the reserve is given up, the last block goes, room comes back."""
    done, calls = Done(), Callers(world)
    disk = _disk(world)
    reserve = world.pbx.settings.cel_file.parent / ".ccengine-reserve"
    while True:
        await idle(world, calls, 4)
        assert reserve.exists(), "the engine keeps no reserve beside the journal"
        await _fill(world, done, calls, disk, 96, "recordings stopped at 95 %", lambda codes: "recording_off" in codes)
        done.count("recordings stopped first", float(reserve.exists()))
        await idle(world, calls, 3)
        disk.leave(RESERVE_MB * 2**20 // 4)
        begun = time.monotonic()
        while reserve.exists():
            await idle(world, calls, 0.05)
            assert time.monotonic() - begun < 20, "the reserve is not given up"
        done.took("reserve given up", time.monotonic() - begun)
        await idle(world, calls, 4)  # the journal has the reserve's room
        disk.leave(0)
        at = time.time()
        world.note("disk full", free=disk.free_bytes())
        await idle(world, calls, 12)
        done.breaks += 1
        disk.free()
        world.note("room", unjournalled=round(time.time() - at, 1))
        await _wait_alarm(world, done, calls, "recordings go on", lambda codes: not codes)
        await idle(world, calls, 5)
        if time.monotonic() > until:
            break
    await world.traffic.wait_callers(40)
    live = [call for call in await world.all_of("/calls") if call["source"] == "live"]
    done.count("records from the live view", len(live))
    _count_log(world, done)
    return done


def _disk(world: World) -> SmallDisk:
    assert world.disk is not None
    return world.disk


async def _fill(
    world: World,
    done: Done,
    calls: Callers,
    disk: SmallDisk,
    percent: float,
    name: str,
    there: Callable[[set[str]], bool],
) -> None:
    disk.fill_to(percent)
    world.note("filled", percent=round(disk.percent(), 1))
    await _wait_alarm(world, done, calls, name, there)


async def _wait_alarm(world: World, done: Done, calls: Callers, name: str, there: Callable[[set[str]], bool]) -> None:
    """Measure until the board's alarms are so."""
    begun = time.monotonic()
    while True:
        board = await world.site.get("/board")
        codes = {alarm["code"] for alarm in board["alarms"]}
        if there(codes):
            break
        assert time.monotonic() - begun < 20, f"{name}: not within 20 s; the board's alarms are {sorted(codes)}"
        await idle(world, calls, 0.05)
    done.took(name, time.monotonic() - begun)


def _count_log(world: World, done: Done) -> None:
    """How many lines the full disk cost in the engine's log; more than a few for each change is a flood."""
    lines = sum('"action": "disk"' in line or "No space left" in line for line in world.log_lines())
    done.count("lines about it in the log", lines)
    done.fault("log flooded", float(lines > 20 * done.breaks))
