"""Addresses of the field worker's page."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.hand import pages

ROUTES = (
    web.get("/hand", pages.to_page),
    web.get("/hand/", pages.show),
    web.get("/hand/sw.js", pages.service_worker),
    web.get("/hand/manifest.webmanifest", pages.manifest),
    web.get("/hand/words/{language}.json", pages.words),
)
