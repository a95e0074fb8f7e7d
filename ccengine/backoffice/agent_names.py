"""Names of agents by number, kept for half a minute: every board and list shows them, and they seldom change."""

from __future__ import annotations

import time

from aiohttp import web

from ccengine.backoffice.keys import CTX
from ccengine.services.agents import list_agents
from ccengine.services.context import ENGINE
from ccengine.services.errors import Unavailable

_KEEP_SECONDS = 30.0


class AgentNames:
    """The kept names and when they were read."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.read_at = float("-inf")


AGENT_NAMES: web.AppKey[AgentNames] = web.AppKey("agent_names", AgentNames)


async def agent_names(app: web.Application) -> dict[str, str]:
    """Return number -> name; without a database the last known ones."""
    kept = app[AGENT_NAMES]
    if time.monotonic() - kept.read_at > _KEEP_SECONDS:
        try:
            kept.names = {agent.number: agent.name for agent in await list_agents(app[CTX], ENGINE)}
            kept.read_at = time.monotonic()
        except Unavailable:
            pass
    return kept.names
