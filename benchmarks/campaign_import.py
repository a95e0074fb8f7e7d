"""How long a list of 100,000 targets takes to load, and what the hotline's own writes wait for meanwhile.

`SIZE=1000000`: so many rows, from .csv and from .xlsx, and how much memory that takes.
"""

from __future__ import annotations

import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import xlsxwriter
from figures import Figure, at_most, percentile

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.rows import NewCampaign
from ccengine.services import campaign_views, campaigns, jobs
from ccengine.services.campaign_targets import begin_import, load_file
from ccengine.services.context import ENGINE
from ccengine.store import migrate, seed

USUAL_ROWS = 100_000
HEADS = ("手机号", "姓名", "户号")


def _row(index: int) -> tuple[str, str, str]:
    return f"{13000000000 + index * 7}", f"客户{index}", f"{10000000 + index}"


def write_csv(path: Path, rows: int) -> None:
    """Write the list as text."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(",".join(cells) + "\n" for cells in (HEADS, *map(_row, range(rows))))


def write_xlsx(path: Path, rows: int) -> None:
    """Write the list as a spreadsheet."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    for index, cells in enumerate((HEADS, *map(_row, range(rows)))):
        sheet.write_row(index, 0, cells)
    book.close()


async def measure() -> list[Figure]:
    """Return the figures, on SQLite."""
    rows = int(os.environ.get("SIZE") or USUAL_ROWS)
    figures = await _load("csv", write_csv, rows)
    return figures if rows == USUAL_ROWS else figures + await _load("xlsx", write_xlsx, rows)


async def _load(kind: str, write: Callable[[Path, int], None], rows: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="ccengine-bench-") as name:
        settings = Settings(state_dir=Path(name))
        path = Path(name) / f"list.{kind}"
        await asyncio.to_thread(write, path, rows)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        await migrate.upgrade(settings)
        async with bootstrap.context(settings) as ctx:
            await seed.seed_defaults(ctx)
            campaign = await campaigns.create(ctx, ENGINE, NewCampaign(name=kind, kind="survey"))
            alone = [await _write(ctx, index) for index in range(100)]
            started = await begin_import(ctx, ENGINE, campaign.id, "file", path.name)
            begun = time.perf_counter()
            loading = asyncio.create_task(load_file(ctx, started, path))
            beside, seen = list[float](), set[int]()
            while not loading.done():
                beside.append(await _write(ctx, 1000 + len(beside)))
                if len(beside) % 50 == 0:
                    seen.add((await campaign_views.load(ctx, ENGINE, campaign.id, started.id)).rows_read)
                await asyncio.sleep(0.02)
            seconds = time.perf_counter() - begun
            done = await loading
            assert done.accepted == rows, done
        grown = max(0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        return [
            at_most(f"import: {rows:,} targets from .{kind}", round(seconds, 1), "s", 30 * rows / USUAL_ROWS),
            Figure(name=f"import .{kind}: a write of the hotline alone, p99", value=_p99(alone), unit="ms"),
            Figure(name=f"import .{kind}: a write of the hotline meanwhile, p99", value=_p99(beside), unit="ms"),
            Figure(
                name=f"import .{kind}: memory grown", value=round(grown, 1), unit="MB", note=f"{len(seen)} steps seen"
            ),
        ]


async def _write(ctx: bootstrap.Context, number: int) -> float:
    begun = time.perf_counter()
    await jobs.add(ctx, "bench", str(number), {})
    return time.perf_counter() - begun


def _p99(seconds: list[float]) -> float:
    return round(1000 * percentile(seconds, 0.99), 1)


if __name__ == "__main__":
    for one in asyncio.run(measure()):
        print(f"{one.name}: {one.value} {one.unit} {one.target}")
