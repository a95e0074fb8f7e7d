"""One at a time: two set-ups of one state folder, or two demos, would tread on each other's feet.

The lock goes with the process that holds it; a killed one leaves nothing behind but an unlocked file.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ccengine.operations.progress import say


class NotYourTurn(RuntimeError):
    """Somebody else is at it; the text says who and what to do."""


@contextmanager
def turn(file_name: Path, what: str, *, patience_seconds: float) -> Iterator[None]:
    """Hold the lock in `file_name`; wait for it at most so long. Raises NotYourTurn naming the holder and `what`."""
    file_name.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + patience_seconds
    told = patience_seconds == 0
    with file_name.open("a+", encoding="ascii") as file:
        while not _locked(file.fileno()):
            if time.monotonic() >= deadline:
                raise NotYourTurn(
                    f"{what} 已在运行（进程 {_written(file_name)}），请先结束它（Ctrl-C 或 make down）。 "
                    f"{what} already runs here (process {_written(file_name)}): end it first (Ctrl-C, or make down)"
                )
            if not told:
                say(f"  等待进程 {_written(file_name)} 完成 {what} · waiting until it is done ...")
                told = True
            time.sleep(0.1)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(file_name: Path) -> int | None:
    """Return the pid of the process that holds the lock, None when nobody does."""
    try:
        with file_name.open("r+", encoding="ascii") as file:
            return None if _locked(file.fileno()) else int(_written(file_name))
    except (OSError, ValueError):
        return None


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _written(file_name: Path) -> str:
    return file_name.read_text(encoding="ascii") or "?"
