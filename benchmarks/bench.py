"""`make bench`: every part in one run, one table. ONLY=part,part measures some.

What does not live here: measuring.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

import agi_surplus
import ami_feed
import campaign_import
import catch_up
import clock_lateness
import dial_rate
import early_media
import growth
import memory
import orders_figures
import pacing
import pacing_real
import structlog
from figures import Figure, machine, save, table

Part = Callable[[], Awaitable[list[Figure]]]


async def _lines(*names: str) -> list[Figure]:
    import beside_campaign
    import call_rate
    import first_prompt
    from hotline import hotline

    measures = {"prompt": first_prompt.measure, "cpu": call_rate.measure_cpu, "rate": call_rate.measure_rates}
    measures["beside"] = beside_campaign.measure
    with tempfile.TemporaryDirectory(prefix="ccengine-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        async with hotline(folder, speak=True) as lines:
            return [figure for one in names for figure in await measures[one](lines)]


async def _site(part: str) -> list[Figure]:
    import board_frames
    import order_delay
    from pbx_instance import PbxInstance

    measures = {"order": order_delay.measure, "board": board_frames.measure}
    with tempfile.TemporaryDirectory(prefix="ccengine-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        pbx = PbxInstance.create(folder / "state")
        pbx.start()
        try:
            return await measures[part](folder, pbx)
        finally:
            pbx.stop()


PARTS: dict[str, Part] = {
    "feed": ami_feed.measure,
    "surplus": agi_surplus.measure,
    "memory": memory.measure,
    "growth": growth.measure,
    "journal": catch_up.measure,
    "clock": clock_lateness.measure,
    "orders": orders_figures.measure,
    "pacing": pacing.measure,
    "pacing_real": pacing_real.measure,
    "dial": dial_rate.measure,
    "media": early_media.measure,
    "import": campaign_import.measure,
    "order": lambda: _site("order"),
    "board": lambda: _site("board"),
    "prompt": lambda: _lines("prompt"),
    "beside": lambda: _lines("beside"),
    "cpu": lambda: _lines("cpu"),
    "rate": lambda: _lines("rate"),
}


#: No part takes longer, on a loaded machine either.
PART_SECONDS = 600


async def measured(name: str) -> list[Figure]:
    """Measure a part; one that fails is said in the table, and takes nothing from the others."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(PART_SECONDS):
            found = await PARTS[name]()
    except Exception as error:  # noqa: BLE001 - the edge of a part
        traceback.print_exc()
        note = " ".join(f"{type(error).__name__}: {error}".split())[:160]
        found = [Figure(name=f"{name}: could not be measured", value=float("nan"), unit="", met=False, note=note)]
    print(f"{table(found)}\n  {name} took {time.monotonic() - began:.0f} s", flush=True)
    return found


async def main() -> int:
    """Measure what was asked for, print, keep; return how many parts could not be measured."""
    only = [name for name in os.environ.get("ONLY", "").split(",") if name] or list(PARTS)
    if unknown := set(only) - PARTS.keys():
        raise SystemExit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    where, figures = machine(), []
    print(where)
    for name in only:
        print(f"… {name}", flush=True)
        figures += await measured(name)
    whole = len(only) == len(PARTS)
    command = "make bench" if whole else f"make bench ONLY={','.join(only)}"
    print(f"\n{where}, at the end {os.getloadavg()[0]:.1f}\n{table(figures)}")
    print(save(figures, command, where, Path(".run"), whole=whole))
    return sum(math.isnan(one.value) for one in figures)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sys.exit(1 if asyncio.run(main()) else 0)
