"""`make faults`: breaks a running hotline again and again and prints what was lost.

SEED=, MINUTES=, ONLY= (parts of faults' names, with commas between), DATABASE=sqlite|postgresql (both when not given),
LONG=1 (also what takes ten minutes by itself), KILLS= (so many counted kills, shared by the databases, however long
they take). Each fault gets a world of its own; its folder below .run/faults holds every witness's log, for
`judge_again.py`.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "pbx"), str(HERE.parent / "system")]

import fake_clock  # noqa: E402
import permutations  # noqa: E402
from databases import KINDS, SQLITE, Databases  # noqa: E402
from fault_pbx import FaultPbx  # noqa: E402
from figures import Figure, Row, as_result, results, table  # noqa: E402
from injecting import Fault  # noqa: E402
from injectors import FAULTS, KILLED  # noqa: E402
from kills import COUNTED  # noqa: E402
from small_disk import DATABASE, mounted, small_disk  # noqa: E402
from world import NotPossible, World, world  # noqa: E402

ROOT = HERE.parents[1]
ANY_ORDER, PERMUTATIONS = "events doubled, out of order, missing", 10_000
#: Kills that were asked for by number may take so long on each database.
KILLS_PATIENCE = 3600.0
PBX_OPTIONS = {"wrapup_gap_seconds": 1, "ring_seconds": 5}


async def one_fault(
    pbx: FaultPbx,
    name: str,
    seed: int,
    seconds: float,
    place: Path,
    databases: Databases,
    kind: str = KINDS[0],
    kills: int = 0,
) -> Row:
    """Break one thing for so long (or until so many kills count), let all become quiet, judge."""
    fault = FAULTS[name]
    stem = "".join(sign if sign.isalnum() else "_" for sign in name)
    folder = place / kind / stem
    row = Row(fault=name, kind=kind, seed=seed, folder=folder)
    shutil.rmtree(folder, ignore_errors=True)  # an earlier run of the same seed
    async with AsyncExitStack() as stack:
        try:
            here = await _set_up(stack, pbx, fault, folder, seed, databases, kind)
        except NotPossible as impossible:
            row.not_run = str(impossible)
            return row
        except AssertionError as failed:
            row.error = f"not set up: {_first_line(failed)}"
            (folder / "failed.txt").write_text(str(failed), encoding="utf-8")
            return row
        here.kills_wanted = kills
        try:
            row.done = await fault.inject(here, time.monotonic() + seconds)
        except AssertionError as failed:
            row.error = _first_line(failed)
            here.note("failed", error=str(failed)[:3000])
            if here.site.pid is None:
                await here.restart_engine(time.time())
        if not row.error and fault.compare:
            await here.compare_views()
        await here.traffic.wait_callers(40)
        row.verdict, row.settled = await here.verdict()
        row.lost, row.ready = lost_calls(here), here.ready_seconds
    return row


def _first_line(failed: AssertionError) -> str:
    return str(failed).splitlines()[0][:160] if str(failed) else repr(failed)


async def _set_up(
    stack: AsyncExitStack, pbx: FaultPbx, fault: Fault, folder: Path, seed: int, databases: Databases, kind: str
) -> World:
    """A world for one fault. Raises NotPossible."""
    disk = stack.enter_context(small_disk(pbx, fault.disk, fault.disk_megabytes))
    below = None
    if fault.disk == DATABASE:
        below = folder / "state" if kind == SQLITE else Path(tempfile.mkdtemp(prefix="ccpgdisk", dir="/tmp"))
        disk = stack.enter_context(mounted(below, fault.disk_megabytes))
    clock = stack.enter_context(fake_clock.around(pbx)) if fault.stepped else None
    url, proxy = await stack.enter_async_context(databases.fresh(kind, None if kind == SQLITE else below))
    here = await stack.enter_async_context(
        world(
            pbx,
            folder / "state",
            folder,
            seed,
            database_url=url,
            sections=fault.settings,
            environment={"CC_FAULT_CLOCK": str(clock)} if clock else None,
        )
    )
    here.database, here.disk = proxy, disk
    here.database_address = databases.direct(url) if proxy is not None else ""
    here.cdr_lost, here.clock, here.phones_work = fault.cdr_lost, clock, fault.phones_work
    return here


def lost_calls(here: World) -> int:
    """Callers whom the hotline dropped or refused: it ended the call, and no agent did. The PBX's own death apart."""
    lost = 0
    for one in here.people():
        if one.pbx_died_at is not None or one.number in here.refused_rightly:
            continue
        dropped = one.entered and one.dialog.ended_at is not None and not one.dialog.ended_by_us
        by_agent = one.talk is not None and one.talk[0].ended_by_us
        lost += (dropped and not by_agent) or one.dialog.refused is not None
    return lost


def chosen(only: str, database: str, long: bool) -> list[tuple[str, str]]:
    """Return the faults to run, each with its database."""
    wanted, parts = [database] if database else list(KINDS), parts_of(only)
    return [
        (name, kind)
        for kind in wanted
        for name, fault in FAULTS.items()
        if any(part in name.lower() for part in parts) and kind in fault.on
        if long or name.lower() in parts or not fault.long_only
    ]


