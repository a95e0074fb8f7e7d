"""Addresses of the notices: the bell and the list."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.notices import pages

ROUTES = (
    web.get("/notices", pages.list_notices),
    web.get("/notices/bell", pages.bell),
    web.post("/notices/seen", pages.mark_all),
    web.get("/notices/{id:[0-9]+}", pages.open_notice),
)
