"""What a fault's run comes to: figures with their targets, the table people read, .run/faults.json.

What does not live here: running faults (fault_run), judging calls (oracle).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from injecting import Done, Fault
from oracle import Verdict


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured figure; `target` None: shown only. Times must not pass it, counts be it, or reach it (`least`)."""

    name: str
    value: float
    unit: str = ""
    target: float | None = None
    median: float | None = None
    least: bool = False

    @property
    def met(self) -> bool:
        """Whether it is as good as it should be."""
        if self.target is None:
            return True
        if self.least:
            return self.value >= self.target
        return round(self.value, self.digits) <= self.target if self.unit == "s" else self.value == self.target

    @property
    def digits(self) -> int:
        """How exactly a time is shown, and judged."""
        return 2 if self.target is not None and self.target < 3 else 1


@dataclass(kw_only=True)
class Row:
    """What became of one fault on one database."""

    fault: str
    kind: str
    seed: int
    folder: Path
    done: Done = field(default_factory=Done)
    verdict: Verdict = field(default_factory=Verdict)
    lost: int = 0
    settled: float = 0.0
    ready: list[float] = field(default_factory=list)
    error: str = ""
    not_run: str = ""

    def figures(self, fault: Fault) -> list[Figure]:
        """Return all figures, each with its target."""
        verdict = self.verdict
        repairs = verdict.repairs if not fault.live_records else verdict.repairs - verdict.from_live
        found = [
            Figure(name="breaks", value=self.done.breaks),
            Figure(name="calls judged", value=verdict.judged),
            Figure(name="lost calls", value=self.lost, target=0),
            Figure(name="records missing, doubled, open", value=verdict.count("I1", "I8"), target=0),
            Figure(name="orders missing, doubled", value=verdict.count("I2", "I3"), target=0),
            Figure(name="other findings", value=verdict.others(), target=0),
            Figure(name="repairs", value=repairs, target=0),
            Figure(name="unsure", value=verdict.unsure + verdict.quiet),
        ]
        if verdict.unrecorded:
            found.append(Figure(name="calls marked as not (wholly) recorded", value=verdict.unrecorded))
        found += [Figure(name=name, value=value) for name, value in sorted(self.done.counts.items())]
        found += [Figure(name=name, value=value, target=0) for name, value in sorted(self.done.wrong.items())]
        times = {"engine ready": self.ready, **self.done.seconds, "settled": [self.settled]}
        for name, values in times.items():
            if values:
                middle = sorted(values)[len(values) // 2]
                target = fault.targets.get(name)
                found.append(Figure(name=name, value=max(values), unit="s", target=target, median=middle))
        missing = [name for name in fault.targets if not times.get(name)]
        found += [Figure(name=f"not measured: {name}", value=1, target=0) for name in missing]
        return found


#: What needs no world has no times and no targets but 0.
_PURE = Fault(inject=None)  # type: ignore[arg-type]


def table(rows: list[Row], faults: dict[str, Fault]) -> str:
    """Return one line per fault and database: how much was broken and judged, what was wrong, times and targets."""
    heads = ("fault", "on", "breaks", "calls", "lost", "records", "orders", "other", "repairs", "unsure", "measured")
    lines = [heads, tuple("-" * len(head) for head in heads)]
    for row in rows:
        if row.not_run:
            lines.append((row.fault, row.kind, *["-"] * 8, f"not run: {row.not_run}"))
            continue
        figures = row.figures(faults.get(row.fault, _PURE))
        first = [f"{one.value:g}{'' if one.met else ' !'}" for one in figures[:8]]
        shown = [_shown(one) for one in figures[8:]]
        lines.append((row.fault, row.kind, *first, ("FAILED, " if row.error else "") + ", ".join(shown)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _shown(one: Figure) -> str:
    if one.unit != "s":
        wanted = "" if one.met else f" (target {one.target:g})"
        return f"{one.name} {one.value:g}{wanted}"
    limit = "" if one.target is None else f" ≤ {one.target:g}{'' if one.met else ' !'}"
    return f"{one.name} {one.median:.{one.digits}f} (max {one.value:.{one.digits}f}{limit}) s"


def results(rows: list[Row], faults: dict[str, Fault]) -> list[dict[str, object]]:
    """Return what .run/faults.json holds."""
    found: list[dict[str, object]] = []
    for row in rows:
        stem = f"{row.fault} [{row.kind}]"
        if row.not_run or row.error:
            name = f"{stem}: {'not run' if row.not_run else 'failed'}"
            found.append(
                {"name": name, "value": row.not_run or row.error, "unit": "", "target": "", "met": False}
                | {"seed": row.seed}
            )
        if row.not_run:
            continue
        for one in row.figures(faults.get(row.fault, _PURE)):
            found.append(as_result(one, row.seed, f"{stem}: "))
    return found


def as_result(one: Figure, seed: int, of: str = "") -> dict[str, object]:
    """Return a figure as it stands in .run/faults.json."""
    facts = {"name": f"{of}{one.name}", "value": round(one.value, 3), "unit": one.unit, "target": one.target}
    return {**facts, "met": one.met, "seed": seed}
