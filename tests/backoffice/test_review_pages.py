"""Reviewers' marks on pages: a talk is drawn, marked, objected to and decided; who may see what; the API likewise."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from call_helpers import answered, batch
from pages_site import Browser, Site

from ccengine.hotline.talk_review import DEFAULT
from ccengine.services.call_records import store_records

FULL = {item.code: item.points for item in DEFAULT.items}
MARKS = {"form_version": "1", **{f"given_{code}": str(points) for code, points in FULL.items()}}


async def send(browser: Browser, method: str, path: str, body: object) -> tuple[int, Any]:
    """Ask the API as a page's script would; returns status and JSON (None where it is a file)."""
    headers = {"X-CSRF-Token": browser.csrf, "Origin": browser.base}
    async with browser.session.request(method, f"{browser.base}/api/v1{path}", json=body, headers=headers) as answer:
        return answer.status, json.loads(await answer.read()) if "json" in answer.content_type else None


async def test_talk_is_drawn_marked_objected_to_and_decided(site: Site) -> None:
    now = site.clock.now()
    talk, other = (answered(started_at=now, agent_number=agent, grade=5) for agent in ("8001", "8002"))
    await store_records(site.ctx, batch(talk, replace(other, talk_seconds=200.0)))
    boss, agent, colleague = [await site.browser(name) for name in ("supervisor", "8001", "8002")]
    day = now.astimezone(ZoneInfo(site.ctx.settings.site.timezone)).date().isoformat()
    drawn = await boss.post("/reviews/samples", {"week": day, "each": "1", "longer_than_seconds": "30"})
    sample = drawn.headers["Location"]
    mark_at = f"/calls/{talk.call_id}/review"
    assert f"{mark_at}?sample=" in (await boss.get(sample)).text and "SHA-256" in (await boss.get(sample)).text
    assert "业务正确" in (await boss.get(mark_at)).text
    wrong = await boss.post(mark_at, MARKS | {"given_answer": "99", "comment": "还要改进"})
    assert wrong.status == 422 and "请给 0 到 30 分" in wrong.text and "还要改进" in wrong.text
    number = sample.rpartition("/")[2]
    saved = await boss.post(mark_at, MARKS | {"given_answer": "10", "comment": "答复有误", "sample": number})
    assert (saved.status, saved.headers["Location"]) == (303, sample)
    assert "80.0" in (await boss.get(sample)).text and "80.0" in (await boss.get(f"/calls/{talk.call_id}")).text
    assert "80.0" in (await agent.get("/reviews")).text and "80.0" not in (await colleague.get("/reviews")).text
    assert "80.0" not in (await colleague.get(f"/calls/{talk.call_id}")).text
    assert ((await agent.get("/reviews/1")).status, (await colleague.get("/reviews/1")).status) == (200, 403)
    assert "您只能查看自己的评分" in (await colleague.get("/reviews/1")).text
    assert (await agent.post(mark_at, MARKS)).status == 403 and (await agent.get("/reviews/samples")).status == 403
    assert (await agent.post("/reviews/1/objection", {"text": "新政策如此"})).status == 303
    assert "答复有误" in (await boss.get("/reviews?state=undecided")).text
    assert "新政策如此" in (await boss.get("/reviews/1")).text
    upheld = await boss.post("/reviews/1/decision", MARKS | {"verdict": "upheld", "answer": "确是新政策"})
    assert upheld.headers["Location"] == "/reviews/2"
    shown = (await agent.get("/reviews/2")).text
    assert "100.0" in shown and "确是新政策" in shown and "/reviews/1" in shown
    assert "已被更正" in shown and "已评分" in (await agent.get("/notices")).text
    whole, own = [(await one.get("/reviews/summary")).text for one in (boss, agent)]
    assert "8002" in whole and "8002" not in own and "100.0" in own
    sheet = await boss.get("/reviews/summary.xlsx")
    assert sheet.status == 200 and sheet.headers["Content-Type"].endswith("sheet")


async def test_form_is_edited_by_rows(site: Site) -> None:
    admin = await site.browser("admin")
    assert "业务正确" in (await admin.get("/admin/review-form")).text
    row = {"code_0": "kind", "name_zh_0": "亲切", "name_en_0": "Kindness", "points_0": "x", "position_0": "2"}
    more = {"code_1": "right", "name_zh_1": "正确", "name_en_1": "Right", "points_1": "5", "position_1": "1"}
    whole = {"version": "1", "pass_percent": "60", **row, **more}
    refused = await admin.post("/admin/review-form", whole)
    assert refused.status == 422 and refused.text.index("正确") < refused.text.index("亲切"), "in their new order"
    assert (await admin.post("/admin/review-form", whole | {"points_0": "5", "fatal_0": "1"})).status == 303
    assert (await admin.post("/admin/review-form", whole | {"points_0": "5"})).status == 409
    answer = await admin.get("/api/v1/review-form")
    assert "亲切 5 (一票否决)" in (await admin.get("/admin/review-form")).text
    assert '"version":2' in answer.text.replace(" ", "") and "kind" in answer.text


async def test_api_marks_objects_decides_and_reports(site: Site) -> None:
    talk = answered(started_at=site.clock.now())
    await store_records(site.ctx, batch(talk))
    boss, agent = await site.browser("supervisor"), await site.browser("8001")
    path, body = f"/calls/{talk.call_id}/reviews", {"form_version": 1, "given": FULL | {"courtesy": 0}}
    assert (await send(agent, "POST", path, body))[0] == 403
    status, made = await send(boss, "POST", path, body)
    assert (status, made["percent"], made["fatal"]) == (201, 0.0, True)
    assert (await send(boss, "POST", path, body))[0] == 409
    status, said = await send(agent, "POST", f"/reviews/{made['id']}/objection", {"text": "没有不文明"})
    assert (status, said["objection"]["upheld"]) == (200, None)
    marks = {"form_version": 1, "given": FULL}
    status, new = await send(boss, "POST", f"/reviews/{made['id']}/decision", {"answer": "听错了", "marks": marks})
    assert (status, new["corrects"], new["percent"]) == (200, made["id"], 100.0)
    _, listed = await send(agent, "GET", "/reviews", None)
    assert [one["id"] for one in listed["items"]] == [new["id"]]
    _, history = await send(boss, "GET", path, None)
    assert [one["stands"] for one in history["items"]] == [True, False]
    period = "?since=2020-01-01T00:00:00Z&until=2029-01-01T00:00:00Z"
    _, report = await send(boss, "GET", f"/reports/conformity{period}", None)
    assert [(one["agent_number"], one["mean_percent"], one["upheld"]) for one in report["items"]] == [
        ("8001", 100.0, 1),
        ("", 100.0, 1),
    ]
    assert (await send(boss, "GET", f"/reports/conformity/export.xlsx{period}", None))[0] == 200
    week = {"week": "2020-01-01", "each": 1}
    assert (await send(boss, "POST", "/review-samples", week))[0] == 409
    assert (await send(boss, "GET", "/review-samples", None))[1]["items"] == []
