"""Addresses of the agent's desk."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.desk import pages

ROUTES = (
    web.get("/desk/strip", pages.strip),
    web.post("/desk/state", pages.set_own_state),
    web.get("/desk/card", pages.card),
    web.post("/desk/choice", pages.choose),
)
