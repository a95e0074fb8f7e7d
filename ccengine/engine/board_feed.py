"""The task that tells the live board what only rows know: who the agents are, and today's figures.

What does not live here: the live state (calls/board), the figures' formulas (services/figures).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from ccengine.calls.board import Person
from ccengine.engine.live_calls import LiveCalls
from ccengine.services import agents, figures, truth
from ccengine.services.context import ENGINE, Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
EVERY_SECONDS = 1.0
#: Who there is, and figures of which nobody told that they changed (another engine's calls, midnight).
SLOWLY_SECONDS = 5.0
YESTERDAY_SECONDS = 15.0


class BoardFeed:
    """Looks within a second after a call's record changed, so that it stands in the figures; else now and then."""

    def __init__(self, ctx: Context, live: LiveCalls) -> None:
        self._ctx = ctx
        self._live = live
        self._today: Mapping[str, Any] = {}
        self.yesterday: dict[str, Any] | None = None  # what the comparison of the day before came to
        self._next_yesterday = 0.0
        self._next_slow = 0.0
        self._calls_changed = True
        self._people: tuple[Person, ...] = ()
        live.set_today(lambda: self._today)

    def calls_changed(self) -> None:
        """Take note that the figures of today are others now."""
        self._calls_changed = True

    async def run(self) -> None:
        """Feed the board for ever; while the database is away the board keeps what it knew."""
        away = False
        while True:
            try:
                await self._look()
                away = False
            except Unavailable as error:
                if not away:
                    log.warning("the board keeps its last figures", action="board_feed", error=str(error))
                away = True
            await asyncio.sleep(EVERY_SECONDS)

    async def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        slowly = now >= self._next_slow
        if slowly:
            rows = await agents.list_agents(self._ctx, ENGINE)
            people = tuple(Person(number=row.number, name=row.name, extension=row.extension or "") for row in rows)
            if people != self._people:
                self._people = people
                self._live.set_roster(people)
        if slowly or self._calls_changed:
            await self._count()
            self._next_slow = now + SLOWLY_SECONDS if slowly else self._next_slow
        await self._look_back()

    async def _count(self) -> None:
        self._calls_changed = False
        try:
            today = await figures.today(self._ctx)
        except Unavailable:
            self._calls_changed = True
            raise
        if today != self._today:
            self._today = today
            self._live.refresh()

    async def _look_back(self) -> None:
        """Yesterday's figure changes at night, and when a person has looked at something."""
        now = asyncio.get_running_loop().time()
        if now < self._next_yesterday:
            return
        found = await truth.yesterday(self._ctx)
        self._next_yesterday = now + YESTERDAY_SECONDS
        if found != self.yesterday:
            self.yesterday = found
            self._live.refresh()
