"""Addresses of the pages on which the product shows its own truth."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.truth import pages

ROUTES = (
    web.get("/truth", pages.calendar),
    web.get("/truth/{day:[0-9]{4}-[0-9]{2}-[0-9]{2}}", pages.day),
    web.post("/truth/differences/{id:[0-9]+}/looked", pages.looked),
)
