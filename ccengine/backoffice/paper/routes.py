"""Addresses of the paper forms."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.paper import pages

ROUTES = (
    web.get("/work-orders/{id:[0-9]+}/forms/{form:[a-z_]+}.pdf", pages.show_form),
    web.get("/work-orders/{id:[0-9]+}/prints", pages.list_prints),
    web.get("/work-orders/{id:[0-9]+}/prints/{print:[0-9]{1,18}}.pdf", pages.show_print),
)
