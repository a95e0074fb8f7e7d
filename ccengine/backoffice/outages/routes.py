"""Addresses of the outage notice pages."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.outages import pages

ROUTES = (
    web.get("/outages", pages.list_outages),
    web.get("/outages/new", pages.new_outage),
    web.post("/outages", pages.publish),
    web.post("/outages/{id}/withdraw", pages.withdraw),
)
