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
YESTERDAY_SECONDS = 15.0


class BoardFeed:
    """Looks once a second, so that a finished call stands in the figures within about a second."""

    def __init__(self, ctx: Context, live: LiveCalls) -> None:
        self._ctx = ctx
        self._live = live
        self._today: Mapping[str, Any] = {}
        self.yesterday: dict[str, Any] | None = None  # what the comparison of the day before came to
        self._next_yesterday = 0.0
        self._people: tuple[Person, ...] = ()
        live.set_today(lambda: self._today)

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
        rows = await agents.list_agents(self._ctx, ENGINE)
        people = tuple(Person(number=row.number, name=row.name, extension=row.extension or "") for row in rows)
        today = await figures.today(self._ctx)
        await self._look_back()
        if people != self._people:
            self._people = people
            self._live.set_roster(people)
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
