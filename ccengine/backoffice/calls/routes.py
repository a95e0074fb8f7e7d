"""Addresses of the call pages."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.calls import pages

ONE = "/calls/{call_id:[a-z0-9]{1,16}-[0-9]{9,11}-[0-9]{10,20}}"

ROUTES = (
    web.get("/calls", pages.list_calls),
    web.get(ONE, pages.show_call),
    web.get(f"{ONE}/recording", pages.recording),
    web.post(f"{ONE}/reveal", pages.reveal),
)
