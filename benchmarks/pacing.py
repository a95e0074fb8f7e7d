"""Simulates an afternoon of outbound calls for agents and compares four ways of pacing: one call for each free agent, a
fixed ratio, VICIdial's published adaptive rule (AST_VDadapt 2.4, AVERAGE), and ours. `make bench ONLY=pacing`.

What does not live here: the rule itself (ccengine/hotline/pacing.py).
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from figures import Figure, at_least, at_most

from ccengine.hotline.pacing import AgentPicture, Experience, predictive, progressive

CAP = 0.03
#: A person who answered waits so long for an agent.
PATIENCE_SECONDS = 2.0
HOURS = 2.0


@dataclass(frozen=True)
class Case:
    """What the world is like: how many agents, how many people answer, how long talks take."""

    agents: int
    answer_rate: float = 0.30
    talk_seconds: float = 112.0
    wrap_seconds: float = 15.0


@dataclass
class World:
    """One run. Rings last 4 to 18 s until the answer, 28 s without; talks are exponential."""

    case: Case
    seed: int
    now: float = 0.0
    free: int = 0
    busy: int = 0
    in_flight: int = 0
    waiting: deque[float] = field(default_factory=deque)
    answered: int = 0
    abandoned: int = 0
    dialled: int = 0
    busy_seconds: float = 0.0

    def __post_init__(self) -> None:
        self.free = self.case.agents
        self._random = random.Random(self.seed)
        self._events: list[tuple[float, int, str]] = []
        self._count = 0
        self._recent: deque[tuple[bool, float]] = deque(maxlen=300)

    def run(self, rule: Callable[[World], int]) -> World:
        """Let the hours pass, asking the rule each second."""
        while self.now < HOURS * 3600:
            self._until(self.now + 1.0)
            for _ in range(max(0, rule(self))):
                self._dial()
        return self

    def _at(self, seconds: float, what: str) -> None:
        self._count += 1
        heapq.heappush(self._events, (self.now + seconds, self._count, what))

    def _dial(self) -> None:
        self.dialled, self.in_flight = self.dialled + 1, self.in_flight + 1
        answers = self._random.random() < self.case.answer_rate
        self._at(self._random.uniform(4, 18) if answers else 28.0, "answer" if answers else "nobody")

    def _until(self, moment: float) -> None:
        while self._events and self._events[0][0] <= moment:
            at, _, what = heapq.heappop(self._events)
            self._pass(at)
            getattr(self, f"_{what}")()
        self._pass(moment)

    def _pass(self, at: float) -> None:
        self.busy_seconds += self.busy * (at - self.now)
        self.now = at
        while self.waiting and at - self.waiting[0] >= PATIENCE_SECONDS:
            self.waiting.popleft()
            self.abandoned += 1

    def _answer(self) -> None:
        self.in_flight, self.answered = self.in_flight - 1, self.answered + 1
        self._recent.append((True, self.now))
        self.waiting.append(self.now)
        self._at(PATIENCE_SECONDS, "tick")
        self._connect()

    def _nobody(self) -> None:
        self.in_flight -= 1
        self._recent.append((False, self.now))

    def _tick(self) -> None:
        self._connect()

    def _connect(self) -> None:
        while self.waiting and self.free:
            self.waiting.popleft()
            self.free, self.busy = self.free - 1, self.busy + 1
            length = self._random.expovariate(1 / self.case.talk_seconds) + self.case.wrap_seconds
            self._at(length, "done")

    def _done(self) -> None:
        self.free, self.busy = self.free + 1, self.busy - 1
        self._connect()

    # --- what a rule may know

    def picture(self) -> AgentPicture:
        """Return the agents now."""
        return AgentPicture(free=self.free, busy=self.busy, waiting=len(self.waiting))

    def seen(self, guess: float | None = None) -> Experience:
        """Return what the calls so far taught; `guess`: what is believed of the answer rate instead."""
        known = len(self._recent) >= 30
        rate = sum(answered for answered, _ in self._recent) / len(self._recent) if known else 0.3
        return Experience(
            answer_rate=guess if guess is not None else rate,
            ring_seconds=11.0,
            handle_seconds=self.case.talk_seconds + self.case.wrap_seconds,
            abandoned_share=self.abandoned / self.answered if self.answered else 0.0,
            answered=self.answered,
        )

    @property
    def busy_share(self) -> float:
        """How much of the agents' time was busy, in percent."""
        return 100 * self.busy_seconds / (self.case.agents * self.now)

    @property
    def abandoned_share(self) -> float:
        """How many of those who answered got no agent, in percent."""
        return 100 * self.abandoned / max(self.answered, 1)


