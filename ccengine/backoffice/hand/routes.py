"""Addresses of the field worker's page."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.hand import on_order, pages

ROUTES = (
    web.get("/hand", pages.to_page),
    web.get("/hand/", pages.show),
    web.get("/hand/sw.js", pages.service_worker),
    web.get("/hand/manifest.webmanifest", pages.manifest),
    web.get("/hand/words/{language}.json", pages.words),
    web.get("/work-orders/{id:[0-9]+}/evidence", on_order.show),
)
