"""What the API refuses: no token, no CSRF token, bodies and parameters by field, in the language of who asks."""

from __future__ import annotations

import pytest
from api_peer import ACCOUNT, ORDER, PHONE, Api
from yarl import URL

from ccengine.backoffice.sessions import signed_in_by
from ccengine.services.context import ENGINE, Actor
from ccengine.services.sign_in import change_password, create_user

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # the store's tests run on both


async def test_without_a_valid_token_nothing_is_told(api: Api) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer cct_wrong"},
        {"Authorization": "bearer " + api.tokens["administrator"]},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer 令牌".encode().decode("latin-1")},
    ):
        status, body, answer = await api.ask("GET", "/calls", None, headers=headers)
        assert (status, body["title"]) == (401, "unauthorized")
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_signed_in_session_reads_and_writes_only_with_its_csrf_token(api: Api) -> None:
    await create_user(
        api.ctx,
        ENGINE,
        "wang",
        "a long password 1",
        display_name="王芳",
        roles=frozenset({"supervisor"}),
    )
    wang = Actor(kind="user", name="wang", roles=frozenset({"supervisor"}))
    await change_password(api.ctx, wang, "a long password 1", "another long one 2", "127.0.0.1")
    form = {"user": "wang", "password": "another long one 2"}
    async with api.http.post("/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    status, body, _ = await api.ask("GET", "/calls", None)
    assert (status, body["items"][0]["caller_number"]) == (200, "138****5678")
    assert PHONE not in str((await api.ask("GET", "/board", None))[1])
    assert PHONE not in str((await api.ask("GET", f"/customers/{ACCOUNT}", None))[1])
    assert (await api.ask("POST", "/work-orders", None, json=ORDER))[0] == 403
    cookie = next(iter(api.http.cookie_jar)).value
    person = await signed_in_by(api.ctx, cookie)
    assert person is not None
    headers = {"X-CSRF-Token": person.csrf_token}
    assert (await api.ask("POST", "/work-orders", None, json=ORDER, headers=headers))[0] == 201
    headers["Origin"] = "https://evil.example"
    assert (await api.ask("POST", "/work-orders", None, json=ORDER, headers=headers))[0] == 403
    wrong = {"Authorization": "Bearer cct_wrong"}
    assert (await api.ask("GET", "/calls", None, headers=wrong))[0] == 401


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, ""),
        (b"[]", 422, ""),
        (b"{", 400, ""),
        (b"\xff", 400, ""),
        (b"null", 422, ""),
        (b'{"type": "repair", "type": "repair", "title": "x"}', 400, "type"),
        (b'{"type": "repair", "title": "\\u0000"}', 400, "title"),
        (b'{"type": "repair", "title": "\\ud800"}', 400, "title"),
        (b'{"type": "repair", "title": NaN}', 400, ""),
        (b'{"type": "repair", "title": 5}', 422, "title"),
        (b'{"type": "repair", "title": "   "}', 422, "title"),
        (b'{"type": "repair", "title": "a\\u0007b"}', 422, "title"),
        (b'{"type": "repair"}', 422, "title"),
        (b'{"type": "x", "title": "x"}', 422, "type"),
        (b'{"type": "repair", "title": "x", "colour": "red"}', 422, "colour"),
        (b'{"type": "repair", "title": "x", "customer_id": "99999999"}', 422, "customer_id"),
        (b'{"type": "repair", "title": "x", "customer_id": "10000123\\n"}', 422, "customer_id"),
        (b'{"type": "repair", "title": "x", "call_id": "x"}', 422, "call_id"),
    ],
)
async def test_bad_body_is_refused_by_field_and_nothing_is_kept(api: Api, body: bytes, status: int, field: str) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": "en"}
    got, problem, answer = await api.ask("POST", "/work-orders", data=body, headers=headers)
    assert (got, answer.content_type) == (status, "application/problem+json")
    assert (problem["errors"][0]["field"], problem["status"]) == (field, status)
    assert problem["errors"][0]["message"] and problem["errors"][0]["remedy"]
    assert (await api.ask("GET", "/work-orders"))[1]["items"] == []


async def test_bad_envelope_is_refused(api: Api) -> None:
    plain = {"Content-Type": "text/plain"}
    assert (await api.ask("POST", "/work-orders", data=b"{}", headers=plain))[0] == 415
    big = {"Content-Type": "application/json"}
    assert (await api.ask("POST", "/work-orders", data=b" " * 300_000, headers=big))[0] == 413
    status, body, answer = await api.ask("DELETE", "/calls")
    assert (status, body["title"], "GET" in answer.headers["Allow"]) == (405, "http_405", True)
    status, body, answer = await api.ask("GET", "/nothing")
    assert (status, answer.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("colour=", "colour"),
        ("limit=0", "limit"),
        ("limit=100000", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("since=yesterday", "since"),
        ("since=2026-11-21T00:00:00", "since"),
        ("since=1700000000", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("cursor=zzz", "cursor"),
        ("outcome=x", "outcome"),
        ("number=%00", "number"),
        ("agent_number=8001%0a", "agent_number"),
    ],
)
async def test_bad_parameter_is_refused_by_name(api: Api, query: str, field: str) -> None:
    url = URL(f"{api.url}/api/v1/calls?{query}", encoded=True)
    headers = {"Authorization": f"Bearer {api.tokens['administrator']}"}
    async with api.http.get(url, headers=headers) as answer:
        body = await answer.json(content_type=None)
        assert (answer.status, body["errors"][0]["field"]) == (422, field)
        assert body["errors"][0]["remedy"]


async def test_problem_speaks_the_clients_language(api: Api) -> None:
    _, body, _ = await api.ask("GET", "/calls?limit=0", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert body["errors"] == [{"field": "limit", "message": "数值过小", "remedy": "最小为 1"}]
    _, body, _ = await api.ask("GET", "/calls?limit=0", headers={"Accept-Language": "en-GB"})
    assert body["errors"] == [{"field": "limit", "message": "The number is too small", "remedy": "At least 1"}]
