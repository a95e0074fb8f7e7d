"""The sign of life: measures how late the event loop runs, and tells systemd READY, STATUS and WATCHDOG.

The signs are sent from the loop itself, so a blocked loop sends none and systemd starts the process anew
(asterisk-conf/systemd: WatchdogSec). What does not live here: what the tasks do, whether the PBX is well (live_calls).
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Mapping

import structlog

log = structlog.get_logger(__name__)

#: How often the loop's lateness is measured, and how many measurements the maximum looks back on (a minute).
PROBE_SECONDS = 0.25
_PROBES_KEPT = 240
#: Lateness from which a line is logged: callers begin to hear it.
LATE_SECONDS = 1.0


def notify(state: str, environment: Mapping[str, str] | None = None) -> bool:
    """Tell systemd one state (sd_notify(3)); return whether anybody listens. Never raises, never waits.

    Args:
        state: e.g. "READY=1\\nSTATUS=…".
        environment: where NOTIFY_SOCKET is looked up; None: the process's own.
    """
    address = (os.environ if environment is None else environment).get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    name = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
            link.setblocking(False)
            link.connect(name)
            link.send(state.encode("utf-8"))
    except OSError:
        return False
    return True


def watchdog_seconds(environment: Mapping[str, str] | None = None) -> float | None:
    """Return after how much silence systemd restarts this process; None when it does not watch it."""
    given = os.environ if environment is None else environment
    if given.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        seconds = int(given.get("WATCHDOG_USEC", "")) / 1e6
    except ValueError:
        return None
    return seconds if seconds > 0 else None


class Watchdog:
    """Runs beside the tasks of a process. `run()` ends only by cancellation.

    Args:
        environment: where systemd's variables are looked up; None: the process's own.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = dict(os.environ if environment is None else environment)
        self._expected: dict[str, Callable[[], bool]] = {}
        self._lags: deque[float] = deque(maxlen=_PROBES_KEPT)
        #: One short sentence for `systemctl status`; asked at each sign of life.
        self.status: Callable[[], str] = lambda: ""
        #: Called once, when everything expected holds for the first time.
        self.on_ready: Callable[[], None] = lambda: None
        self.ready = False

    def expect(self, part: str, condition: Callable[[], bool]) -> None:
        """READY is told once what is expected of every part holds; a newer condition takes the older one's place."""
        self._expected[part] = condition

    @property
    def lag_seconds(self) -> float:
        """How late the loop was at the last look."""
        return self._lags[-1] if self._lags else 0.0

    @property
    def lag_max_seconds(self) -> float:
        """How late it was at most within the last minute."""
        return max(self._lags, default=0.0)

    async def run(self) -> None:
        """Measure, and tell systemd, until cancelled."""
        loop = asyncio.get_running_loop()
        limit = watchdog_seconds(self._environment)
        pause = PROBE_SECONDS if limit is None else min(PROBE_SECONDS, limit / 4)
        every = 1.0 if limit is None else min(1.0, limit / 3)
        next_sign = loop.time()
        try:
            while True:
                due = loop.time() + pause
                await asyncio.sleep(pause)
                self._note(loop.time() - due)
                if not self.ready and all(condition() for condition in self._expected.values()):
                    self.ready = True
                    self.on_ready()
                    next_sign = loop.time()
                    self._tell("READY=1\n")
                if loop.time() >= next_sign:
                    next_sign = loop.time() + every
                    self._tell("WATCHDOG=1\n")
        finally:
            self._tell("STOPPING=1\n")

    def _note(self, lag: float) -> None:
        self._lags.append(max(0.0, lag))
        if lag >= LATE_SECONDS:
            log.warning("the event loop was blocked", action="watchdog", seconds=round(lag, 3))

    def _tell(self, state: str) -> None:
        notify(f"{state}STATUS={' '.join(self.status().split())[:200]}", self._environment)
