"""Inspection rounds on the pages and over the API: planned, done, printed, taken away."""

from __future__ import annotations

from pages_site import Site

from ccengine.services import round_plans
from ccengine.services.context import today


async def test_round_is_planned_done_and_its_fault_becomes_an_order(site: Site) -> None:
    boss, worker = await site.browser("supervisor"), await site.browser("worker")
    plan = {"name": "<i>机房", "place": "调度中心", "person": "worker", "order_type": "defect", "rhythm": "days"}
    plan |= {"every": "1", "first_on": today(site.ctx).isoformat(), "grace_days": "0", "active": "yes"}
    wrong = await boss.post("/rounds/plans", {**plan, "items": " "})
    assert wrong.status == 422 and "items-error" in wrong.text and "&lt;i&gt;" in wrong.text
    assert (await worker.post("/rounds/plans", plan)).status == 403
    saved = await boss.post("/rounds/plans", {**plan, "items": "温度 | 18–27 ℃\n\n告警灯｜灭"})
    assert saved.headers["Location"] == "/rounds/plans"
    assert "18–27 ℃" in (await boss.get("/rounds/plans/1")).text and "每 1 天" in (await boss.get("/rounds/plans")).text
    assert await round_plans.open_due(site.ctx) == 1
    assert "须在" in (await worker.get("/notices")).text
    assert "/rounds/1" in (await worker.get("/rounds?mine=1")).text
    found = {"normal_0": "no", "remark_0": "31 ℃", "normal_1": "yes", "note": "空调停机"}
    missing = await worker.post("/rounds/1/record", {**found, "remark_0": ""})
    assert missing.status == 422 and "item_0-error" in missing.text and "空调停机" in missing.text
    assert (await worker.post("/rounds/1/record", found)).status == 303
    assert (await worker.post("/rounds/1/record", found)).status == 409
    assert (await worker.post("/rounds/1/items/1/order")).status == 409
    assert (await worker.post("/rounds/1/items/0/order")).headers["Location"] == "/rounds/1"
    shown = (await boss.get("/rounds/1")).text
    assert "31 ℃" in shown and 'href="/work-orders/1"' in shown
    assert 'href="/rounds/1"' in (await boss.get("/work-orders/1")).text
    assert "100.0 %" in (await boss.get("/rounds/figures")).text
    assert (await boss.get("/rounds/figures?since=x")).status == 422
    paper = await boss.get("/rounds/1.pdf")
    assert paper.status == 200 and paper.text.startswith("%PDF")
    table = (await boss.get("/rounds/export.csv?state=faults")).text
    assert "温度：31 ℃ WO" in table and "<i>机房" in table
    assert (await boss.get("/rounds/export.xlsx")).status == 200


async def test_round_over_the_api(site: Site) -> None:
    boss = await site.browser("supervisor")

    async def ask(method: str, path: str, **body: object) -> tuple[int, dict[str, object]]:
        headers = {"X-CSRF-Token": boss.csrf, "Origin": site.base}
        sent = {"json": body} if body else {}
        async with boss.session.request(method, f"{site.base}/api/v1{path}", headers=headers, **sent) as response:  # type: ignore[arg-type]
            return response.status, await response.json()

    day = today(site.ctx).isoformat()
    status, plan = await ask("POST", "/round-plans", name="泵站", first_on=day, items=[{"name": "水泵"}])
    assert (status, plan["next_on"], plan["rhythm"]) == (201, day, "weeks")
    status, plan = await ask("PUT", "/round-plans/1", name="泵站", first_on=day, items=[{"name": "阀门"}])
    assert (status, plan["version"]) == (200, 2)
    await round_plans.open_due(site.ctx)
    _, listed = await ask("GET", "/rounds?state=pending")
    assert [one["state"] for one in listed["items"]] == ["open"]  # type: ignore[attr-defined]
    status, detail = await ask("POST", "/rounds/1/records", results=[{"position": 0, "normal": False, "remark": "漏"}])
    assert status == 201 and detail["round"]["faults"] == 1  # type: ignore[index]
    status, order = await ask("POST", "/rounds/1/items/0/order")
    _, detail = await ask("GET", "/rounds/1")
    assert (status, detail["orders"][0]["order_id"]) == (200, order["order_id"])  # type: ignore[index]
    _, report = await ask("GET", f"/reports/rounds?since={day}&until={day}")
    assert report["items"][0]["rate_percent"] == 100  # type: ignore[index]
