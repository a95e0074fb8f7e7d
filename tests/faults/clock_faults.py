"""The clock of PBX and engine steps by an hour and by a day, ahead and back, while calls go on."""

from __future__ import annotations

import time
from datetime import datetime
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from fake_clock import set_to
from injecting import Callers, Done, idle
from world import World

HOUR, DAY = 3600, 86400
MIDNIGHT = time_of_day()


async def step_clock(world: World, until: float) -> Done:
    """To +1 h and back, to +1 day and back: no negative time, no doubled id, deadlines as long as ever."""
    done, calls = Done(), Callers(world)
    assert world.clock is not None
    while True:
        for ahead in (HOUR, 0, DAY, 0):
            await idle(world, calls, 5)
            world.note("clock", ahead=ahead)
            world.steps.append(time.time())
            set_to(world.clock, ahead)
            done.breaks += 1
            if ahead == DAY:  # registrations are over: each phone would have made its own anew long ago
                await world.traffic.wait_callers(20)
                await world.traffic.start_agents()
        await idle(world, calls, 6)
        if time.monotonic() > until:
            break
    await world.traffic.wait_callers(40)
    await _judge_deadlines(world, done)
    return done


async def _judge_deadlines(world: World, done: Done) -> None:
    """An order's time limit is as long as that of any other order of its kind.

    So many working days end with a day (a weekend may lie between): they are compared by the days they begin on.
    """
    zone, lengths = ZoneInfo(world.site.settings.site.timezone), dict[tuple[str, ...], set[int]]()
    for order in await world.all_of("/work-orders"):
        if order.get("due_at") and order.get("created_at"):
            begun, due = (datetime.fromisoformat(order[name]).astimezone(zone) for name in ("created_at", "due_at"))
            kind: tuple[str, ...] = (order["type"], order.get("priority", ""))
            if due.time() == MIDNIGHT:
                begun = datetime.combine(begun.date(), MIDNIGHT, zone)
                kind += (f"{begun:%F}",)
            lengths.setdefault(kind, set()).add(round((due - begun).total_seconds() / 60))
    done.count("kinds of orders compared", len(lengths))
    done.fault("time limits that moved", float(sum(max(found) - min(found) > 1 for found in lengths.values())))
