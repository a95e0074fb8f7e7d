"""Addresses of the paper forms."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.paper import pages

ROUTES = (web.get("/work-orders/{id:[0-9]+}/forms/{form:[a-z_]+}.pdf", pages.show_form),)
