"""The rules of pacing that are compared: one call for each free agent, fixed ratios, VICIdial's, and the product's.

A rule is asked each second for all simulated centres at once. Rivals come in many settings: the comparison takes, in
hindsight and for each cell, the best one that keeps the cap.
What does not live here: the product's rule itself (ccengine/hotline/pacing.py), the centres (pacing_world.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pacing_world import Counts, Worlds

from ccengine.hotline.pacing import AgentPicture, Experience, Ringing, answer_chance, predictive

CAP = 0.03
#: As in services/agent_pacing.py.
LEAST_ATTEMPTS = 30
Rule = Callable[[Worlds], Counts]


def ratio(calls: float) -> Rule:
    """Return the rule of so many calls for each free agent."""

    def rule(worlds: Worlds) -> Counts:
        free = np.maximum(worlds.free - worlds.waiting, 0)
        return np.floor(calls * free).astype(np.int64) - worlds.in_flight

    return rule


class Vicidial:
    """AST_VDadapt.pl 2.4: the level follows the mean of free agents minus waiting calls plus `spare`; above the drop
    `limit` it goes to 1 (HARD), is halved (AVERAGE) or shrinks with the hours left (TAPERED)."""

    def __init__(self, method: str, limit: float, spare: int) -> None:
        self._method, self._limit, self._spare = method, limit, spare
        self._level: NDArray[np.float64] | None = None
        self._samples: deque[Counts] = deque(maxlen=15)

    def __call__(self, worlds: Worlds) -> Counts:
        """Return how many calls to begin."""
        level = np.ones(len(worlds.agents)) if self._level is None else self._level
        self._samples.append(worlds.free - worlds.waiting)
        if len(self._samples) == 15:
            level = level * (1 + (np.mean(self._samples, axis=0) + self._spare) / worlds.agents)
            over = (worlds.answered > 50) & (worlds.abandoned > self._limit * worlds.answered)
            level = np.clip(np.where(over, self._punished(level, worlds.now), level), 1.0, 3.0)
            self._samples.clear()
        self._level = level
        live = worlds.busy + worlds.waiting
        return np.floor(level * worlds.agents).astype(np.int64) - live - worlds.in_flight

    def _punished(self, level: NDArray[np.float64], now: float) -> NDArray[np.float64]:
        if self._method == "HARD":
            return np.ones_like(level)
        return level / 2 if self._method == "AVERAGE" else level * max(0.0, 2.0 - now / 3600) / 10


class Ours:
    """The rule of the product. `wrong`: how many times the true answer rate it believes in, all the time; the product
    learns it from the last half hour."""

    def __init__(self, wrong: NDArray[np.float64], cap: float = CAP) -> None:
        self._wrong, self._cap = wrong, cap
        self._believed: list[float] = []
        self._handle: list[float] = []
        self._ring: list[float] = []
        self._chances: NDArray[np.float64] | None = None

    def __call__(self, worlds: Worlds) -> Counts:
        """Return how many calls to begin."""
        ages, ringing = worlds.rung()
        if self._chances is None:
            self._chances = self._chance_by_age(worlds)
        by_age = self._chances[:, np.rint(ages / worlds.times.step).astype(np.int64)]
        expected = (ringing * by_age).sum(axis=1).tolist()
        variance = (ringing * by_age * (1 - by_age)).sum(axis=1).tolist()
        pictures = zip(
            *(one.tolist() for one in (worlds.free, worlds.busy, worlds.wrapping, worlds.waiting)), strict=True
        )
        calls, answered, abandoned = worlds.in_flight.tolist(), worlds.answered.tolist(), worlds.abandoned.tolist()
        found = np.zeros(len(calls), np.int64)
        for index, (free, busy, wrapping, waiting) in enumerate(pictures):
            found[index] = predictive(
                AgentPicture(free=free, busy=busy, wrapping=wrapping, waiting=waiting),
                Ringing(calls=calls[index], expected=expected[index], variance=variance[index]),
                self._seen(worlds, index, answered[index], abandoned[index]),
                self._cap,
            )
        return found

    def _seen(self, worlds: Worlds, index: int, answered: int = 0, abandoned: int = 0) -> Experience:
        return Experience(
            answer_rate=self._believed[index],
            ring_seconds=self._ring[index],
            handle_seconds=self._handle[index],
            wrap_seconds=worlds.times.wrap,
            abandoned_share=abandoned / answered if answered else 0.0,
            answered=answered,
        )

    def _chance_by_age(self, worlds: Worlds) -> NDArray[np.float64]:
        self._believed = np.minimum(worlds.answer_rate * self._wrong, 1.0).tolist()
        self._handle = (worlds.talk_seconds + worlds.times.wrap).tolist()
        self._ring = [sum(worlds.times.ring) / 2] * len(worlds.agents)
        return self._chances_of(worlds)

    def _chances_of(self, worlds: Worlds) -> NDArray[np.float64]:
        experiences = [self._seen(worlds, index) for index in range(len(worlds.agents))]
        ages = [step * worlds.times.step for step in range(worlds.times.slots)]
        return np.array([[answer_chance(age, seen) for age in ages] for seen in experiences])


class Learning(Ours):
    """The same beginning with the product's guesses, and learning as the product does: for few centres, it is slow."""

    def __call__(self, worlds: Worlds) -> Counts:
        """Return how many calls to begin."""
        self._chances = self._chance_by_age(worlds)
        return super().__call__(worlds)

    def _chance_by_age(self, worlds: Worlds) -> NDArray[np.float64]:
        usual = Experience()
        ended = worlds.answered + worlds.unanswered
        known, talks = ended >= LEAST_ATTEMPTS, np.maximum(worlds.talked, 1)
        self._believed = np.where(known, worlds.answered / np.maximum(ended, 1), usual.answer_rate).tolist()
        learnt = worlds.talked_seconds / talks + worlds.times.wrap
        self._handle = np.where(worlds.talked > 0, learnt, usual.handle_seconds).tolist()
        self._ring = np.where(worlds.talked > 0, sum(worlds.times.ring) / 2, usual.ring_seconds).tolist()
        return self._chances_of(worlds)


RATIOS = (1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0)
VICIDIAL = [
    (method, limit, spare)
    for method in ("HARD", "AVERAGE", "TAPERED")
    for limit in (0.01, 0.02, 0.03)
    for spare in (0, -1)
]
#: Of each rival every setting, under the words it is reported with.
RIVALS: dict[str, dict[str, Callable[[], Rule]]] = {
    "1:1": {"": lambda: ratio(1.0)},
    "fixed": {f"{calls:g}": lambda calls=calls: ratio(calls) for calls in RATIOS},
    "VICIdial": {
        f"{method} {limit:.0%} {spare:+d}": lambda one=(method, limit, spare): Vicidial(*one)
        for method, limit, spare in VICIDIAL
    },
}
