"""What systemd does for the engine, as far as the bench needs it: hears its signs of life, restarts what is silent."""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path


class Supervisor:
    """The listening end of NOTIFY_SOCKET. `environment` is what the unit's process is given."""

    def __init__(self, folder: Path, watchdog_seconds: float = 10.0) -> None:
        path = folder / "notify"
        path.unlink(missing_ok=True)
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._link.bind(str(path))
        self._link.setblocking(False)
        self.watchdog_seconds = watchdog_seconds
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(round(watchdog_seconds * 1e6))}
        self._heard = time.monotonic()

    def silent_seconds(self) -> float:
        """For how long no sign of life has come."""
        with contextlib.suppress(BlockingIOError):
            while said := self._link.recv(4096):
                if b"WATCHDOG=1" in said or b"READY=1" in said:
                    self._heard = time.monotonic()
        return time.monotonic() - self._heard

    def close(self) -> None:
        """Hear no more."""
        self._link.close()
