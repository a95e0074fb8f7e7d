"""Runs inside the engine under test, by PYTHONPATH: ends it at the N-th commit, blocks its loop, moves its clock.

The product knows nothing of it. The file named by CC_FAULT_COMMIT says "N before" or "N after" (the COMMIT); counting
begins when that file appears; each reached commit is written to `<file>.count`.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any


def _install(path: Path) -> None:
    from sqlalchemy.engine.default import DefaultDialect

    real = DefaultDialect.do_commit
    reached = 0
    lock = threading.Lock()

    def do_commit(self: Any, connection: Any) -> None:
        nonlocal reached
        try:
            number, when = path.read_text(encoding="ascii").split()
        except (OSError, ValueError):
            return real(self, connection)
        with lock:
            reached += 1
            mine = reached
        path.with_suffix(".count").write_text(str(mine), encoding="ascii")
        if mine == int(number) and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        real(self, connection)
        if mine == int(number) and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return None

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]


if os.environ.get("CC_FAULT_COMMIT"):
    _install(Path(os.environ["CC_FAULT_COMMIT"]))


def _move_clock(path: Path) -> None:
    """Let the product's clock follow the file that moves the PBX's (libfaketime stops Python's threads)."""
    from datetime import UTC, datetime, timedelta

    from ccengine.clock import SystemClock

    def now(self: Any) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=int(path.read_text(encoding="ascii").strip().rstrip("s")))

    SystemClock.now = now  # type: ignore[method-assign]


def _block_when_told(seconds: float) -> None:
    """SIGUSR2 blocks the event loop: its thread sleeps, all others go on."""
    import time

    signal.signal(signal.SIGUSR2, lambda *_: time.sleep(seconds))


if os.environ.get("CC_FAULT_BLOCK") and threading.current_thread() is threading.main_thread():
    _block_when_told(float(os.environ["CC_FAULT_BLOCK"]))

if os.environ.get("CC_FAULT_CLOCK"):
    _move_clock(Path(os.environ["CC_FAULT_CLOCK"]))
