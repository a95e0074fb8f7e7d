"""Addresses of the spare parts pages."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.parts import pages

_CODE = "/parts/{code:[A-Za-z0-9][A-Za-z0-9._-]{0,31}}"

ROUTES = (
    web.get("/parts", pages.list_parts),
    web.post("/parts", pages.save_part),
    web.post("/parts/stores", pages.save_store),
    web.get(_CODE, pages.show_part),
    web.post(f"{_CODE}/move", pages.move),
    web.post(f"{_CODE}/transfer", pages.transfer),
    web.post(f"{_CODE}/count", pages.count),
    web.get("/work-orders/{id:[0-9]+}/parts", pages.of_order),
    web.post("/work-orders/{id:[0-9]+}/parts", pages.use_on_order),
)
