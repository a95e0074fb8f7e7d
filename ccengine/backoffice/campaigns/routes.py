"""Addresses of the campaign pages."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.campaigns import files, pages, preview, queries, setup, targets

ROUTES = (
    web.get("/campaigns", pages.list_campaigns),
    web.post("/campaigns/switch", pages.switch),
    web.post("/campaigns/limits", pages.set_limits),
    web.get("/campaigns/new", setup.new_campaign),
    web.post("/campaigns", setup.create),
    web.get("/campaigns/listen/{flow}", files.listen),
    web.get("/campaigns/listen/{flow}/{number}.wav", files.sentence),
    web.get("/campaigns/opt-outs", targets.opt_outs),
    web.post("/campaigns/opt-outs", targets.add_opt_out),
    web.post("/campaigns/opt-outs/lift", targets.lift),
    web.get("/campaigns/queries", queries.list_queries),
    web.post("/campaigns/queries", queries.save),
    web.get("/campaigns/queries/new", queries.new_query),
    web.get("/campaigns/queries/count", queries.count),
    web.get("/campaigns/queries/{id}", queries.show_query),
    web.post("/campaigns/queries/{id}", queries.change),
    web.post("/campaigns/queries/{id}/delete", queries.delete),
    web.get("/campaigns/preview", preview.list_previews),
    web.get("/campaigns/{id}/preview", preview.show),
    web.post("/campaigns/{id}/preview/{target}/call", preview.call),
    web.post("/campaigns/{id}/preview/{target}/skip", preview.skip),
    web.get("/campaigns/{id}", pages.show),
    web.get("/campaigns/{id}/live", pages.live),
    web.get("/campaigns/{id}/edit", setup.edit_campaign),
    web.post("/campaigns/{id}", setup.change),
    web.post("/campaigns/{id}/move", pages.move),
    web.post("/campaigns/{id}/copy", pages.copy),
    web.post("/campaigns/{id}/customers", targets.add_customers),
    web.post("/campaigns/{id}/queries", queries.load),
    web.post("/campaigns/{id}/visits", targets.add_visits),
    web.post("/campaigns/{id}/file/stream", files.upload),
    web.get("/campaigns/{id}/targets", targets.list_targets),
    web.get("/campaigns/{id}/targets/{target}", targets.show_target),
    web.get("/campaigns/{id}/imports/{import}", targets.refusals),
    web.get("/campaigns/{id}/export.{kind:xlsx|csv}", files.export),
)