def parts_of(only: str) -> list[str]:
    """Return the parts of names that were asked for; an empty one fits all."""
    whole = only.lower()
    return [whole] if whole in {name.lower() for name in FAULTS} else [part.strip() for part in whole.split(",")]


def seconds_of(fault: Fault, share: float, kills: int) -> float:
    """Return how long a fault may break things, of its share of the run; a number of kills takes what it takes."""
    return KILLS_PATIENCE if kills and fault.kills else max(fault.at_least, share * fault.weight - 20)


def kills_of(name: str, faults: list[tuple[str, str]], kills: int) -> int:
    """Return how many counted kills this fault must do on each database, of so many in all; 0: as time allows."""
    return math.ceil(kills / sum(one == name for one, _ in faults)) if name == KILLED else 0


async def run(seed: int, minutes: float, faults: list[tuple[str, str]], kills: int) -> list[Row]:
    """Share the time among the faults; one private PBX for all."""
    place = ROOT / ".run" / "faults" / f"seed-{seed}"
    rows: list[Row] = []
    databases = Databases()
    with tempfile.TemporaryDirectory(prefix="ccengine-faults-") as name:
        Path(name).chmod(0o755)
        pbx = FaultPbx.create(Path(name) / "state", pbx=PBX_OPTIONS)
        pbx.start()
        try:
            share = minutes * 60 / sum(FAULTS[fault].weight for fault, _ in faults)
            for fault, kind in faults:
                begun = time.monotonic()
                seconds, wanted = seconds_of(FAULTS[fault], share, kills), kills_of(fault, faults, kills)
                row = await one_fault(pbx, fault, seed, seconds, place, databases, kind, wanted)
                rows.append(row)
                _tell(row, time.monotonic() - begun)
                write_results(rows)
        finally:
            pbx.stop()
            databases.close()
    return rows


def try_permutations(seed: int, place: Path) -> Row:
    """Tell recorded logs in 10,000 wrong ways; needs neither PBX nor database."""
    wrong = permutations.run(PERMUTATIONS, seed * PERMUTATIONS)
    row = Row(fault=ANY_ORDER, kind="-", seed=seed, folder=place)
    row.done.count("permutations", PERMUTATIONS)
    row.done.fault("different records", len(wrong))
    place.mkdir(parents=True, exist_ok=True)
    (place / "permutations.txt").write_text("\n".join(wrong), encoding="utf-8")
    return row


def _tell(row: Row, took: float) -> None:
    found = row.verdict.findings
    print(f"{row.fault} [{row.kind}]: {row.done.breaks} breaks, {len(found)} findings, {took:.0f} s", flush=True)
    for finding in found[:12]:
        print(f"  {finding}  (SEED={row.seed} {row.folder})", flush=True)
    if row.error or row.not_run:
        print(f"  {'failed' if row.error else 'not run'}: {row.error or row.not_run}  (SEED={row.seed} {row.folder})")


def _all_results(rows: list[Row], kills: int) -> list[dict[str, object]]:
    whole = [as_result(counted(rows, kills), rows[0].seed)] if kills and rows else []
    return [*results(rows, FAULTS), *whole]


def write_results(rows: list[Row], kills: int = 0) -> None:
    """Keep the figures in .run/faults.json; written after each fault, so that an interrupted run leaves its own."""
    text = json.dumps(_all_results(rows, kills), ensure_ascii=False, indent=1)
    (ROOT / ".run" / "faults.json").write_text(text, "utf-8")


def counted(rows: list[Row], wanted: int) -> Figure:
    """Return how many kills count in the whole run."""
    return Figure(name=COUNTED, value=sum(row.done.counts.get(COUNTED, 0) for row in rows), target=wanted, least=True)


def main() -> None:
    """Run, print, write .run/faults.json; exit code 1 when a target was missed."""
    seed = int(os.environ.get("SEED") or time.time_ns() % 100_000)
    minutes, kills = float(os.environ.get("MINUTES") or 30), int(os.environ.get("KILLS") or 0)
    faults = chosen(os.environ.get("ONLY", ""), os.environ.get("DATABASE", ""), bool(os.environ.get("LONG")))
    any_order = any(part in ANY_ORDER for part in parts_of(os.environ.get("ONLY", "")))
    if not faults and not any_order:
        sys.exit(f"no such fault; there are: {', '.join(FAULTS)}")
    print(f"SEED={seed} MINUTES={minutes:g}", flush=True)
    rows = asyncio.run(run(seed, minutes, faults, kills)) if faults else []
    if any_order:
        rows.append(try_permutations(seed, ROOT / ".run" / "faults" / f"seed-{seed}"))
        _tell(rows[-1], 0)
    write_results(rows, kills)
    print("\n" + table(rows, FAULTS))
    sums: Counter[str] = Counter()
    for row in rows:
        sums.update({name: value for name, value in row.done.counts.items() if "kills" in name})
    if sums:
        print("\n" + ", ".join(f"{name}: {value:g}" for name, value in sorted(sums.items())))
    missed = [one for one in _all_results(rows, kills) if not one["met"]]
    print("\nevery target met" if not missed else "\nnot met:")
    for one in missed:
        print(f"  {one['name']} {one['value']} {one['unit']} (target {one['target']}, SEED={one['seed']})")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
