"""`make faults`: breaks a running hotline again and again and prints what was lost. SEED=, MINUTES=, ONLY=.

Each fault gets a world of its own; its folder below .run/faults holds every witness's log, for `judge_again.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "pbx"), str(HERE.parent / "system")]

from fault_pbx import FaultPbx  # noqa: E402
from injecting import Done  # noqa: E402
from injectors import FAULTS  # noqa: E402
from oracle import Verdict  # noqa: E402
from postgres import postgres_behind_proxy  # noqa: E402
from world import World, world  # noqa: E402

ROOT = HERE.parents[1]
#: Shares of the time: what has many points to break at gets more of it.
WEIGHTS = {"engine killed at each commit": 3.0}
PBX_OPTIONS = {"wrapup_gap_seconds": 1, "ring_seconds": 5}


@dataclass(kw_only=True)
class Row:
    """One line of the table."""

    fault: str
    seed: int
    done: Done
    verdict: Verdict
    lost: int
    settled: float
    ready: list[float]
    folder: Path
    error: str = ""


async def one_fault(pbx: FaultPbx, fault: str, seed: int, seconds: float, place: Path) -> Row:
    """Break one thing for so long, let all become quiet, judge."""
    folder = place / fault.replace(" ", "_").replace("(", "").replace(")", "")
    state = folder / "state"
    done, error = Done(), ""
    async with postgres_behind_proxy(fault.startswith("PostgreSQL")) as (url, proxy):
        async with world(pbx, state, folder, seed, database_url=url) as here:
            here.database = proxy
            try:
                done = await FAULTS[fault](here, time.monotonic() + seconds)
            except AssertionError as failed:
                error = str(failed).splitlines()[0][:160] if str(failed) else repr(failed)
                here.note("failed", error=str(failed)[:3000])
                if here.site.pid is None:
                    await here.restart_engine(time.time())
            await here.traffic.wait_callers(40)
            verdict, settled = await here.verdict()
            return Row(
                fault=fault,
                seed=seed,
                done=done,
                verdict=verdict,
                lost=lost_calls(here),
                settled=settled,
                ready=here.ready_seconds,
                folder=folder,
                error=error,
            )


def lost_calls(here: World) -> int:
    """Callers whom the hotline dropped or refused: it ended the call, and no agent did. The PBX's own death apart."""
    lost = 0
    for one in here.people():
        if one.pbx_died_at is not None:
            continue
        dropped = one.entered and one.dialog.ended_at is not None and not one.dialog.ended_by_us
        by_agent = one.talk is not None and one.talk[0].ended_by_us
        lost += (dropped and not by_agent) or one.dialog.refused is not None
    return lost


def _table(rows: list[Row]) -> str:
    heads = (
        "fault",
        "breaks",
        "calls",
        "lost",
        "missing/doubled",
        "orders",
        "other",
        "repairs",
        "unsure",
        "seconds to recover",
    )
    lines = [heads, tuple("-" * len(head) for head in heads)]
    for row in rows:
        verdict = row.verdict
        times = {"ready": row.ready, **row.done.seconds, "settled": [row.settled]}
        shown = ", ".join(
            f"{name} {sorted(values)[len(values) // 2]:.1f} (max {max(values):.1f})"
            for name, values in times.items()
            if values
        )
        records, orders = verdict.count("I1", "I8"), verdict.count("I2", "I3")
        other = len(verdict.findings) - records - orders
        unsure = verdict.unsure + verdict.quiet
        judged = (verdict.judged, row.lost, records, orders, other, verdict.repairs, unsure)
        cells = (row.fault, row.done.breaks, *judged, shown)
        lines.append(tuple(str(cell) for cell in cells))
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _results(rows: list[Row]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for row in rows:
        figures = {
            "breaks": row.done.breaks,
            "lost calls": row.lost,
            "records missing or doubled": row.verdict.count("I1", "I8"),
            "orders missing or doubled": row.verdict.count("I2", "I3"),
            "other findings": row.verdict.count("I4", "I5", "I6", "I9", "wrap-up", "witness"),
            "repairs": row.verdict.repairs,
        }
        for name, value in figures.items():
            target = None if name == "breaks" else 0
            met = target is None or value == target
            one = {"name": f"{row.fault}: {name}", "value": value, "unit": "", "target": target, "met": met}
            found.append({**one, "seed": row.seed})
        for name, values in {"engine ready": row.ready, **row.done.seconds}.items():
            if values:
                one = {"name": f"{row.fault}: {name}, longest", "value": round(max(values), 2), "unit": "s"}
                found.append({**one, "target": None, "met": True, "seed": row.seed})
    return found


async def run(seed: int, minutes: float, only: str) -> list[Row]:
    """Share the time among the faults; one private PBX for all."""
    faults = [name for name in FAULTS if only.lower() in name.lower()]
    place = ROOT / ".run" / "faults" / f"seed-{seed}"
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="ccengine-faults-") as name:
        Path(name).chmod(0o755)
        pbx = FaultPbx.create(Path(name) / "state", pbx=PBX_OPTIONS)
        pbx.start()
        try:
            share = minutes * 60 / sum(WEIGHTS.get(fault, 1.0) for fault in faults)
            for fault in faults:
                row = await one_fault(pbx, fault, seed, max(15.0, share * WEIGHTS.get(fault, 1.0) - 20), place)
                rows.append(row)
                print(f"{row.fault}: {row.done.breaks} breaks, {len(row.verdict.findings)} findings", flush=True)
                for finding in row.verdict.findings:
                    print(f"  {finding}  (SEED={row.seed} {row.folder})", flush=True)
                if row.error:
                    print(f"  failed: {row.error}  (SEED={row.seed} {row.folder})", flush=True)
        finally:
            pbx.stop()
    return rows


def main() -> None:
    """Run, print, write .run/faults.json; exit code 1 when anything was found."""
    seed = int(os.environ.get("SEED") or time.time_ns() % 100_000)
    minutes = float(os.environ.get("MINUTES") or 30)
    print(f"SEED={seed} MINUTES={minutes:g}", flush=True)
    rows = asyncio.run(run(seed, minutes, os.environ.get("ONLY", "")))
    print("\n" + _table(rows))
    (ROOT / ".run" / "faults.json").write_text(json.dumps(_results(rows), ensure_ascii=False, indent=1), "utf-8")
    sys.exit(any(row.verdict.findings or row.lost or row.error for row in rows))


if __name__ == "__main__":
    main()