def one_to_one(world: World) -> int:
    """One call for each free agent."""
    return progressive(world.picture(), world.in_flight)


def fixed_ratio(world: World) -> int:
    """Two and a half calls for each free agent."""
    return int(2.5 * max(0, world.free - len(world.waiting))) - world.in_flight


def ours(world: World) -> int:
    """The rule of the product."""
    return predictive(world.picture(), world.in_flight, world.seen(), CAP)


class Vicidial:
    """AST_VDadapt's AVERAGE: the level follows the mean of free agents minus waiting calls, is halved above the cap."""

    def __init__(self) -> None:
        self.level = 1.0
        self._samples: deque[int] = deque(maxlen=15)
        self._next = 15.0

    def __call__(self, world: World) -> int:
        """Return how many calls to begin."""
        self._samples.append(world.free - len(world.waiting))
        if world.now >= self._next:
            self._next = world.now + 15.0
            self.level *= 1 + (sum(self._samples) / len(self._samples)) / world.case.agents
            over = world.answered > 50 and world.abandoned / world.answered > CAP
            self.level = min(max(self.level / 2 if over else self.level, 1.0), 3.0)
        live = world.busy + len(world.waiting)
        return int(self.level * world.case.agents) - live - world.in_flight


def _mean(case: Case, rule: Callable[[], Callable[[World], int]]) -> tuple[float, float]:
    worlds = [World(case, seed).run(rule()) for seed in (1, 2)]
    return sum(one.busy_share for one in worlds) / 2, sum(one.abandoned_share for one in worlds) / 2


RULES: dict[str, Callable[[], Callable[[World], int]]] = {
    "1:1": lambda: one_to_one,
    "fixed 2.5": lambda: fixed_ratio,
    "VICIdial": Vicidial,
    "ours": lambda: ours,
}
CASES = (
    Case(5),
    Case(10),
    Case(20),
    Case(40),
    Case(100),
    Case(20, 0.5),
    Case(40, 0.2),
    Case(20, 0.3, 60),
    Case(40, 0.3, 240),
)


def compare(cases: tuple[Case, ...] = CASES) -> list[Figure]:
    """Return the figures of every case: ours against the best of the others that keeps the cap."""
    figures: list[Figure] = []
    for case in cases:
        found = {name: _mean(case, rule) for name, rule in RULES.items()}
        lawful = {name: busy for name, (busy, lost) in found.items() if name != "ours" and lost <= 100 * CAP}
        best = max(lawful, key=lambda name: lawful[name])
        note = " · ".join(f"{name} {busy:.0f} % busy, {lost:.1f} % abandoned" for name, (busy, lost) in found.items())
        where = f"{case.agents} agents, {case.answer_rate:.0%} answer, {case.talk_seconds:.0f} s talks"
        busy, lost = found["ours"]
        figures.append(at_most(f"pacing: abandoned, {where}", round(lost, 2), "%", 100 * CAP, note=note))
        figures.append(
            at_least(
                f"pacing: busy, {where}",
                round(busy, 1),
                "%",
                round(lawful[best] - 0.05, 1),
                note=f"best lawful other: {best}",
            )
        )
    return figures


def wrong_estimate() -> list[Figure]:
    """Return what becomes of the cap when the answer rate is believed to be 0.30 and is 0.45."""

    def believing(world: World) -> int:
        return predictive(world.picture(), world.in_flight, world.seen(0.30), CAP)

    found: list[Figure] = []
    for agents in (20, 40):
        busy, lost = _mean(Case(agents, 0.45), lambda: believing)
        name = f"pacing: abandoned, {agents} agents, answer rate believed .30, is .45"
        found.append(at_most(name, round(lost, 2), "%", 100 * CAP + 0.3, note=f"{busy:.0f} % busy"))
    return found


async def measure() -> list[Figure]:
    """Return all figures."""
    return await asyncio.to_thread(lambda: compare() + wrong_estimate())


if __name__ == "__main__":
    for one in asyncio.run(measure()):
        print(f"{one.name}: {one.value} {one.unit} ({one.target}, {'met' if one.met else 'NOT MET'}) {one.note}")
