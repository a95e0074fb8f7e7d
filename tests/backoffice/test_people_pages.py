"""Agents, phones and anomalies: what an administrator keeps and looks at."""

from __future__ import annotations

import pytest
from pages_site import Site

from ccengine.rows import AnomalyRow


async def test_administrator_adds_an_agent_and_a_phone_without_touching_a_database(site: Site) -> None:
    browser = await site.browser("admin")
    await browser.get("/admin/agents")
    saved = await browser.post("/admin/agents", {"number": "8123", "name": "林小雨"})
    assert (saved.status, saved.headers["Location"]) == (303, "/admin/agents")
    phone = {"extension": "1123", "label": "前台", "default_agent": "8123"}
    assert (await browser.post("/admin/devices", phone)).status == 303
    page = (await browser.get("/admin/agents")).text
    assert "林小雨" in page and "前台" in page and "未配置" in page  # the PBX's settings do not name this phone


async def test_agent_who_left_is_offered_no_more_and_can_come_back(site: Site) -> None:
    browser = await site.browser("admin")
    await browser.get("/admin/agents")
    await browser.post("/admin/agents", {"number": "8001", "name": "周晓芸", "active": "0"})
    page = (await browser.get("/admin/agents")).text
    assert "已离岗" in page and '<option value="8001"' not in page
    await browser.post("/admin/agents", {"number": "8001", "name": "周晓芸", "active": "1"})
    assert '<option value="8001"' in (await browser.get("/admin/agents")).text


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        ("/admin/agents", {"number": "80x", "name": "林小雨"}, "工号是 3 到 8 位数字"),
        ("/admin/agents", {"number": "8123", "name": ""}, 'id="name-error"'),
        ("/admin/devices", {"extension": "1", "label": "前台"}, "分机号是 3 到 8 位数字"),
        ("/admin/devices", {"extension": "1123", "label": "前台", "default_agent": "8999"}, "没有这个工号"),
    ],
)
async def test_wrong_entry_names_its_field_and_is_kept(site: Site, path: str, form: dict[str, str], words: str) -> None:
    browser = await site.browser("admin")
    await browser.get("/admin/agents")
    answer = await browser.post(path, form)
    assert answer.status == 422 and words in answer.text
    assert all(f'value="{value}"' in answer.text for value in (form.get("number"), form.get("extension")) if value)


async def test_supervisor_may_not_change_who_works_here(site: Site) -> None:
    browser = await site.browser("supervisor")
    assert (await browser.get("/admin/agents")).status == 403
    await browser.get("/board")
    assert (await browser.post("/admin/agents", {"number": "8123", "name": "林小雨"})).status == 403


async def test_anomalies_are_listed_with_their_call(site: Site) -> None:
    browser = await site.browser("supervisor")
    assert "没有发现异常" in (await browser.get("/admin/anomalies")).text
    call_id = "n1-1795305600-123456789987654321"
    row = AnomalyRow(
        at=site.clock.now(),
        kind="silent_side",
        call_id=call_id,
        detail={"side": "<agent>", "caller_number": {"live": "13812345678"}},
    )
    async with site.ctx.store() as uow:
        await uow.journal.add_anomalies([row])
        await uow.commit()
    page = (await browser.get("/admin/anomalies")).text
    assert "录音有一侧无声" in page and f"/calls/{call_id}" in page and "&lt;agent&gt;" in page
    assert "138****5678" in page and "13812345678" not in page
