"""What all faults share: what one did (Done), calls that keep coming, a caller in a named state.

A kill counts only when the oracle's logs show a call in the named state at that moment, Asterisk's own channel list
agreeing. What does not live here: any fault.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from traffic import mixed
from truth import Caller
from world import World

CHUNK = 14


@dataclass(kw_only=True)
class Done:
    """What an injector did: how often it broke something, and the seconds it measured by name."""

    breaks: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def took(self, name: str, seconds: float) -> None:
        """Keep one measured time."""
        self.seconds.setdefault(name, []).append(seconds)


Injector = Callable[[World, float], Awaitable[Done]]


class Callers:
    """Keeps calls coming as long as the fault needs them."""

    def __init__(self, world: World, per_second: float = 1.5) -> None:
        self._world = world
        self._rate = per_second
        self._running = None

    def more(self) -> None:
        """Start a further handful when the last one is all placed."""
        if self._running is None or time.monotonic() > self._until:
            plans = mixed(self._world.random, self._world.numbers(CHUNK))
            self._running = self._world.traffic.call(plans, self._rate)
            self._until = time.monotonic() + CHUNK / self._rate


async def victim_in(world: World, calls: Callers, state: str, deadline: float) -> Caller | None:
    """Wait for a caller in that state, by SIPp's logs and by Asterisk's own word."""
    while time.monotonic() < deadline:
        calls.more()
        now = time.time()
        people = [one for one in world.people() if one.state_at(now) == state and _ripe(world, one, state, now)]
        if people:
            one = world.random.choice(people)
            if await asyncio.to_thread(_witnessed, world, one, state):
                return one
        await asyncio.sleep(0.02)
    return None


def _ripe(world: World, caller: Caller, state: str, now: float) -> bool:
    """Whether it has been in the state long enough, and will be a little longer."""
    if any(one.touches(caller.dialog.invited_at, now, 0.0) for one in world.blackouts if one.part == "engine"):
        return state in {"talk", "wrap_up"}
    if state == "queue":
        return caller.pressed_at is not None and now - caller.pressed_at > 0.5
    if state == "wrap_up" and caller.talk is not None:
        return 0.1 < now - caller.talk[2] < world.site.settings.pbx.wrapup_seconds - 0.5
    return True


def _witnessed(world: World, caller: Caller, state: str) -> bool:
    """Ask Asterisk itself; it knows the application that holds the caller's channel."""
    if state == "wrap_up":
        return "wrap_up" in world.pbx.cli(f"queue show {world.pbx.settings.pbx.queue}")
    wanted = {"menu": "AGI", "queue": "Queue", "talk": "Queue"}[state]
    lines = world.pbx.cli("core show channels concise").splitlines()
    rows = [line.split("!") for line in lines if "!" in line]
    return any(row[5] == wanted and caller.number in row for row in rows if len(row) > 7)


def measure_fallback(done: Done, caller: Caller, at: float, name: str) -> None:
    """From the fault to the ringing of an agent's phone; callers who gave up before tell nothing."""
    if caller.legs and caller.legs[0].invited_at > at:
        done.took(name, caller.legs[0].invited_at - at)


async def idle(world: World, calls: Callers, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        calls.more()
        await asyncio.sleep(0.05)
