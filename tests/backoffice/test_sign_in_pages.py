"""Signing in and out, and who is let in where."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from pages_site import PASSWORD, PEOPLE, Site

from ccengine.rows import AgentRow


async def test_sign_in_with_the_right_password_sets_a_guarded_cookie(site: Site) -> None:
    browser = site.stranger()
    answer = await browser.post("/sign-in", {"user": "admin", "password": PASSWORD, "next": "/calls?number=1"})
    assert answer.status == 303
    assert answer.headers["Location"] == "/calls?number=1"
    cookie = answer.headers["Set-Cookie"]
    assert "cc_session=" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie


async def test_sign_in_with_a_wrong_password_says_one_sentence_and_keeps_the_name(site: Site) -> None:
    answer = await site.stranger().post("/sign-in", {"user": "admin", "password": "wrong"})
    assert answer.status == 401
    assert "用户名或密码不正确" in answer.text
    assert 'value="admin"' in answer.text and "wrong" not in answer.text


async def test_sign_in_is_throttled_after_five_failures(site: Site) -> None:
    browser = site.stranger("en")
    for _ in range(5):
        await browser.post("/sign-in", {"user": "admin", "password": "wrong"})
    answer = await browser.post("/sign-in", {"user": "admin", "password": PASSWORD})
    assert answer.status == 429
    assert "Too many attempts" in answer.text


@pytest.mark.parametrize("bad", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_sign_in_never_leads_to_another_site(site: Site, bad: str) -> None:
    answer = await site.stranger().post("/sign-in", {"user": "admin", "password": PASSWORD, "next": bad})
    assert answer.headers["Location"] == "/"


async def test_pages_send_strangers_to_sign_in_and_back(site: Site) -> None:
    answer = await site.stranger().get("/work-orders?tab=mine")
    assert answer.status == 303
    assert answer.headers["Location"] == "/sign-in?next=/work-orders%3Ftab%3Dmine"


async def test_session_that_ends_in_the_middle_of_a_form_leads_back_to_its_page(site: Site) -> None:
    browser = site.stranger()
    browser.session.cookie_jar.update_cookies({"cc_session": "of-yesterday"})
    page = f"{site.base}/work-orders/3?x=1"
    answer = await browser.post("/work-orders/3/note", {"text": "漏水"}, Referer=page)
    assert answer.headers["Location"] == "/sign-in?next=/work-orders/3%3Fx%3D1&ended=1"
    assert "登录已失效" in (await browser.get(answer.headers["Location"])).text
    part = await browser.get("/desk/strip", **{"HX-Request": "true", "HX-Current-URL": page})
    assert part.headers["HX-Redirect"] == answer.headers["Location"]
    foreign = await browser.post("/work-orders/3/note", {"text": "x"}, Referer="https://evil.example/a")
    assert foreign.headers["Location"] == "/sign-in?ended=1"


async def test_sign_out_ends_the_session_in_the_database_too(site: Site) -> None:
    browser = await site.browser("admin")
    kept = {cookie.key: cookie.value for cookie in browser.session.cookie_jar}
    assert (await browser.post("/sign-out")).status == 303
    thief = site.stranger()
    thief.session.cookie_jar.update_cookies({"cc_session": kept["cc_session"]})
    assert (await thief.get("/board")).headers["Location"].startswith("/sign-in")


async def test_signing_in_again_ends_the_older_session_of_the_browser(site: Site) -> None:
    browser = await site.browser("admin")
    old = {cookie.key: cookie.value for cookie in browser.session.cookie_jar}["cc_session"]
    answer = await browser.post("/sign-in", {"user": "supervisor", "password": PASSWORD})
    assert answer.status == 303 and old not in answer.headers["Set-Cookie"]
    thief = site.stranger()
    thief.session.cookie_jar.update_cookies({"cc_session": old})
    assert (await thief.get("/board")).status == 303


async def test_session_ends_when_its_time_is_over(site: Site) -> None:
    browser = await site.browser("admin")
    site.clock.moment += timedelta(hours=25)
    assert (await browser.get("/board")).headers["Location"].startswith("/sign-in")


#: Which of these pages each role may open.
_PAGES = {
    "/board": {"agent", "supervisor", "dispatcher", "administrator"},
    "/work-orders": set(PEOPLE.values()),
    "/work-orders/new": {"agent", "supervisor", "dispatcher", "administrator"},
    "/calls": {"agent", "supervisor", "dispatcher", "administrator"},
    "/customers": {"agent", "supervisor", "dispatcher", "administrator"},
    "/outages": set(PEOPLE.values()),
    "/outages/new": {"supervisor", "dispatcher", "administrator"},
    "/admin/users": {"administrator"},
    "/admin/tokens": {"administrator"},
    "/admin/rules": {"administrator"},
    "/admin/audit": {"supervisor", "administrator"},
    "/admin/agents": {"administrator"},
    "/admin/anomalies": {"supervisor", "administrator"},
    "/profile": set(PEOPLE.values()),
    "/about": set(PEOPLE.values()),
}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("user", ["8001", "supervisor", "dispatcher", "worker", "admin"])
async def test_each_page_opens_for_its_roles_and_no_other(site: Site, user: str, language: str) -> None:
    browser = await site.browser(user, language)
    for path, roles in _PAGES.items():
        answer = await browser.get(path)
        assert answer.status == (200 if PEOPLE[user] in roles else 403), path


@pytest.mark.parametrize("user", ["8001", "supervisor", "dispatcher", "worker", "admin"])
async def test_navigation_offers_nothing_that_is_refused(site: Site, user: str) -> None:
    browser = await site.browser(user)
    links = re.findall(r'<nav aria-label="主导航">(.*?)</nav>', (await browser.get("/profile")).text, re.S)[0]
    for path in re.findall(r'href="([^"]+)"', links):
        assert (await browser.get(path)).status == 200, path


async def test_home_leads_each_person_to_their_work(site: Site) -> None:
    assert (await (await site.browser("8001")).get("/")).headers["Location"] == "/board"
    assert (await (await site.browser("worker")).get("/")).headers["Location"] == "/hand/"


async def test_password_change_needs_the_current_one_and_ends_other_sessions(site: Site) -> None:
    browser, other = await site.browser("8001"), await site.browser("8001")
    new = {"password": "another-password", "again": "another-password"}
    wrong = await browser.post("/profile/password", {"current": "no", **new})
    assert wrong.status == 422 and "当前密码不正确" in wrong.text
    differ = await browser.post("/profile/password", {"current": PASSWORD, "password": "x" * 12, "again": "y" * 12})
    assert differ.status == 422 and 'id="again-error"' in differ.text
    assert (await browser.post("/profile/password", {"current": PASSWORD, **new})).status == 303
    assert (await browser.get("/profile")).status == 200
    assert (await other.get("/profile")).status == 303


async def test_phone_pin_is_set_on_the_own_page_by_who_may_announce(site: Site) -> None:
    async with site.ctx.store() as uow:
        await uow.agents.save(AgentRow(number="8100", name="boss", extension=""))
        await uow.users.insert("boss", "x", "boss", frozenset({"supervisor"}), "8100", site.clock.moment)
        await uow.commit()
    boss, agent = await site.browser("boss"), await site.browser("8001")
    refused = await boss.post("/profile/phone-pin", {"pin": "123456"})
    assert refused.status == 422 and 'id="pin-error"' in refused.text
    assert (await boss.post("/profile/phone-pin", {"pin": "739182"})).status == 303
    page = (await boss.get("/profile")).text
    assert "已设置" in page and "739182" not in page
    assert (await boss.post("/profile/phone-pin", {"drop": "1"})).status == 303
    assert "未设置" in (await boss.get("/profile")).text
    assert "电话口令" not in (await agent.get("/profile")).text
    assert (await agent.post("/profile/phone-pin", {"pin": "739182"})).status == 403


async def test_language_is_kept_and_never_leads_away(site: Site) -> None:
    browser = await site.browser("8001")
    answer = await browser.post("/language", {"language": "en", "back": "https://evil.example"})
    assert answer.headers["Location"] == "/"
    assert "Live board" in (await browser.get("/board")).text


async def test_language_goes_with_the_person_to_every_browser(site: Site) -> None:
    await (await site.browser("8001")).post("/language", {"language": "en", "back": "/board"})
    assert "Live board" in (await (await site.browser("8001")).get("/board")).text
    await (await site.browser("8001")).post("/language", {"language": "xx", "back": "/board"})
    assert "Live board" in (await (await site.browser("8001")).get("/board")).text
    assert "Live board" not in (await (await site.browser("8002")).get("/board")).text


async def test_password_of_an_administrator_is_changed_before_anything_else(site: Site) -> None:
    admin = await site.browser("admin")
    made = await admin.post(
        "/admin/users", {"user_name": "li", "display_name": "李", "roles": "dispatcher", "agent_number": ""}
    )
    given = re.findall(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){3}", made.text)[0]
    person = site.stranger()
    assert (await person.post("/sign-in", {"user": "li", "password": given, "next": "/calls"})).status == 303
    led = await person.get("/calls")
    assert led.headers["Location"] == "/password?next=/calls"
    part = await person.get("/notices/bell", **{"HX-Request": "true"})
    assert (part.status, part.headers["HX-Redirect"]) == (403, "/password")
    refused = await person.get("/api/v1/calls")
    assert refused.status == 403 and "password_change_needed" in refused.text
    assert (await person.get("/api/v1/calls", Authorization="Bearer cct_wrong")).status == 401
    assert "管理员设置" in (await person.get("/password?next=/calls")).text
    assert '"must_change":"first"' in (await person.get("/api/v1/password")).text.replace(" ", "")
    own = {"current": given, "password": "My-own-password-1", "again": "My-own-password-1", "next": "/calls"}
    assert "不一样" in (await person.post("/password", own | {"again": "x"})).text
    assert "至少 10 位" in (await person.post("/password", own | {"password": "short", "again": "short"})).text
    done = await person.post("/password", own)
    assert (done.status, done.headers["Location"]) == (303, "/calls")
    assert (await person.get("/calls")).status == 200 and (await person.get("/password")).headers[
        "Location"
    ] == "/profile"
    site.clock.moment += timedelta(days=80)
    await person.post("/sign-in", {"user": "li", "password": "My-own-password-1"})
    assert "密码还有 10 天到期" in (await person.get("/calls")).text
    site.clock.moment += timedelta(days=10)
    await person.post("/sign-in", {"user": "li", "password": "My-own-password-1"})
    assert "90 天" in (await person.get("/password")).text
    headers = {"X-CSRF-Token": person.csrf, "Origin": site.base}
    body = {"current": "My-own-password-1", "password": "My-own-password-2"}
    address = f"{site.base}/api/v1/password"
    async with person.session.post(address, json=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["user_name"]) == (200, "li")
    assert (await person.get("/calls")).status == 200, "the answer's cookie is the new session's"
