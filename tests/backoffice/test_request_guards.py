"""What keeps other sites, other methods and broken parts from doing harm: CSRF, headers, errors, deadlines."""

from __future__ import annotations

import aiohttp
import pytest
from pages_site import PASSWORD, Site


async def test_a_form_without_the_token_is_refused_and_changes_nothing(site: Site) -> None:
    browser = await site.browser("supervisor")
    browser.csrf = ""
    answer = await browser.post("/sign-out")
    assert answer.status == 403 and "没有任何更改" in answer.text
    assert (await browser.get("/board")).status == 200


async def test_a_token_of_another_session_is_refused(site: Site) -> None:
    mine, other = await site.browser("supervisor"), await site.browser("supervisor")
    mine.csrf = other.csrf
    assert (await mine.post("/sign-out")).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_from_another_site_is_refused_even_with_the_token(site: Site, headers: dict[str, str]) -> None:
    browser = await site.browser("supervisor")
    assert (await browser.post("/sign-out", **headers)).status == 403


async def test_signing_in_from_another_site_is_refused(site: Site) -> None:
    fields = {"user": "admin", "password": PASSWORD}
    assert (await site.stranger().post("/sign-in", fields, Origin="https://evil.example")).status == 403


async def test_the_token_may_come_as_a_header(site: Site) -> None:
    browser = await site.browser("supervisor")
    token, browser.csrf = browser.csrf, ""
    assert (await browser.post("/sign-out", **{"X-CSRF-Token": token})).status == 303


async def test_a_socket_from_another_site_is_refused(site: Site) -> None:
    browser = await site.browser("supervisor")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await browser.session.ws_connect(f"{site.base}/board/ws", headers={"Origin": "https://evil.example"})
    assert refused.value.status == 403


@pytest.mark.parametrize("path", ["/sign-in", "/no-such-page", "/static/app.css", "/api/v1/health"])
async def test_every_answer_carries_the_security_headers(site: Site, path: str) -> None:
    headers = (await site.stranger().get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in policy
    assert "aiohttp" not in headers.get("Server", "")


async def test_static_files_are_kept_for_ever_only_with_their_hash(site: Site) -> None:
    browser = site.stranger()
    assert "immutable" in (await browser.get("/static/app.css?v=1")).headers["Cache-Control"]
    assert (await browser.get("/static/app.css")).headers["Cache-Control"] == "no-cache"
    assert (await browser.get("/sign-in")).headers["Cache-Control"] == "no-store"


async def test_an_unknown_page_says_so_in_the_users_language(site: Site) -> None:
    answer = await (await site.browser("8001", "en")).get("/no-such-page")
    assert answer.status == 404 and "There is no such page" in answer.text


async def test_a_missing_thing_is_named_in_the_users_language(site: Site) -> None:
    answer = await (await site.browser("8001")).get("/work-orders/4711")
    assert answer.status == 404 and "没有这个工单" in answer.text
    answer = await (await site.browser("8001", "en")).get("/customers/99999999")
    assert "There is no such customer" in answer.text


async def test_a_wrong_method_is_told_with_the_right_ones(site: Site) -> None:
    answer = await (await site.browser("8001")).get("/sign-out")
    assert answer.status == 405 and answer.headers["Allow"] == "POST"


async def test_a_missing_right_is_named_and_nothing_shown(site: Site) -> None:
    answer = await (await site.browser("worker")).get("/customers/10000001")
    assert answer.status == 403 and "您的角色不能查看客户资料" in answer.text
    answer = await (await site.browser("worker", "en")).get("/customers/10000001")
    assert "Your role may not see customers" in answer.text and "customers.view" not in answer.text


async def test_an_htmx_request_without_session_leads_to_sign_in(site: Site) -> None:
    answer = await site.stranger().get("/desk/strip", **{"HX-Request": "true"})
    assert answer.status == 401 and answer.headers["HX-Redirect"] == "/sign-in"


async def test_an_htmx_error_brings_its_sentence_for_the_toast(site: Site) -> None:
    browser = await site.browser("worker")
    answer = await browser.post("/customers/10000001/reveal", **{"HX-Request": "true"})
    assert answer.status == 403 and answer.headers["X-Message"].startswith("%")


async def test_a_body_that_is_too_large_is_refused(site: Site) -> None:
    answer = await (await site.browser("8001")).post("/work-orders", {"title": "x" * 400_000})
    assert answer.status == 413


async def test_without_a_database_pages_say_so_at_once(site: Site) -> None:
    browser = await site.browser("8001")
    await site.ctx.store.close()
    (site.ctx.settings.state_dir / "ccengine.sqlite").unlink()
    (site.ctx.settings.state_dir / "ccengine.sqlite").mkdir()
    answer = await browser.get("/work-orders")
    assert answer.status == 503 and "数据库" in answer.text


#: Programs' addresses have tests of their own; signing out would end the walk.
LEFT_OUT = ("/api", "/board/ws", "/sign-out")
HOSTILE_ADDRESSES = (
    "/calls?cursor=broken",
    "/calls?from=yesterday",
    "/calls?outcome=%00&agent=%27",
    "/customers?cursor=%27",
    "/customers?q=%00%01",
    "/work-orders?cursor=zz&tab=nonsense",
    "/work-orders/99999999999999999999999999",
    "/work-orders/0",
    "/calls/n1-1795305600-999999999999999999",
    "/customers/99999999",
    "/outages/new?x=1",
    "/admin/audit?cursor=%F0%9F%92%A7",
    "/desk/card?call_id=../../etc",
    "/agents/9999/control",
)


async def test_no_address_and_no_empty_form_breaks_a_page(site: Site) -> None:
    browser = await site.browser("admin")
    plain = sorted({(r.method, r.resource.canonical) for r in site.server.app.router.routes() if r.resource})
    plain = [(method, path) for method, path in plain if "{" not in path and not path.startswith(LEFT_OUT)]
    assert ("GET", "/campaigns/new") in plain and ("POST", "/admin/dispositions") in plain
    for path in HOSTILE_ADDRESSES + tuple(path for method, path in plain if method == "GET"):
        answer = await browser.get(path)
        assert answer.status < 500, (path, answer.text[:500])
    for path in (path for method, path in plain if method == "POST"):
        answer = await browser.post(path)
        assert answer.status < 500, (path, answer.text[:500])


async def test_a_hostile_host_header_does_not_reach_the_policy(site: Site) -> None:
    answer = await site.stranger().get("/sign-in", Host="x; script-src *")
    assert "script-src *" not in answer.headers["Content-Security-Policy"]
