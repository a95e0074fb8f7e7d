"""Addresses of the customer pages."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.customers import pages

ROUTES = (
    web.get("/customers", pages.list_customers),
    web.get("/customers/{account:[0-9]{8,12}}", pages.show_customer),
    web.post("/customers/{account:[0-9]{8,12}}/reveal", pages.reveal),
)
