"""Addresses of the customer's page and of the receipt."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.progress import pages

ROUTES = (
    web.get("/progress", pages.ask),
    web.post("/progress", pages.show),
    web.post("/progress/grade", pages.grade),
    web.get("/work-orders/{id:[0-9]+}/receipt", pages.receipt),
)
