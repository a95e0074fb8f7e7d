"""Addresses of the indicator report."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.reports import indicators

ROUTES = (
    web.get("/reports/indicators", indicators.show),
    web.get("/reports/indicators.xlsx", indicators.export),
)
