"""The task that compares, each minute, the last minutes with every witness, and the live view with the open rows.

It waits while the journal is behind or the live view stale: what is on its way is no difference.
What does not live here: comparing and mending (services/reconcile), the whole day (nightly).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from ccengine.asterisk.journal.day import read_recent
from ccengine.config import Settings
from ccengine.engine.live_calls import LiveCalls
from ccengine.ports import DiskTruth, LiveTruth
from ccengine.services import reconcile
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable
from ccengine.services.witnesses import Difference

log = structlog.get_logger(__name__)
#: Between the two looks that must agree before something is a difference.
LOOK_AGAIN_SECONDS = 5.0


class RecentReader:
    """Implements ports.ReadDay for the last minutes: only the ends of this machine's files are read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, since: datetime, until: datetime) -> DiskTruth:
        """Read in a thread. Raises OSError."""
        return await asyncio.to_thread(read_recent, self._settings, since, until)


class Minutely:
    """Compares once a minute.

    Args:
        journal: facts of the journal's follower: it must be well and not behind.
    """

    def __init__(self, ctx: Context, live: LiveCalls, journal: Callable[[], Mapping[str, Any]]) -> None:
        self._ctx = ctx
        self._live = live
        self._journal = journal
        self._every = ctx.settings.truth.every_seconds
        self.found: Counter[str] = Counter()  # kind -> how many since the start
        self.compared_at: datetime | None = None

    async def run(self) -> None:
        """Compare for ever."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.step()
            except (Unavailable, OSError) as error:
                log.warning("comparison waits", action="reconcile", error=str(error))

    async def step(self) -> tuple[Difference, ...]:
        """Compare once. Errors: Unavailable, OSError."""
        found: tuple[Difference, ...] = ()
        if self._caught_up():
            minutes = timedelta(minutes=self._ctx.settings.truth.minutes)
            found += await reconcile.reconcile_recent(self._ctx, RecentReader(self._ctx.settings), minutes, _wait)
        if self._caught_up():
            live = await reconcile.reconcile_live(self._ctx, self._shown, _wait)
            if live:
                self._live.ask_anew("the live view and the records disagree")
            found += live
        self.compared_at = self._ctx.clock.now()
        self._tell(found)
        return found

    def health(self) -> dict[str, Any]:
        """Return when the last comparison was, and what was found since the start."""
        at = self.compared_at.astimezone(UTC).isoformat(timespec="seconds") if self.compared_at else None
        return {"ok": True, "compared_at": at, "found": dict(self.found)}

    def _caught_up(self) -> bool:
        facts = self._journal()
        return bool(facts["ok"] and facts["caught_up"])

    def _shown(self) -> LiveTruth | None:
        board = self._live.board_snapshot()
        if board.stale or not board.pbx_connected:
            return None
        return LiveTruth(calls={line.call_id: line.started_at for line in board.calls})

    def _tell(self, found: tuple[Difference, ...]) -> None:
        self.found.update(one.kind for one in found)
        for one in found:
            log.warning("difference", action="reconcile", kind=one.kind, call_id=one.call_id, mended=one.mended)


async def _wait() -> None:
    await asyncio.sleep(LOOK_AGAIN_SECONDS)
