"""How long after the hangup the work order stands in the API: real PBX, real SIP calls, our programs as processes.

From the moment the caller's BYE is sent to the first answer of the API that holds the order, asked every 10 ms; on an
empty database, then with 100,000 calls of history.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from figures import Figure, at_most, interval, median, percentile
from pbx_instance import PbxInstance
from phones import Phones
from running_site import RunningSite, fresh
from sqlalchemy import create_engine, insert, select

from ccengine.config import Settings
from ccengine.store.tables.calls import calls

CALLS, HISTORY = 60, 100_000


async def measure(folder: Path, pbx: PbxInstance) -> list[Figure]:
    """Measure without and with history, on the same PBX."""
    site = RunningSite(fresh(pbx.settings, folder, pbx={"wrapup_seconds": 0, "wrapup_gap_seconds": 0}))
    await site.prepare()
    await site.start_healthy()
    try:
        async with Phones(pbx.settings) as phones:
            await phones.agent("1001", auto_answer=True)
            pbx.sign_in("1001")
            empty = [await _one(site, phones, f"1360000{index:04d}") for index in range(CALLS)]
            await asyncio.to_thread(_fill, site.settings)
            full = [await _one(site, phones, f"1361000{index:04d}") for index in range(CALLS)]
    finally:
        await asyncio.to_thread(site.stop)
    return [*_figures("", empty), *_figures(f", {HISTORY:,} calls of history", full), _ratio(empty, full)]


def _figures(when: str, delays: Sequence[float]) -> list[Figure]:
    middle = interval([delays], median)
    return [
        at_most(f"hangup → order in the API{when}, p50", median(delays), "ms", 100, interval=middle),
        at_most(f"hangup → order in the API{when}, p99", percentile(delays, 0.99), "ms", 300, note=f"n {len(delays)}"),
    ]


def _ratio(empty: Sequence[float], full: Sequence[float]) -> Figure:
    between = interval([empty, full], lambda a, b: median(b) / median(a))
    value = median(full) / median(empty)
    return at_most("hangup → order: with history over without, p50", value, "×", 1.2, interval=between)


async def _one(site: RunningSite, phones: Phones, number: str) -> float:
    call = await (await phones.caller(number)).call(site.settings.site.hotline)
    await call.choose("1")
    await call.wait_heard(440, seconds=30)
    begun = time.monotonic()
    hanging_up = asyncio.create_task(call.hangup())
    await site.wait(lambda: _orders(site, number), "the order", every_seconds=0.01)
    taken = time.monotonic() - begun
    await hanging_up
    return taken * 1000


async def _orders(site: RunningSite, number: str) -> list[int]:
    return [order for one in await site.calls_from(number) for order in one["work_order_ids"]]


def _fill(settings: Settings) -> None:
    """Copy the last call's row into the past, 100,000 times (rows only: reading them is what history costs)."""
    engine = create_engine(settings.database_url.replace("+aiosqlite", ""), connect_args={"timeout": 30})
    with engine.begin() as connection:
        pattern = dict(connection.execute(select(calls).limit(1)).mappings().one())
        begin = datetime.now(UTC) - timedelta(days=60)
        for chunk in range(0, HISTORY, 5000):
            rows = [_past(pattern, begin, number) for number in range(chunk, min(chunk + 5000, HISTORY))]
            connection.execute(insert(calls), rows)
    engine.dispose()


def _past(pattern: dict[str, object], begin: datetime, number: int) -> dict[str, object]:
    at = begin + timedelta(seconds=number * 40)
    key = f"138{number:08d}"
    shift = {name: at for name, value in pattern.items() if isinstance(value, datetime) and name != "updated_at"}
    same = {"call_id": f"n1-{int(at.timestamp())}-{number:018d}", "caller_number": key, "number_key": key}
    return pattern | shift | same | {"fingerprint": f"{number:064d}", "linked_ids": [f"{int(at.timestamp())}.0"]}
