"""Addresses of the pages of visits."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.visits import pages

ROUTES = (
    web.get("/visits", pages.show),
    web.post("/visits/plans", pages.add_plan),
    web.post("/visits/plans/{id:[0-9]+}/state", pages.set_state),
)
