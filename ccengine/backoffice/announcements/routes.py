"""Addresses of the announcement pages."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.announcements import pages

ROUTES = (
    web.get("/announcements", pages.list_announcements),
    web.post("/announcements/{id:[0-9]+}", pages.change),
    web.post("/announcements/{id:[0-9]+}/withdraw", pages.withdraw),
    web.get("/announcements/{id:[0-9]+}/sound", pages.listen),
)
