"""Addresses of the work order pages."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.work_orders import changes, conditions, export, help, lists, pages

ROUTES = (
    web.get("/work-orders", lists.list_orders),
    web.get("/work-orders/condition", conditions.condition_row),
    web.get("/work-orders/export.{kind:xlsx|csv}", export.export),
    web.get("/work-orders/similar", help.similar),
    web.get("/work-orders/{id:[0-9]+}/similar", help.similar_to),
    web.post("/work-orders/draft", help.save_draft),
    web.post("/work-orders/draft/discard", help.discard_draft),
    web.post("/work-orders/queries", lists.save_query),
    web.post("/work-orders/queries/{id:[0-9]+}/delete", lists.delete_query),
    web.get("/work-orders/new", changes.new_order),
    web.post("/work-orders", changes.register),
    web.get("/work-orders/{id:[0-9]+}", pages.show_order),
    web.post("/work-orders/{id:[0-9]+}/moves", changes.make_move),
    web.post("/work-orders/{id:[0-9]+}/visit", changes.record_visit),
    web.post("/work-orders/{id:[0-9]+}/visit/call", changes.call_for_visit),
    web.post("/work-orders/{id:[0-9]+}/call", changes.call_customer),
    web.post("/work-orders/{id:[0-9]+}/take", changes.take),
    web.post("/work-orders/{id:[0-9]+}/note", changes.note),
    web.post("/work-orders/{id:[0-9]+}/stamp", changes.stamp),
    web.post("/work-orders/{id:[0-9]+}/place", changes.set_place),
    web.post("/work-orders/{id:[0-9]+}/edit", changes.edit),
    web.post("/work-orders/{id:[0-9]+}/reveal", pages.reveal),
)
