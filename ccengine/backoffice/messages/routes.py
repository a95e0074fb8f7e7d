"""Addresses of the pages of messages to customers."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.messages import pages

ROUTES = (
    web.get("/messages", pages.list_messages),
    web.post("/messages/{id:[0-9]+}/result", pages.settle),
    web.post("/messages/{id:[0-9]+}/call-instead", pages.call_instead),
)
