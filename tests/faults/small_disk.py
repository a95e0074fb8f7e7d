"""A small disk below the PBX's recordings, or below recordings and journal, that can be filled to the last block.

A tmpfs, so it needs root. What does not live here: what is expected of the product then (disk_faults).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fault_pbx import FaultPbx
from world import NotPossible

from ccengine.asterisk import pbx_user

RECORDINGS, JOURNAL, DATABASE = "recordings", "journal", "database"
BLOCK = 4096


class SmallDisk:
    """The mounted disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._filler = root / "filler"

    def percent(self) -> float:
        """How full it is, as df says it."""
        seen = os.statvfs(self.root)
        return 100 * (seen.f_blocks - seen.f_bfree) / seen.f_blocks

    def free_bytes(self) -> int:
        """Room left."""
        seen = os.statvfs(self.root)
        return seen.f_bavail * seen.f_frsize

    def fill_to(self, percent: float) -> None:
        """Take what is missing of so much."""
        total = os.statvfs(self.root).f_blocks * BLOCK
        self.leave(int(total * (100 - percent) / 100))

    def leave(self, free: int) -> None:
        """Take all but so many bytes."""
        size = self._filler.stat().st_size if self._filler.exists() else 0
        wanted = max(0, size + self.free_bytes() - free) // BLOCK * BLOCK
        with self._filler.open("ab") as file:
            if wanted < size:
                file.truncate(wanted)
            elif wanted > size:
                os.posix_fallocate(file.fileno(), 0, wanted)

    def free(self) -> None:
        """Give everything back."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def mounted(root: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk of its own at `root`. Raises NotPossible without root."""
    if os.geteuid() != 0:
        raise NotPossible("a small disk (mount -t tmpfs) needs root")
    root.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "none", str(root))
    try:
        yield SmallDisk(root)
    finally:
        _run("umount", "-l", str(root))


@contextmanager
def small_disk(pbx: FaultPbx, what: str, megabytes: int) -> Iterator[SmallDisk | None]:
    """Lay the disk below the running PBX's folders. Raises NotPossible without root."""
    if what not in {RECORDINGS, JOURNAL}:
        yield None
        return
    with ExitStack() as stack:
        disk = stack.enter_context(mounted(pbx.settings.state_dir / "small-disk", megabytes))
        places = [pbx.settings.recordings_dir, *([pbx.settings.pbx_dir / "log"] if what == JOURNAL else [])]
        stack.callback(pbx.cli, "logger reload")
        for place in places:
            inside = disk.root / place.name
            for folder in ("", "cel-custom", "cdr-custom"):
                (inside / folder).mkdir(parents=True, exist_ok=True)
            for path in place.glob("*.log"):
                (inside / path.name).touch()
            _run("mount", "--bind", str(inside), str(place))
            stack.callback(_run, "umount", "-l", str(place))
        pbx_user.own(disk.root)
        pbx.cli("logger reload")
        yield disk


def _run(*words: str) -> None:
    subprocess.run(words, check=True)
