"""Addresses of the pages about time limits: policies, calendar, penalties, and an order's deadlines."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.sla import calendar, deadlines, penalties, policies

ROUTES = (
    web.get("/admin/sla", policies.list_policies),
    web.get("/admin/sla/new", policies.new_policy),
    web.get("/admin/sla/{code:[a-z0-9_]+}", policies.show_policy),
    web.post("/admin/sla", policies.save),
    web.get("/admin/calendar", calendar.show),
    web.post("/admin/calendar/days", calendar.set_days),
    web.post("/admin/calendar/settings", calendar.save_settings),
    web.get("/admin/penalties", penalties.list_penalties),
    web.post("/admin/penalties/{id}/waive", penalties.waive),
    web.get("/work-orders/{id:[0-9]+}/deadlines", deadlines.show),
)
