"""Names of agents and users, kept for half a minute: every board and list shows them, and they seldom change."""

from __future__ import annotations

import time

from aiohttp import web

from ccengine.backoffice.keys import CTX, Apps
from ccengine.services.agents import list_agents
from ccengine.services.context import ENGINE
from ccengine.services.errors import Unavailable
from ccengine.services.sign_in import display_names

_KEEP_SECONDS = 30.0


class People:
    """The kept names and when they were read."""

    def __init__(self) -> None:
        self.agents: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self.read_at = float("-inf")


PEOPLE: web.AppKey[People] = web.AppKey("people", People)


async def _people(app: Apps) -> People:
    kept = app[PEOPLE]
    if time.monotonic() - kept.read_at > _KEEP_SECONDS:
        try:
            kept.agents = {agent.number: agent.name for agent in await list_agents(app[CTX], ENGINE)}
            kept.users = await display_names(app[CTX])
            kept.read_at = time.monotonic()
        except Unavailable:
            pass  # the last known names are better than none
    return kept


async def agent_names(app: Apps) -> dict[str, str]:
    """Return agent number -> name; without a database the last known ones."""
    return (await _people(app)).agents


def forget_people(app: Apps) -> None:
    """Read the names anew at the next question: somebody was added or renamed."""
    app[PEOPLE].read_at = float("-inf")


async def refresh_people(app: Apps) -> None:
    """Read the names anew when they are old; pages with histories call this first."""
    await _people(app)


def user_display_name(app: Apps, user_name: str) -> str:
    """Return a user's name as last read, else the user name itself."""
    return app[PEOPLE].users.get(user_name) or user_name


def people_options(app: Apps) -> list[tuple[str, str]]:
    """Return (user name, name) of everybody who signs in, as last read."""
    return sorted(app[PEOPLE].users.items(), key=lambda pair: pair[1])
