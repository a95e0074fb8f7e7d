"""How long the engine takes for each step of a menu: its own time, the waiting for PBX and caller not counted.

What does not live here: playing the steps (player), telling the figures (engine/metrics).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

#: Upper bounds in seconds.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


@dataclass(slots=True)
class Spread:
    """How many took how long. `counts` has one place more than BUCKETS, for what took longer than all."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    @property
    def cumulative(self) -> dict[str, int]:
        """Return how many took at most so long, by bound; "+Inf" last."""
        found: dict[str, int] = {}
        so_far = 0
        for bound, count in zip((*(f"{one:g}" for one in BUCKETS), "+Inf"), self.counts, strict=True):
            so_far += count
            found[bound] = so_far
        return found


class StepTimes:
    """One spread for each kind of step."""

    def __init__(self) -> None:
        self.by_kind: dict[str, Spread] = {}

    def add(self, kind: str, seconds: float) -> None:
        """Count one step."""
        self.by_kind.setdefault(kind, Spread()).add(max(0.0, seconds))
