"""The task that tells the live board what only rows know: who the agents are, and today's figures.

What does not live here: the live state (calls/board), the figures' formulas (services/figures).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import structlog

from ccengine.rows import AgentRow
from ccengine.services import agents, figures
from ccengine.services.context import ENGINE, Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
EVERY_SECONDS = 1.0


class Board(Protocol):
    """The live view, as far as this task needs it."""

    def set_roster(self, agents: Sequence[AgentRow]) -> None:
        """Take the agents' names and their last phones."""
        ...

    def set_today(self, figures: Mapping[str, Any]) -> None:
        """Take today's figures."""
        ...


async def run(ctx: Context, board: Board) -> None:
    """Feed the board for ever; while the database is away the board keeps what it knew."""
    away = False
    while True:
        try:
            board.set_roster(await agents.list_agents(ctx, ENGINE))
            board.set_today(await figures.today(ctx))
            away = False
        except Unavailable as error:
            if not away:
                log.warning(
                    "the board keeps its last figures: the database is away", action="board_feed", error=str(error)
                )
            away = True
        await asyncio.sleep(EVERY_SECONDS)
