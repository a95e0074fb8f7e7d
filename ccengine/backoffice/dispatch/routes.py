"""Addresses of the dispatch board."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.dispatch import pages

ROUTES = (
    web.get("/dispatch", pages.board_page),
    web.get("/dispatch/board", pages.board_body),
    web.post("/dispatch", pages.send),
)
