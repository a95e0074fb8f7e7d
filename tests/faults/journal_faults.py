"""The journal rotated, emptied, torn, poisoned."""

from __future__ import annotations

import os
import time

from injecting import Callers, Done, Injector, idle
from world import World


def journal_fault(name: str) -> Injector:
    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        cel = world.pbx.settings.cel_file
        while time.monotonic() < until:
            await idle(world, calls, 2 + world.random.random() * 2)
            world.note("journal", fault=name)
            if name == "rotated":
                cel.rename(cel.with_name(f"{cel.name}.{done.breaks:03d}"))
                world.pbx.cli("logger rotate")
            elif name == "copied and truncated":
                cel.with_name(f"{cel.name}.{done.breaks:03d}").write_bytes(cel.read_bytes())
                os.truncate(cel, 0)
            elif name == "poisoned":
                with cel.open("ab") as file:
                    file.write(_poison(world, done.breaks))
            elif name == "torn":
                with cel.open("ab") as file:
                    file.write(b'"CHAN_START","17953')
            done.breaks += 1
        return done

    return inject


def _poison(world: World, turn: int) -> bytes:
    """A line nobody should choke on."""
    rows = (
        b'"CHAN_START","\xff\xfe\x80not a time","","","","","","","","","","","","",""\n',
        b'"ANSWER","1795000000.000001","' + b"A" * 10_000_000 + b'"\n',
        b"\x00" * 4096 + b"\n",
        b'"unclosed field,1,2,3\n',
    )
    return rows[turn % len(rows)]
