"""The OpenAPI document against the running application: complete, sound, and true under thousands of odd requests."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from api_peer import Api
from playwright.async_api import async_playwright

from ccengine.backoffice.api.routes import setup_api
from ccengine.config import Web

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "negative_data_rejection,unsupported_method,allow_header_conformance"
)
#: Nobody judges how quick it is: eight thousand requests take a minute, or five beside others' work.
FUZZ_SECONDS = 600
#: Odd requests come as fast as they are made; being slowed down is tested elsewhere.
WEB = Web(api_requests_per_second=100_000, api_burst=1_000_000)
ON_ONE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
#: Every field's edges where the database is the stricter one, chance on the other: both on both cost a minute more.
PHASES = [("postgresql", "coverage"), ("sqlite", "fuzzing")]
METHODS = {"get", "post", "put", "patch", "delete"}


async def fetch(api: Api) -> dict[str, Any]:
    status, body, _ = await api.ask("GET", "/openapi.json", None)
    assert status == 200
    found: dict[str, Any] = body
    return found


def references(value: Any) -> Iterator[str]:
    """Yield every $ref in a document."""
    if isinstance(value, dict):
        yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


@ON_ONE
async def test_document_names_every_route_and_no_other(api: Api) -> None:
    spec = await fetch(api)
    app = web.Application()
    setup_api(app)
    served = {
        (route.method.lower(), route.resource.canonical.removeprefix("/api/v1"))
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    described = {(method, path) for path, item in spec["paths"].items() for method in item if method in METHODS}
    assert served - described == {("get", "/openapi.json"), ("get", "/docs")}
    assert described <= served
    assert len(described) >= 18


@ON_ONE
async def test_document_is_sound(api: Api) -> None:
    spec = await fetch(api)
    assert spec["openapi"] == "3.1.0"
    assert spec["servers"] == [{"url": "/api/v1"}]
    schemas = spec["components"]["schemas"]
    assert {one.rsplit("/", 1)[1] for one in references(spec)} <= set(schemas)
    names = [operation["operationId"] for item in spec["paths"].values() for operation in item.values()]
    assert len(set(names)) == len(names)
    for path, item in spec["paths"].items():
        for operation in item.values():
            assert operation["summary"]
            in_path = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert in_path == set(re.findall(r"{(\w+)}", path))
            assert {"401", "422"} <= set(operation["responses"])


@ON_ONE
async def test_document_holds_the_fields_of_the_requirements(api: Api) -> None:
    schemas = (await fetch(api))["components"]["schemas"]
    assert {"id", "ivr_path", "ended_by", "outcome", "recordings", "work_order_ids"} <= set(
        schemas["Call"]["properties"]
    )
    assert {"id", "number", "status", "call_id", "customer_id", "due_at"} <= set(schemas["Order"]["properties"])
    assert set(schemas["CallList"]["properties"]) == {"items", "next"}


@pytest.mark.timeout(FUZZ_SECONDS + 30)
@pytest.mark.parametrize(("settings", "phase"), PHASES, indirect=["settings"])
async def test_odd_requests_made_from_the_document_are_answered_as_it_says(
    api: Api, tmp_path: Path, phase: str
) -> None:
    program = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{api.url}/api/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {api.tokens['administrator']}", "--checks", CHECKS),
        *("--phases", phase, "--max-examples", "5", "--continue-on-failure"),
        *("--suppress-health-check", "all", "--request-timeout", "10", "--seed", "96390"),
    ]
    child = await asyncio.create_subprocess_exec(
        *program, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(child.communicate(), FUZZ_SECONDS)
    finally:
        if child.returncode is None:
            child.kill()
    assert child.returncode == 0, output.decode()[-8000:]
    assert (await api.ask("GET", "/health"))[0] == 200


@ON_ONE
@pytest.mark.browser
async def test_docs_page_works_offline_under_the_strict_policy(api: Api) -> None:
    seen: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = await browser.new_page()
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("request", lambda request: seen.append(request.url) if foreign(api, request.url) else None)
        await page.goto(f"{api.url}/api/v1/docs")
        await page.wait_for_selector(".opblock", timeout=20_000)
        spec = json.loads(await page.evaluate("fetch('/api/v1/openapi.json').then((answer) => answer.text())"))
        # Of a list as long as ours the page draws only what is near.
        drawn = await page.locator(".opblock-summary-path").evaluate_all("(all) => all.map((one) => one.dataset.path)")
        assert drawn and set(drawn) <= set(spec["paths"])
        await browser.close()
    assert seen == []


def foreign(api: Api, url: str) -> bool:
    return not url.startswith((api.url, "data:"))


@ON_ONE
async def test_docs_page_holds_nothing_inline(api: Api) -> None:
    async with api.http.get("/api/v1/docs") as answer:
        page = await answer.text()
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "<script>" not in page
    for path in re.findall(r'(?:src|href)="([^"]+)"', page):
        async with api.http.get(path) as answer:
            assert answer.status == 200, path
