"""Many simulated outbound call centres at once, in short steps: what happens to calls, agents and people.

Only counts are kept (one row of an array is one centre), so that hundreds of them pass an afternoon in a second.
Where nothing else is said, answers come 4 to 18 s after dialling and calls nobody answers end after 28 s; talks are
exponential, wrap-up is fixed.
What does not live here: the rules compared (pacing_rules.py), the comparison (pacing.py), the same with real phones
(pacing_real.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

#: Rules are asked each second.
_QUESTION_SECONDS = 1.0
_LEAST_SLOTS = 64


@dataclass(frozen=True, kw_only=True)
class Times:
    """How long things take, in seconds. `ring`: shortest and longest until an answer; `unanswered`: until nobody is
    waited for any more; a person who answered is abandoned in the step in which they have waited `patience`; `look`:
    how often a waiting person is offered to the agents (Asterisk's queue: its `retry`), None: all the time; `talk`:
    shortest and longest, None: exponential about the cell's mean; `counted_from`: what is before does not count."""

    step: float = 0.5
    length: float = 2.0 * 3600
    counted_from: float = 0.0
    wrap: float = 15.0
    ring: tuple[float, float] = (4.0, 18.0)
    unanswered: float = 28.0
    patience: float = 2.0
    look: float | None = None
    talk: tuple[float, float] | None = None

    def steps(self, seconds: float) -> int:
        """Return a time in whole steps."""
        return int(seconds / self.step)

    @property
    def slots(self) -> int:
        """Return how many steps any ring, talk or wrap-up fits into."""
        longest = max(self.wrap, self.unanswered, *self.ring, *(self.talk or ()))
        return max(_LEAST_SLOTS, self.steps(longest) + 2)


@dataclass(frozen=True)
class Cell:
    """What one centre is like."""

    agents: int
    answer_rate: float
    talk_seconds: float


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What is drawn beforehand: of the n-th call whether and after how many seconds it is answered, the n-th talk."""

    answered: NDArray[np.bool_]
    rings: NDArray[np.float64]
    talks: NDArray[np.float64]


class Worlds:
    """Centres side by side; `cells` has one entry for each of them. `drawn`: one set of draws for all of them."""

    def __init__(
        self, cells: Sequence[Cell], seed: int = 1, times: Times | None = None, drawn: Drawn | None = None
    ) -> None:
        self.times = times = times or Times()
        self.agents = np.array([one.agents for one in cells])
        self.answer_rate = np.array([one.answer_rate for one in cells])
        self.talk_seconds = np.array([one.talk_seconds for one in cells])
        many = len(cells)
        self.free = self.agents.copy()
        self.talking, self.wrapping, self.in_flight, self.answered, self.abandoned = np.zeros((5, many), np.int64)
        self.busy_seconds = np.zeros(many)
        self.now = 0.0
        self._waiting = [np.zeros(many, np.int64) for _ in range(times.steps(times.patience))]
        self._slots = times.slots
        self._ended, self._wrapped, self._ringing = np.zeros((3, many, self._slots), np.int64)
        self._answers = np.zeros(
            (many, self._slots, self._slots), np.int16
        )  # by the slot of the answer, of the dialling
        self._ends = -np.expm1(-times.step / self.talk_seconds)
        self._rows = np.arange(many)
        self._random = np.random.default_rng(seed)
        self._drawn = drawn
        self.dialled, self.unanswered, self.talked, self._talks = np.zeros((4, many), np.int64)
        self.talked_seconds, self._ended_seconds = np.zeros(many), np.zeros((many, self._slots))
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
        every = self.times.steps(_QUESTION_SECONDS)
        for step in range(self.times.steps(self.times.length)):
            self._pass()
            if step % every == 0:
                self._dial(np.maximum(rule(self), 0))
        return self

    def rung(self) -> tuple[NDArray[np.float64], Counts]:
        """Return ages in seconds, and for each centre how many calls of each age are ringing."""
        ages = ((self._step - np.arange(self._slots)) % self._slots) * self.times.step
        return ages, self._ringing

    def _pass(self) -> None:
        self._step += 1
        times = self.times
        self.now = self._step * times.step
        slot = self._step % self._slots
        ended = self._random.binomial(self.talking, self._ends) if times.talk is None else self._take(self._ended, slot)
        self._wrapped[:, (self._step + times.steps(times.wrap)) % self._slots] += ended
        done = self._take(self._wrapped, slot)
        self.talking -= ended
        self.talked += ended
        self.talked_seconds += self._ended_seconds[:, slot]
        self._ended_seconds[:, slot] = 0
        self.wrapping += ended - done
        self.free += done
        by_dialling = self._answers[:, slot]
        answered = by_dialling.sum(axis=1)
        self._ringing -= by_dialling
        by_dialling[:] = 0
        given_up = self._take(self._ringing, (self._step - times.steps(times.unanswered)) % self._slots)
        self.in_flight -= answered + given_up
        self.answered += answered
        self.unanswered += given_up
        self.abandoned += self._waiting.pop()
        self._waiting.insert(0, answered)
        for place in range(len(self._waiting) - 1, -1, -1):
            if times.look is not None and place % times.steps(times.look):
                continue
            connected = np.minimum(self.free, self._waiting[place])
            self._waiting[place] = self._waiting[place] - connected
            self.free -= connected
            self._talk(connected)
        if self.now > times.counted_from:
            self.busy_seconds += self.busy * times.step

    def _talk(self, connected: Counts) -> None:
        self.talking += connected
        if self.times.talk is not None:
            rows = np.repeat(self._rows, connected)
            lengths = np.rint(self._talk_seconds(rows, connected) / self.times.step).astype(np.int64)
            ends = (rows, (self._step + lengths) % self._slots)
            np.add.at(self._ended, ends, 1)
            np.add.at(self._ended_seconds, ends, lengths * self.times.step)

    def _talk_seconds(self, rows: Counts, connected: Counts) -> NDArray[np.float64]:
        assert self.times.talk is not None
        if self._drawn is None:
            return self._random.uniform(*self.times.talk, len(rows))
        number = _numbers(self._talks, connected)
        self._talks += connected
        return self._drawn.talks[number]

    @staticmethod
    def _take(due: Counts, slot: int) -> Counts:
        found = due[:, slot].copy()
        due[:, slot] = 0
        return found

    def _dial(self, calls: Counts) -> None:
        self.in_flight += calls
        if self._drawn is None:
            rows = np.repeat(self._rows, self._random.binomial(calls, self.answer_rate))
            seconds = self._random.uniform(*self.times.ring, len(rows))
        else:
            number = _numbers(self.dialled, calls)
            rows = np.repeat(self._rows, calls)[self._drawn.answered[number]]
            seconds = self._drawn.rings[number][self._drawn.answered[number]]
        self.dialled += calls
        rings = np.ceil(seconds / self.times.step).astype(np.int64)
        slot = self._step % self._slots
        np.add.at(self._answers, (rows, (self._step + rings) % self._slots, slot), 1)
        self._ringing[:, slot] = calls

    # --- what came out

    @property
    def busy_percent(self) -> NDArray[np.float64]:
        """How much of the agents' time was busy."""
        return 100 * self.busy_seconds / (self.agents * (self.now - self.times.counted_from))

    @property
    def abandoned_percent(self) -> NDArray[np.float64]:
        """How many of those who answered got no agent."""
        return 100 * self.abandoned / np.maximum(self.answered, 1)


def _numbers(already: Counts, more: Counts) -> Counts:
    """Return the numbers of the next `more` things of each centre, centre after centre."""
    return np.concatenate([np.arange(begin, begin + many) for begin, many in zip(already, more, strict=True)])
