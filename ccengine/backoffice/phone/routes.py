"""Addresses of the phone in the browser. The account is a POST: a session's token goes with it, no link leads there."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.phone import pages, relay

ROUTES = (
    web.get("/phone", pages.window),
    web.get("/phone/bar", pages.bar),
    web.post("/phone/account", pages.account),
    web.get("/phone/ws", relay.phone_socket),
)
