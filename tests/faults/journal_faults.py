"""The journal rotated, emptied, torn, poisoned, its inode given to the next file."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

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
        if name in {"torn", "poisoned"}:
            await _shown(world, calls, done)
        return done

    return inject


async def _shown(world: World, calls: Callers, done: Done) -> None:
    """Each bad line is put aside and shown to people."""
    end, shown = time.monotonic() + 15, 0
    while shown < done.breaks and time.monotonic() < end:
        await idle(world, calls, 0.5)
        shown = sum(one["kind"] == "bad_line" for one in await world.all_of("/anomalies"))
    done.count("bad lines shown", shown)
    done.fault("bad lines not shown", float(max(0, done.breaks - shown)))


async def inode_reused(world: World, until: float) -> Done:
    """While the engine is dead the journal is moved to another disk's copy, and its inode goes to the next file.

    (A file that somebody reads keeps its inode, so it happens to a dead engine only.)
    """
    done, calls = Done(), Callers(world)
    cel = world.pbx.settings.cel_file
    while True:
        await idle(world, calls, 3 + world.random.random())
        at = world.kill_engine()
        await world.pbx.wait_for(lambda: world.site.pid is None, "the engine to be gone")
        await idle(world, calls, 1)  # what it has not read
        reused = _reuse_inode(cel, done.breaks)
        done.count("inodes given again", float(reused))
        done.breaks += 1
        world.note("journal", fault="inode reused", reused=reused)
        if done.breaks % 2:
            await idle(world, calls, 1)  # else it finds the new file empty
        await world.restart_engine(at)
        if time.monotonic() > until:
            return done


def _reuse_inode(cel: Path, turn: int) -> bool:
    """Move what was written to a copy, and let the next file have its inode; False where this disk gives another."""
    seen = cel.stat()
    moved, copy, new = (cel.with_name(f"{cel.name}.{end}") for end in ("moved.tmp", f"{turn:03d}", "new.tmp"))
    cel.rename(moved)
    shutil.copy2(moved, copy)
    moved.unlink()
    new.touch()
    os.chown(new, seen.st_uid, seen.st_gid)
    new.chmod(seen.st_mode & 0o777)
    try:
        os.link(new, cel)
    except FileExistsError:  # the PBX was quicker
        return False
    finally:
        new.unlink()
    return cel.stat().st_ino == seen.st_ino


def _poison(world: World, turn: int) -> bytes:
    """A line nobody should choke on."""
    rows = (
        b'"CHAN_START","\xff\xfe\x80not a time","","","","","","","","","","","","",""\n',
        b'"ANSWER","1795000000.000001","' + b"A" * 10_000_000 + b'"\n',
        b"\x00" * 4096 + b"\n",
        b'"unclosed field,1,2,3\n',
    )
    return rows[turn % len(rows)]
