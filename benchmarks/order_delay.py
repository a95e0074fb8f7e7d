"""How long after the hangup the work order stands in the API: real PBX, real SIP calls, our programs as processes.

Run by `make bench`. Prints milliseconds from the moment the caller's BYE is sent to the first answer of the API that
holds the order, asked every 10 ms.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "pbx"), str(HERE.parent / "system")]

from pbx_instance import PbxInstance  # noqa: E402
from phones import Phones  # noqa: E402
from running_site import RunningSite, fresh  # noqa: E402

CALLS = 20


async def measure(folder: Path, pbx: PbxInstance) -> list[float]:
    """Place the calls one after the other and return the delays in milliseconds."""
    site = RunningSite(fresh(pbx.settings, folder, pbx={"wrapup_seconds": 0}))
    await site.prepare()
    await site.start_healthy()
    try:
        async with Phones(pbx.settings) as phones:
            await phones.agent("1001", auto_answer=True)
            pbx.sign_in("1001")
            return [await _one(site, phones, f"1360000{index:04d}") for index in range(CALLS)]
    finally:
        await asyncio.to_thread(site.stop)


async def _one(site: RunningSite, phones: Phones, number: str) -> float:
    call = await (await phones.caller(number)).call("96390")
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


def main() -> None:
    """Set up, measure, print, clean up."""
    with tempfile.TemporaryDirectory(prefix="ccengine-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        pbx = PbxInstance.create(folder / "state")
        pbx.start()
        try:
            delays = sorted(asyncio.run(measure(folder, pbx)))
        finally:
            pbx.stop()
    middle = statistics.median(delays)
    print(f"order visible after the hangup, {CALLS} calls: p50 {middle:.0f} ms, max {delays[-1]:.0f} ms")


if __name__ == "__main__":
    main()
