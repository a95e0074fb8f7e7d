"""The task that listens whether calls still come: an alarm when none has for a time that is unusual at this hour.

What does not live here: what is unusual (services/silence), whether calls can come (probe).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC
from typing import Any

import structlog

from ccengine.services.context import Context
from ccengine.services.errors import Unavailable
from ccengine.services.silence import Silence, listen

log = structlog.get_logger(__name__)
EVERY_SECONDS = 30.0


class SilenceWatch:
    """Looks twice a minute and knows what it saw last."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.seen = Silence(since=None)
        self.on_change: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Look for ever; while the database is away nothing is known and nothing changes."""
        while True:
            try:
                await self.step()
            except Unavailable as error:
                log.debug("silence not measured", action="silence", error=str(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def step(self) -> None:
        """Look once. Errors: Unavailable."""
        before, self.seen = self.seen, await listen(self._ctx)
        if before.alarm == self.seen.alarm:
            return
        if self.seen.alarm:
            log.error("no call has come", minutes=round(self.seen.minutes), past_weeks=list(self.seen.usual))
        else:
            log.info("calls come again", action="silence")
        self.on_change()

    def health(self) -> dict[str, Any]:
        """Return since when no call came, and how many did in the same time of past weeks."""
        since = self.seen.since.astimezone(UTC).isoformat(timespec="seconds") if self.seen.since else None
        return {
            "ok": True,  # the engine is well; it is the world that is silent
            "alarm": self.seen.alarm,
            "since": since,
            "minutes": round(self.seen.minutes, 1),
            "past_weeks": list(self.seen.usual),
        }

    def alarms(self) -> list[dict[str, Any]]:
        """Return what people should see."""
        if not self.seen.alarm:
            return []
        return [{"code": "silence", "percent": 0, "minutes": round(self.seen.minutes), "bad": True}]
