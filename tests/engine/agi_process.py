"""The AGI task as a process of its own, to be killed or frozen: `python agi_process.py STATE_DIR AGI_PORT MENU_LIMIT`.

What does not live here: tests. Prints "listening" when it is ready.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from agi_world import running, world

from ccengine.config import Settings


async def main(folder: str, port: str, menu_limit_seconds: str) -> None:
    """Run until killed."""
    settings = Settings(
        state_dir=Path(folder), agi={"port": int(port)}, pbx={"menu_limit_seconds": int(menu_limit_seconds)}
    )
    async with world(settings) as ctx, running(ctx):
        print("listening", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
