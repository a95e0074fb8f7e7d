"""The three variants, up and with agents who answer, to call by hand. Ctrl-C ends them. Measures nothing."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
from pathlib import Path

from hotline import NUMBERS, hotline


async def _main(folder: Path) -> None:
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with hotline(folder) as lines:
        for variant, number in NUMBERS.items():
            print(f"{variant}: {number} @ 127.0.0.1:{lines.pbx(variant).settings.pbx.sip_port}", flush=True)
        await over.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ccbench") as name, contextlib.suppress(KeyboardInterrupt):
        Path(name).chmod(0o755)
        asyncio.run(_main(Path(name)))
