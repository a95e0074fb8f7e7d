"""Freeze an engine's process between two transactions: one that is stopped with SQLite's lock in its hands is ended by
its standby (engine/holder), and does not wake up again.

No pytest in here, no expectations.
"""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from ccengine.config import Settings


def freeze(process: subprocess.Popen[bytes], settings: Settings) -> None:
    """Stop it (SIGSTOP) at a moment when it has nothing locked; on PostgreSQL at any moment."""
    for _ in range(1000):
        process.send_signal(signal.SIGSTOP)
        while _state(process.pid) not in "TZX":
            time.sleep(0.001)
        if not settings.database_url.startswith("sqlite") or _is_free(settings.database_url.split("///")[1]):
            return
        process.send_signal(signal.SIGCONT)
        time.sleep(0.01)
    raise AssertionError("it has something locked all the time")


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]


def _is_free(path: str) -> bool:
    database = sqlite3.connect(path, timeout=0.05, isolation_level=None)  # the test itself may be writing
    try:
        database.execute("BEGIN IMMEDIATE")
        database.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        database.close()
    return True
