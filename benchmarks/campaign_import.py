"""How long a list of 100,000 targets takes to load, and what the hotline's own writes wait for meanwhile."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from figures import Figure, at_most, percentile

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.rows import NewCampaign
from ccengine.services import campaigns, jobs
from ccengine.services.campaign_targets import begin_import, load_file
from ccengine.services.context import ENGINE
from ccengine.store import migrate, seed

ROWS = 100_000


async def measure() -> list[Figure]:
    """Return the figures, on SQLite."""
    with tempfile.TemporaryDirectory(prefix="ccengine-bench-") as name:
        settings = Settings(state_dir=Path(name))
        path = Path(name) / "list.csv"
        lines = "\n".join(f"{13000000000 + index * 7},客户{index},{10000000 + index}" for index in range(ROWS))
        path.write_text("手机号,姓名,户号\n" + lines, encoding="utf-8")
        await migrate.upgrade(settings)
        async with bootstrap.context(settings) as ctx:
            await seed.seed_defaults(ctx)
            campaign = await campaigns.create(ctx, ENGINE, NewCampaign(name="100,000", kind="survey"))
            alone = [await _write(ctx, index) for index in range(100)]
            started = await begin_import(ctx, ENGINE, campaign.id, "file", "list.csv")
            begun = time.perf_counter()
            loading = asyncio.create_task(load_file(ctx, started, path))
            beside = []
            while not loading.done():
                beside.append(await _write(ctx, 1000 + len(beside)))
                await asyncio.sleep(0.02)
            seconds = time.perf_counter() - begun
            done = await loading
            assert done.accepted == ROWS, done
        return [
            at_most("import: 100,000 targets from .csv", round(seconds, 1), "s", 30),
            Figure(name="import: a write of the hotline alone, p99", value=_p99(alone), unit="ms"),
            Figure(name="import: a write of the hotline meanwhile, p99", value=_p99(beside), unit="ms"),
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
