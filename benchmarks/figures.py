"""A measured figure, the table they are printed in, and the files they land in. No measuring here."""

from __future__ import annotations

import json
import math
import os
import platform
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

#: What stands in bench.json, as in faults.json; interval and note are printed and kept in results/.
_PLAIN = ("name", "value", "unit", "target", "met", "seed")
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. `met` None: there is no target; `interval`: 95 % confidence, bootstrapped."""

    name: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None
    interval: tuple[float, float] | None = None
    note: str = ""
    seed: int = 1


def at_most(name: str, value: float, unit: str, limit: float, **more: object) -> Figure:
    """Return a figure whose target is an upper limit."""
    return Figure(name=name, value=value, unit=unit, target=f"≤ {limit:g}", met=value <= limit, **more)  # type: ignore[arg-type]


def at_least(name: str, value: float, unit: str, limit: float, **more: object) -> Figure:
    """Return a figure whose target is a lower limit."""
    return Figure(name=name, value=value, unit=unit, target=f"≥ {limit:g}", met=value >= limit, **more)  # type: ignore[arg-type]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)


def interval(
    groups: Sequence[Sequence[float]], figure: Callable[..., float], rounds: int = 400
) -> tuple[float, float] | None:
    """Return the 95 % interval of `figure(*groups)` when each group is drawn again from itself (bootstrap, seed 1)."""
    if any(len(group) < 5 for group in groups):
        return None
    draw = random.Random(1)
    found = sorted(figure(*[draw.choices(group, k=len(group)) for group in groups]) for _ in range(rounds))
    return found[int(0.025 * rounds)], found[int(0.975 * rounds) - 1]


def machine() -> str:
    """Say what measured."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = next((line.split(":")[1].strip() for line in info.splitlines() if line.startswith("model name")), "?")
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}, load at the start {load:.1f}"


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as text for a terminal."""
    lines = [f"{'':2}{'figure':66} {'value':>12} {'target':>10}  {'95 % interval':>19}  note"]
    for one in figures:
        mark = {True: "✓", False: "✗", None: " "}[one.met]
        between = f"{one.interval[0]:.3g} … {one.interval[1]:.3g}" if one.interval else ""
        lines.append(f"{mark} {one.name:66} {one.value:>8.4g} {one.unit:5} {one.target:>8}  {between:>19}  {one.note}")
    return "\n".join(lines)


def save(figures: Sequence[Figure], command: str, where: str, state: Path, *, whole: bool) -> Path:
    """Write `bench.json` in the state folder; of a whole run also a dated file with machine and command in results/."""
    rows = [asdict(one) | ({"value": None} if not math.isfinite(one.value) else {}) for one in figures]
    state.mkdir(parents=True, exist_ok=True)
    path = state / "bench.json"
    plain = [{name: row[name] for name in _PLAIN} for row in rows]
    path.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if whole:
        RESULTS.mkdir(exist_ok=True)
        now = datetime.now(UTC)
        path = RESULTS / f"{now:%Y-%m-%d}.json"
        told = {"command": command, "machine": where, "at": f"{now:%Y-%m-%dT%H:%MZ}", "figures": rows}
        path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path
