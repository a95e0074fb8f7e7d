"""Addresses of the incident pages."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.incidents import pages

ROUTES = (
    web.get("/incidents", pages.list_incidents),
    web.post("/incidents", pages.begin),
    web.post("/incidents/{id:[0-9]+}/orders", pages.add_order),
)
