"""Many simulated outbound call centres at once, in half-second steps: what happens to calls, agents and people.

Only counts are kept (one row of an array is one centre), so that hundreds of them pass an afternoon in a second.
Answers come 4 to 18 s after dialling, calls nobody answers end after 28 s; talks are exponential, wrap-up is fixed.
What does not live here: the rules compared (pacing_rules.py), the comparison (pacing.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

STEP_SECONDS = 0.5
#: Rules are asked each second.
_STEPS_PER_QUESTION = 2
HOURS = 2.0
WRAP_SECONDS = 15.0
RING_SECONDS = (4.0, 18.0)
UNANSWERED_SECONDS = 28.0
#: A person who answered is abandoned in the step in which they have waited so long.
PATIENCE_SECONDS = 2.0
#: Steps that any ring or wrap-up fits into.
_SLOTS = 64


@dataclass(frozen=True)
class Cell:
    """What one centre is like."""

    agents: int
    answer_rate: float
    talk_seconds: float


class Worlds:
    """Centres side by side; `cells` has one entry for each of them."""

    def __init__(self, cells: Sequence[Cell], seed: int = 1) -> None:
        self.agents = np.array([one.agents for one in cells])
        self.answer_rate = np.array([one.answer_rate for one in cells])
        self.talk_seconds = np.array([one.talk_seconds for one in cells])
        many = len(cells)
        self.free = self.agents.copy()
        self.talking, self.wrapping, self.in_flight, self.answered, self.abandoned = np.zeros((5, many), np.int64)
        self.busy_seconds = np.zeros(many)
        self.now = 0.0
        self._waiting = [np.zeros(many, np.int64) for _ in range(int(PATIENCE_SECONDS / STEP_SECONDS))]
        self._wrapped, self._ringing = np.zeros((2, many, _SLOTS), np.int64)
        self._answers = np.zeros((many, _SLOTS, _SLOTS), np.int16)  # by the slot of the answer, of the dialling
        self._ends = -np.expm1(-STEP_SECONDS / self.talk_seconds)
        self._rows = np.arange(many)
        self._random = np.random.default_rng(seed)
        self._step = 0

    @property
    def waiting(self) -> Counts:
        """People who answered and have no agent yet."""
        return np.sum(self._waiting, axis=0)

    @property
    def busy(self) -> Counts:
        """Agents in a talk or in wrap-up."""
        return self.talking + self.wrapping

    def run(self, rule: Callable[[Worlds], Counts]) -> Worlds:
        """Let the hours pass, asking the rule each second how many calls to begin in each centre."""
        for step in range(int(HOURS * 3600 / STEP_SECONDS)):
            self._pass()
            if step % _STEPS_PER_QUESTION == 0:
                self._dial(np.maximum(rule(self), 0))
        return self

    def rung(self) -> tuple[NDArray[np.float64], Counts]:
        """Return ages in seconds, and for each centre how many calls of each age are ringing."""
        ages = ((self._step - np.arange(_SLOTS)) % _SLOTS) * STEP_SECONDS
        return ages, self._ringing

    def _pass(self) -> None:
        self._step += 1
        self.now = self._step * STEP_SECONDS
        slot = self._step % _SLOTS
        ended = self._random.binomial(self.talking, self._ends)
        self._wrapped[:, (self._step + int(WRAP_SECONDS / STEP_SECONDS)) % _SLOTS] += ended
        done = self._take(self._wrapped, slot)
        self.talking -= ended
        self.wrapping += ended - done
        self.free += done
        by_dialling = self._answers[:, slot]
        answered = by_dialling.sum(axis=1)
        self._ringing -= by_dialling
        by_dialling[:] = 0
        given_up = self._take(self._ringing, (self._step - int(UNANSWERED_SECONDS / STEP_SECONDS)) % _SLOTS)
        self.in_flight -= answered + given_up
        self.answered += answered
        self.abandoned += self._waiting.pop()
        self._waiting.insert(0, answered)
        for place in range(len(self._waiting) - 1, -1, -1):
            connected = np.minimum(self.free, self._waiting[place])
            self._waiting[place] = self._waiting[place] - connected
            self.free -= connected
            self.talking += connected
        self.busy_seconds += self.busy * STEP_SECONDS

    @staticmethod
    def _take(due: Counts, slot: int) -> Counts:
        found = due[:, slot].copy()
        due[:, slot] = 0
        return found

    def _dial(self, calls: Counts) -> None:
        self.in_flight += calls
        answers = self._random.binomial(calls, self.answer_rate)
        rows = np.repeat(self._rows, answers)
        rings = np.ceil(self._random.uniform(*RING_SECONDS, len(rows)) / STEP_SECONDS).astype(np.int64)
        slot = self._step % _SLOTS
        np.add.at(self._answers, (rows, (self._step + rings) % _SLOTS, slot), 1)
        self._ringing[:, slot] = calls

    # --- what came out

    @property
    def busy_percent(self) -> NDArray[np.float64]:
        """How much of the agents' time was busy."""
        return 100 * self.busy_seconds / (self.agents * self.now)

    @property
    def abandoned_percent(self) -> NDArray[np.float64]:
        """How many of those who answered got no agent."""
        return 100 * self.abandoned / np.maximum(self.answered, 1)
