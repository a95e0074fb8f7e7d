"""The task that places a call by itself, once a minute: it finds a PBX that answers pings but carries no calls.

The call goes out of the PBX's own SIP address and comes in by the hotline's number, up to the engine's FastAGI. Where
that fails, the same without SIP tells where the trouble is. Such a call is never a record (values.PROBE_ACCOUNT).
What does not live here: what the PBX does with it (dialplan/probe.conf), answering it (agi).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import structlog

from ccengine.clock import Clock
from ccengine.config import Settings
from ccengine.ports import PbxRefused, PbxUnavailable

log = structlog.get_logger(__name__)
SIP, LOCAL = "sip", "local"
#: After a failure it is tried once more before anybody is alarmed: a busy moment is no outage.
_SECOND_TRY_SECONDS = 2.0
#: So often it is tried while calls do not get through.
_TROUBLED_SECONDS = 5.0
#: Places such a call; a return means accepted.
Place = Callable[[str], Awaitable[None]]


class Probe:
    """Places the calls and knows how the last one went.

    Args: place: starts one; linked: whether the PBX can be asked at all (if not, that is the alarm, not this).
    """

    def __init__(self, settings: Settings, clock: Clock, place: Place, linked: Callable[[], bool]) -> None:
        self._wants = settings.truth
        self._clock = clock
        self._place = place
        self._linked = linked
        self._arrived = asyncio.Event()
        self._awaited = ""
        self._queue_there = True
        self.problem = ""  # no_calls, no_sip, no_queue; empty: calls get through
        self.detail = ""
        self.placed = self.failed = 0
        self.seconds = 0.0
        self.well_at: datetime | None = None
        self.on_change: Callable[[], None] = lambda: None

    def arrived(self, how: str, queue_there: bool) -> None:
        """Take note that such a call has reached us."""
        if how == self._awaited:
            self._queue_there = queue_there
            self._arrived.set()

    async def run(self) -> None:
        """Place one each `truth.probe_seconds`, for ever."""
        while True:
            pause = self._wants.probe_seconds or 3600
            await asyncio.sleep(min(pause, _TROUBLED_SECONDS) if self.problem else pause)
            if self._wants.probe_seconds and self._linked():
                await self.step()

    async def step(self) -> None:
        """Place one and judge."""
        if not await self._gets_through(SIP):
            await asyncio.sleep(_SECOND_TRY_SECONDS)
            if not self._linked():
                return  # that is the alarm, and nothing is known of calls
            if not await self._gets_through(SIP):
                why = self.detail
                return self._judge("no_sip" if await self._gets_through(LOCAL) else "no_calls", why)
        self._judge("" if self._queue_there else "no_queue")

    async def _gets_through(self, how: str) -> bool:
        loop = asyncio.get_running_loop()
        self._arrived.clear()
        self._awaited, begun = how, loop.time()
        self.placed += 1
        try:
            async with asyncio.timeout(self._wants.probe_deadline_seconds):
                await self._place(how)
                await self._arrived.wait()
        except TimeoutError:
            self.detail = f"nothing arrived within {self._wants.probe_deadline_seconds:g} s"
        except (PbxUnavailable, PbxRefused) as error:
            self.detail = str(error)
        else:
            self.seconds, self.detail = loop.time() - begun, ""
            return True
        finally:
            self._awaited = ""
        self.failed += 1
        return False

    def _judge(self, problem: str, detail: str = "") -> None:
        changed = problem != self.problem
        self.problem, self.detail = problem, detail
        if not problem:
            self.well_at = self._clock.now()
        if changed:
            tell = log.error if problem else log.info
            tell("calls do not get through" if problem else "calls get through again", problem=problem, detail=detail)
        self.on_change()

    def health(self) -> dict[str, Any]:
        """Return whether calls get through, and since when that is known."""
        at = self.well_at.astimezone(UTC).isoformat(timespec="seconds") if self.well_at else None
        told = {"problem": self.problem, "detail": self.detail, "well_at": at, "seconds": round(self.seconds, 3)}
        return {"ok": not self.problem, **told, "placed": self.placed, "failed": self.failed}

    def alarms(self) -> list[dict[str, Any]]:
        """Return what people should see."""
        return [{"code": f"probe_{self.problem}", "percent": 0, "bad": True}] if self.problem else []
