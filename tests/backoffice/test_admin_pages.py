"""Administration: users and their sessions, tokens, rules in words, what the product is made of."""

from __future__ import annotations

import re

from pages_site import Site


async def test_a_new_user_gets_a_password_shown_once_and_can_sign_in(site: Site) -> None:
    admin = await site.browser("admin")
    form = {"user_name": "zhouqi", "display_name": "周琪", "roles": "agent", "agent_number": "8001"}
    answer = await admin.post("/admin/users", form)
    password = re.findall(r'id="new-password">([^<]+)<', answer.text)[0]
    assert password not in (await admin.get("/admin/users")).text
    signed_in = await site.stranger().post("/sign-in", {"user": "zhouqi", "password": password})
    assert signed_in.status == 303
    again = await admin.post("/admin/users", form)
    assert again.status == 409 and 'id="user_name-error"' in again.text
    none = await admin.post("/admin/users", {"user_name": "x", "display_name": "x"})
    assert none.status == 422 and 'id="roles-error"' in none.text


async def test_a_barred_users_session_ends_and_nobody_bars_themselves(site: Site) -> None:
    admin, agent = await site.browser("admin"), await site.browser("8001")
    assert (await admin.post("/admin/users/8001/active", {"active": "0"})).status == 303
    assert (await agent.get("/board")).status == 303
    assert (await admin.post("/admin/users/admin/active", {"active": "0"})).status == 409


async def test_roles_change_at_once_but_never_ones_own(site: Site) -> None:
    admin, agent = await site.browser("admin"), await site.browser("8001")
    assert (await agent.get("/reports/indicators")).status == 403
    form = (await admin.get("/admin/users?user=8001")).text
    assert 'action="/admin/users/8001"' in form and 'value="agent" checked' in form
    fields = {"display_name": "王丽（班长）", "roles": "supervisor", "agent_number": "8001"}
    assert (await admin.post("/admin/users/8001", fields)).status == 303
    assert (await agent.get("/reports/indicators")).status == 200
    assert (await admin.post("/admin/users/8001", {"display_name": "x"})).status == 422
    assert (await admin.post("/admin/users/8001", {**fields, "agent_number": "9999"})).status == 422
    assert (await admin.post("/admin/users/admin", {"display_name": "x", "roles": "agent"})).status == 409
    assert (await admin.post("/admin/users/nobody", fields)).status == 404
    log = (await admin.get("/admin/audit")).text
    assert "更改用户或角色" in log and "None" not in log


async def test_a_reset_password_ends_the_old_sessions(site: Site) -> None:
    admin, agent = await site.browser("admin"), await site.browser("8001")
    assert "new-password" in (await admin.post("/admin/users/8001/password")).text
    assert (await agent.get("/board")).status == 303


async def test_a_token_is_shown_once_works_and_is_revoked(site: Site) -> None:
    admin = await site.browser("admin")
    page = (await admin.post("/admin/tokens", {"name": "GIS", "roles": "supervisor"})).text
    token = re.findall(r'id="new-token">([^<]+)<', page)[0]
    assert token not in (await admin.get("/admin/tokens")).text
    caller = site.stranger()
    assert (await caller.get("/api/v1/calls", Authorization=f"Bearer {token}")).status == 200
    number = re.findall(r"/admin/tokens/(\d+)/revoke", page)[0]
    assert (await admin.post(f"/admin/tokens/{number}/revoke")).status == 303
    assert (await caller.get("/api/v1/calls", Authorization=f"Bearer {token}")).status == 401


async def test_rules_are_told_in_words(site: Site) -> None:
    page = (await (await site.browser("admin")).get("/admin/rules")).text
    assert "等待至少 5 秒" in page and "排队放弃 或 排队超时" in page and "rule_when" not in page
    page = (await (await site.browser("admin", "en")).get("/admin/rules")).text
    assert "waited at least 5 s" in page


async def test_about_lists_the_vendored_files_with_their_licences(site: Site) -> None:
    page = (await (await site.browser("8001")).get("/about")).text
    assert "htmx" in page and "2.0.11" in page and "0BSD" in page
