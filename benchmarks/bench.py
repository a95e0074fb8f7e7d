"""`make bench`: every part in one run, one table. ONLY=part,part measures some.

What does not live here: measuring.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
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
import structlog
from figures import Figure, machine, save, table

Part = Callable[[], Awaitable[list[Figure]]]


async def _lines(*names: str) -> list[Figure]:
    import call_rate
    import first_prompt
    from hotline import hotline

    measures = {"prompt": first_prompt.measure, "cpu": call_rate.measure_cpu, "rate": call_rate.measure_rates}
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
    "dial": dial_rate.measure,
    "media": early_media.measure,
    "import": campaign_import.measure,
    "order": lambda: _site("order"),
    "board": lambda: _site("board"),
    "prompt": lambda: _lines("prompt"),
    "cpu": lambda: _lines("cpu"),
    "rate": lambda: _lines("rate"),
}


async def main() -> None:
    """Measure what was asked for, print, keep."""
    only = [name for name in os.environ.get("ONLY", "").split(",") if name] or list(PARTS)
    where, figures = machine(), []
    print(where)
    for name in only:
        print(f"… {name}", flush=True)
        found = await PARTS[name]()
        print(table(found), flush=True)
        figures += found
    whole = len(only) == len(PARTS)
    command = "make bench" if whole else f"make bench ONLY={','.join(only)}"
    print(f"\n{table(figures)}\n{save(figures, command, where, Path('.run'), whole=whole)}")


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(main())
