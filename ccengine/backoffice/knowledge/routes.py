"""Addresses of the knowledge base."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.knowledge import pages

ROUTES = (
    web.get("/knowledge", pages.list_articles),
    web.get("/knowledge/new", pages.new_article),
    web.post("/knowledge", pages.write_article),
    web.get("/knowledge/suggest", pages.suggest),
    web.get("/knowledge/{id:[0-9]+}", pages.show_article),
    web.get("/knowledge/{id:[0-9]+}/edit", pages.edit_article),
    web.post("/knowledge/{id:[0-9]+}/decide", pages.decide),
    web.post("/knowledge/{id:[0-9]+}/rate", pages.rate),
)
