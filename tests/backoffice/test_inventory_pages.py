"""The configuration inventory on the pages and over the API: written, taken away, sent back, compared."""

from __future__ import annotations

import re

import aiohttp
from pages_site import Site

from ccengine.engine.found import look
from ccengine.services import inventory


async def test_item_is_written_taken_away_and_sent_back(site: Site) -> None:
    await inventory.note_found(site.ctx, look(site.ctx.settings))
    admin, boss = await site.browser("admin"), await site.browser("supervisor")
    item = {"kind": "server", "name": "<i>db1", "place": "机房", "retired": "no", "warranty_until": "2026-01-01"}
    assert "新增配置项" in (await admin.get("/admin/inventory/new")).text
    wrong = await admin.post("/admin/inventory", {**item, "bought_on": "2027-01-01"})
    assert wrong.status == 422 and "warranty_until-error" in wrong.text and "&lt;i&gt;db1" in wrong.text
    assert (await boss.post("/admin/inventory", item)).status == 403
    assert (await admin.post("/admin/inventory", item)).headers["Location"] == "/admin/inventory/1"
    changed = {**item, "version": "R740", "person": "worker", "item_id": "1", "revision": "1"}
    assert (await admin.post("/admin/inventory", changed)).status == 303
    shown = (await boss.get("/admin/inventory/1")).text
    assert "R740" in shown and "人工新增" in shown and "人工修改" in shown and "修改</summary>" not in shown
    assert "&lt;i&gt;db1" in (await boss.get("/admin/inventory?tab=warranty&q=R740")).text
    table = (await boss.get("/admin/inventory/export.csv")).text
    assert "类别,名称" in table and "服务器,<i>db1,R740" in table
    form = aiohttp.FormData({"csrf_token": admin.csrf})
    form.add_field("file", f"{table}软件,x,,,,,,,没有,,,\n".encode(), filename="a.csv", content_type="text/csv")
    headers = {"Origin": site.base}
    async with admin.session.post(f"{site.base}/admin/inventory/import", data=form, headers=headers) as response:
        answer = await response.text()
    assert "新增 0 项，修改 0 项，未变 1 项，拒绝 1 行" in answer and "运行于" in answer
    assert (await admin.post("/admin/inventory/import")).status == 422
    assert "未登记" in (await boss.get("/admin/inventory/found")).text
    assert (await admin.post("/admin/inventory/found", {"key": "n1/engine"})).status == 303
    assert "一致" in (await boss.get("/admin/inventory/found")).text
    agent, worker = await site.browser("8001"), await site.browser("worker")
    assert (await agent.get("/admin/inventory")).status == 403
    assert await inventory.tell_warranties(site.ctx) == 1  # the worker answers for it: told, and led to it, to read
    link = re.search(r"/notices/[0-9]+\?item=1", (await worker.get("/notices")).text)
    assert link is not None
    assert (await worker.get(link[0])).headers["Location"] == "/admin/inventory/1"
    seen = await worker.get("/admin/inventory/1")
    assert seen.status == 200 and "R740" in seen.text and 'href="/admin/inventory' not in seen.text
    assert (await agent.get("/admin/inventory/1")).status == (await worker.get("/admin/inventory/99")).status == 403
    assert (await worker.post("/admin/inventory", changed)).status == 403


async def test_inventory_over_the_api(site: Site) -> None:
    admin = await site.browser("admin")
    headers = {"X-CSRF-Token": admin.csrf, "Origin": site.base}

    async def ask(method: str, path: str, **sent: object) -> tuple[int, dict[str, object]]:
        address = f"{site.base}/api/v1/inventory{path}"
        async with admin.session.request(method, address, headers=headers, **sent) as response:  # type: ignore[arg-type]
            return response.status, await response.json()

    said = {"kind": "pbx", "name": "总机", "version": "22.1", "warranty_until": "2028-01-01"}
    status, item = await ask("POST", "/items", json=said)
    assert (status, item["revision"], item["kind"], item["warranty_until"]) == (201, 1, "pbx", "2028-01-01")
    body = {**said, "version": "22.2", "expected_revision": 1}
    assert (await ask("PUT", "/items/1", json=body))[1]["revision"] == 2
    assert (await ask("PUT", "/items/1", json={**body, "version": "22.3"}))[0] == 409
    _, detail = await ask("GET", "/items/1")
    assert detail["changes"][0]["changes"] == {"version": ["22.1", "22.2"]}  # type: ignore[index]
    status, done = await ask("POST", "/import", data="名称,类别\n总机,PBX\nx,猫\n".encode())
    assert (status, done["same"], done["refused"][0]["field"]) == (200, 1, "kind")  # type: ignore[index]
    await inventory.note_found(site.ctx, look(site.ctx.settings))
    assert (await ask("POST", "/found", json={"key": "database"}))[1]["found_key"] == "database"
    _, found = await ask("GET", "/found")
    states = {one["key"]: one["difference"] for one in found["items"]}  # type: ignore[attr-defined]
    assert states["database"] == "same" and states["n1/engine"] == "unwritten"
    assert [one["name"] for one in (await ask("GET", "/items?kind=pbx"))[1]["items"]] == ["总机"]  # type: ignore[attr-defined]
