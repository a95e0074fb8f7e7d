"""Addresses of the administrators' pages."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.admin import codes, dispositions, opening_rules, pages, people

ROUTES = (
    web.get("/admin/users", pages.users),
    web.post("/admin/users", pages.create_user),
    web.post("/admin/users/{user_name}", pages.change_user),
    web.post("/admin/users/{user_name}/password", pages.reset_password),
    web.post("/admin/users/{user_name}/active", pages.set_active),
    web.get("/admin/tokens", pages.list_tokens),
    web.post("/admin/tokens", pages.issue_token),
    web.post("/admin/tokens/{id:[0-9]+}/revoke", pages.revoke_token),
    web.get("/admin/audit", pages.show_audit),
    web.get("/admin/rules", opening_rules.show_rules),
    web.post("/admin/rules", opening_rules.save_rule),
    web.get("/admin/dispositions", dispositions.show_dispositions),
    web.post("/admin/dispositions", dispositions.save_disposition),
    web.get("/admin/codes", codes.show_codes),
    web.post("/admin/codes", codes.save_code),
    web.get("/admin/agents", people.people),
    web.post("/admin/agents", people.save_agent),
    web.post("/admin/devices", people.save_device),
    web.get("/admin/anomalies", people.show_anomalies),
)
