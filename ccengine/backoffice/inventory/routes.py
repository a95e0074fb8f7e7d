"""Addresses of the configuration inventory."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.inventory import files, pages

ROUTES = (
    web.get("/admin/inventory", pages.list_items),
    web.get("/admin/inventory/new", pages.new_item),
    web.post("/admin/inventory", pages.save_item),
    web.get("/admin/inventory/found", pages.show_found),
    web.post("/admin/inventory/found", pages.take_over),
    web.post("/admin/inventory/import", files.upload),
    web.get("/admin/inventory/export.{kind:xlsx|csv}", files.export),
    web.get("/admin/inventory/{id:[0-9]+}", pages.show_item),
)
