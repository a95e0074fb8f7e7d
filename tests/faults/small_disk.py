"""A small disk below the PBX's recordings, or below recordings and journal, that can be filled to the last block.

A tmpfs, so it needs root. What does not live here: what is expected of the product then (disk_faults).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fault_pbx import FaultPbx
from world import NotPossible

from ccengine.asterisk import pbx_user

RECORDINGS, JOURNAL = "recordings", "journal"
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
def small_disk(pbx: FaultPbx, what: str, megabytes: int) -> Iterator[SmallDisk | None]:
    """Lay the disk below the running PBX's folders. Raises NotPossible without root."""
    if not what:
        yield None
        return
    if os.geteuid() != 0:
        raise NotPossible("a small disk (mount -t tmpfs) needs root")
    root = pbx.settings.state_dir / "small-disk"
    root.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "none", str(root))
    bound: list[Path] = []
    try:
        places = {RECORDINGS: [pbx.settings.recordings_dir]}
        places[JOURNAL] = [*places[RECORDINGS], pbx.settings.pbx_dir / "log"]
        for place in places[what]:
            inside = root / place.name
            for folder in ("", "cel-custom", "cdr-custom"):
                (inside / folder).mkdir(parents=True, exist_ok=True)
            for path in place.glob("*.log"):
                (inside / path.name).touch()
            _run("mount", "--bind", str(inside), str(place))
            bound.append(place)
        owner = pbx_user.owner()
        if owner is not None:
            pbx_user.own(root)
        pbx.cli("logger reload")
        yield SmallDisk(root)
    finally:
        for place in reversed(bound):
            _run("umount", "-l", str(place))
        pbx.cli("logger reload")
        _run("umount", "-l", str(root))
        shutil.rmtree(root, ignore_errors=True)


def _run(*words: str) -> None:
    subprocess.run(words, check=True)
