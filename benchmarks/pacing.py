"""Simulates afternoons of outbound calls for agents: 5 to 100 agents, three answer rates, two lengths of talks, with
the answer rate estimated right, too high and too low. `make bench ONLY=pacing`.

Of each rival (one call for each free agent, fixed ratios, VICIdial's published rule) the setting counts that is best in
the cell among those whose abandoned share stays below the cap: none of them could know it beforehand.
What does not live here: the centres (pacing_world.py), the rules (pacing_rules.py, ccengine/hotline/pacing.py).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from figures import Figure, at_least, at_most, interval
from pacing_rules import CAP, RIVALS, Ours, Rule
from pacing_world import Cell, Worlds

AGENTS, ANSWER_RATES, TALK_SECONDS = (5, 10, 20, 40, 100), (0.2, 0.3, 0.5), (60.0, 180.0)
CELLS = [Cell(agents, rate, talk) for agents in AGENTS for rate in ANSWER_RATES for talk in TALK_SECONDS]
#: How many times the true answer rate is believed, from beginning to end.
ESTIMATES = {"right": 1.0, "too high": 1.5, "too low": 1 / 1.5}
SEEDS = 5


@dataclass(frozen=True)
class Found:
    """What a rule came to in one cell, in percent, one figure for each afternoon."""

    busy: tuple[float, ...]
    abandoned: tuple[float, ...]

    @property
    def lawful(self) -> bool:
        """Whether the abandoned share is at most the cap."""
        return fmean(self.abandoned) <= 100 * CAP

    def __str__(self) -> str:
        return f"{fmean(self.busy):.1f}/{fmean(self.abandoned):.1f}"


def _run(cells: list[Cell], rule: Rule, seed: int) -> list[Found]:
    worlds = Worlds([one for one in cells for _ in range(SEEDS)], seed).run(rule)
    busy, abandoned = worlds.busy_percent.reshape(-1, SEEDS), worlds.abandoned_percent.reshape(-1, SEEDS)
    return [Found(tuple(one), tuple(other)) for one, other in zip(busy.tolist(), abandoned.tolist(), strict=True)]


def _best(settings: dict[str, list[Found]], cell: int) -> tuple[str, Found] | None:
    lawful = {name: found[cell] for name, found in settings.items() if found[cell].lawful}
    name = max(lawful, key=lambda one: fmean(lawful[one].busy), default=None)
    return None if name is None else (name, lawful[name])


def compare() -> list[Figure]:
    """Return a figure for each cell and estimate, and for each estimate how the cap was kept."""
    began = time.process_time()
    rivals = {
        rival: {name: _run(CELLS, make(), 1) for name, make in settings.items()} for rival, settings in RIVALS.items()
    }
    believed = [wrong for wrong in ESTIMATES.values() for _ in CELLS]
    ours = _run(CELLS * len(ESTIMATES), Ours(np.repeat(believed, SEEDS)), 2)
    figures: list[Figure] = []
    for number, estimate in enumerate(ESTIMATES):
        found = ours[number * len(CELLS) : (number + 1) * len(CELLS)]
        rows = [_row(cell, estimate, found[index], index, rivals) for index, cell in enumerate(CELLS)]
        figures += rows + _summary(estimate, found, rows)
    figures.append(Figure(name="pacing: CPU of this part", value=round(time.process_time() - began, 1), unit="s"))
    return figures


def _row(cell: Cell, estimate: str, ours: Found, index: int, rivals: dict[str, dict[str, list[Found]]]) -> Figure:
    notes, most = [f"abandoned {fmean(ours.abandoned):.1f}"], 0.0
    for rival, settings in rivals.items():
        if (best := _best(settings, index)) is None:
            notes.append(f"{rival} never below the cap")
            continue
        notes.append(f"{rival} {best[0]} {best[1]}".replace("  ", " "))
        most = max(most, fmean(best[1].busy))
    name = f"pacing: busy, {cell.agents} agents, {cell.answer_rate:.0%}, {cell.talk_seconds:.0f} s, estimate {estimate}"
    between = interval([ours.busy], fmean)
    value = round(fmean(ours.busy), 1)
    return at_least(name, value, "%", round(most, 1), interval=between, note=" · ".join(notes))


def _summary(estimate: str, found: list[Found], rows: list[Figure]) -> list[Figure]:
    """Return the highest abandoned shares, and how many cells are won: all, and those the rule may plan ahead in."""
    share, day = max(fmean(one.abandoned) for one in found), max(max(one.abandoned) for one in found)
    won = sum(bool(one.met) for one in rows)
    return [
        at_most(f"pacing: abandoned, highest cell, estimate {estimate}", round(share, 2), "%", 100 * CAP),
        at_most(f"pacing: abandoned, worst single afternoon, estimate {estimate}", round(day, 2), "%", 100 * CAP),
        at_least(f"pacing: cells as busy as every rival, estimate {estimate}", won, "", len(rows)),
    ]


async def measure() -> list[Figure]:
    """Return all figures."""
    return await asyncio.to_thread(compare)


if __name__ == "__main__":
    from figures import table

    print(table(asyncio.run(measure())))
