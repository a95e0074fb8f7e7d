"""Addresses of the search box."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.search import pages

ROUTES = (
    web.get("/search", pages.results),
    web.get("/search/box", pages.box),
)
