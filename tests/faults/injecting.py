"""What all faults share: what one did (Done), how it is judged (Fault), calls that keep coming, who is in which state.

A kill counts only when the oracle's logs show a call in the named state at that moment, Asterisk's own channel list
agreeing. What does not live here: any fault.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from databases import KINDS
from traffic import Plan, mixed
from truth import Caller
from world import World

CHUNK = 14
STATES = ("menu", "queue", "talk", "wrap_up")


@dataclass(kw_only=True)
class Done:
    """What an injector did: how often it broke something, the seconds it measured by name, and what it counted.

    `counts` are shown; those in `wrong` are wrong unless they are 0.
    """

    breaks: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)
    wrong: dict[str, float] = field(default_factory=dict)

    def took(self, name: str, seconds: float) -> None:
        """Keep one measured time."""
        self.seconds.setdefault(name, []).append(seconds)

    def count(self, name: str, more: float = 1) -> None:
        """Count something worth showing."""
        self.counts[name] = self.counts.get(name, 0) + more

    def fault(self, name: str, more: float = 1) -> None:
        """Count something that must not happen; 0 shows that it was looked at."""
        self.wrong[name] = self.wrong.get(name, 0) + more


Injector = Callable[[World, float], Awaitable[Done]]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One row of the table.

    Args:
        inject: breaks things until the given moment.
        targets: longest time allowed for each measured time, in seconds; for a count: the least.
        on: which databases it makes sense on.
        weight: its share of the run's time; at_least: seconds it needs to do its work once.
        kills: it ends the engine; its deaths may be asked for by number.
        long_only: only when asked for by name, or in a long run (LONG=1).
        live_records: records from the live view are what the fault is about, not a repair.
        stepped: the clock was moved, so lengths that reach over the step are not judged.
        cdr_lost: Asterisk's own records cannot be written either.
        phones_work: nobody's phone is the fault, so that whoever waits must be offered to a free one.
        compare: at the end, while calls go on, live view and rows must agree.
    """

    inject: Injector
    targets: Mapping[str, float] = field(default_factory=dict)
    on: tuple[str, ...] = KINDS
    weight: float = 1.0
    at_least: float = 15.0
    long_only: bool = False
    kills: bool = False
    live_records: bool = False
    stepped: bool = False
    cdr_lost: bool = False
    phones_work: bool = True
    compare: bool = True
    disk: str = ""  # what of the PBX stands on a small disk
    disk_megabytes: int = 24
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # of the engine, by section


class Callers:
    """Keeps calls coming as long as the fault needs them."""

    def __init__(
        self, world: World, per_second: float = 1.5, plans: Callable[[list[str]], list[Plan]] | None = None
    ) -> None:
        self._world = world
        self._rate = per_second
        self._plans = plans or (lambda numbers: mixed(world.random, numbers))
        self._running = None

    def more(self) -> None:
        """Start a further handful when the last one is all placed."""
        if self._running is None or time.monotonic() > self._until:
            plans = self._plans(self._world.numbers(CHUNK))
            self._running = self._world.traffic.call(plans, self._rate)
            self._until = time.monotonic() + CHUNK / self._rate


async def victim_in(world: World, calls: Callers, state: str, deadline: float) -> Caller | None:
    """Wait for a caller in that state, by SIPp's logs and by Asterisk's own word."""
    while time.monotonic() < deadline:
        calls.more()
        found = (await everybody(world)).get(state)
        if found:
            return world.random.choice(found)
        await asyncio.sleep(0.02)
    return None


async def everybody(world: World) -> dict[str, list[Caller]]:
    """Return who is in which state: SIPp's logs say so, and Asterisk itself, which names what holds each channel."""
    now = time.time()
    told: dict[str, list[Caller]] = {}
    for one in world.people():
        state = one.state_at(now)
        if state in STATES and _ripe(world, one, state, now):
            told.setdefault(state, []).append(one)
    if not told:
        return {}
    held, wrap_up = await asyncio.to_thread(_by_application, world)
    wanted = {"menu": "agi", "queue": "Queue", "talk": "Queue"}
    found = {
        state: [one for one in told.get(state, ()) if held.get(one.number) == application]
        for state, application in wanted.items()
    }
    found["wrap_up"] = told.get("wrap_up", []) if wrap_up else []
    return {state: people for state, people in found.items() if people}


def _ripe(world: World, caller: Caller, state: str, now: float) -> bool:
    """Whether it has been in the state long enough, and will be a little longer."""
    if state == "queue":
        return caller.pressed_at is not None and now - caller.pressed_at > 0.5
    if state == "wrap_up" and caller.talk is not None:
        return 0.1 < now - caller.talk[2] < world.site.settings.pbx.wrapup_seconds - 0.3
    return True


def _by_application(world: World) -> tuple[dict[str, str], bool]:
    """Return what holds each caller's channel (agi: our menu, not the fallback), and whether anybody is in wrap-up."""
    held: dict[str, str] = {}
    for line in world.pbx.cli("core show channels concise").splitlines():
        row = line.split("!")
        if len(row) > 7 and row[0].startswith("PJSIP/cc-trunk-"):
            menu = row[5] == "AGI" and row[6].startswith("agi://")
            held[row[7]] = "agi" if menu else row[5]
    return held, "wrap_up" in world.pbx.cli(f"queue show {world.pbx.settings.pbx.queue}")


def measure_queued(done: Done, world: World, numbers: list[str], since: float, name: str, latest: float) -> None:
    """Note how long after `since` each of these callers stood in the queue, by Asterisk's own event log.

    Who hung up before that tells nothing; who did neither within `latest` seconds is noted with that time.
    """
    if not numbers:
        return
    ends, cel = {one.number: one.dialog.ended_at for one in world.people()}, world.pbx.cel()
    for number in numbers:
        moments = [at for event, at in world.moments(number, cel) if event == "CC_QUEUE" and at >= since]
        ended = ends.get(number)
        if moments:
            done.took(name, min(moments) - since)
        elif ended is None or ended > since + latest:
            done.took(name, latest)


async def idle(world: World, calls: Callers, seconds: float) -> None:
    """Let calls go on for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        calls.more()
        await asyncio.sleep(0.05)
