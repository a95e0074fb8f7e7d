"""Addresses of the work order pages."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.work_orders import changes, pages

ROUTES = (
    web.get("/work-orders", pages.list_orders),
    web.get("/work-orders/new", changes.new_order),
    web.post("/work-orders", changes.register),
    web.get("/work-orders/{id:[0-9]+}", pages.show_order),
    web.post("/work-orders/{id:[0-9]+}/move", changes.move),
    web.post("/work-orders/{id:[0-9]+}/take", changes.take),
    web.post("/work-orders/{id:[0-9]+}/note", changes.note),
    web.post("/work-orders/{id:[0-9]+}/stamp", changes.stamp),
    web.post("/work-orders/{id:[0-9]+}/edit", changes.edit),
    web.post("/work-orders/{id:[0-9]+}/reveal", pages.reveal),
)
