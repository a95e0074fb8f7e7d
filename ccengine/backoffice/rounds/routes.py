"""Addresses of the pages of inspection rounds."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.rounds import export, pages, plans

ROUTES = (
    web.get("/rounds", pages.list_rounds),
    web.get("/rounds/export.{kind:xlsx|csv}", export.export),
    web.get("/rounds/figures", pages.show_figures),
    web.get("/rounds/plans", plans.list_plans),
    web.get("/rounds/plans/new", plans.new_plan),
    web.post("/rounds/plans", plans.save_plan),
    web.get("/rounds/plans/{id:[0-9]+}", plans.edit_plan),
    web.get("/rounds/{id:[0-9]+}", pages.show_round),
    web.get("/rounds/{id:[0-9]+}.pdf", export.show_pdf),
    web.post("/rounds/{id:[0-9]+}/record", pages.record),
    web.post("/rounds/{id:[0-9]+}/items/{position:[0-9]+}/order", pages.open_order),
)
