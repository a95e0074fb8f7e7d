"""The closed loop, from end to end on the real PBX: a caller reports a leak, an order opens, a crew finishes it with
photos on the phone's page in a browser, the system calls the customer back, a grade of 2 reopens it, a second round
closes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import hand_page
import phone as browser
import pytest
from campaign_world import ANY_HOUR
from pbx_instance import PbxInstance
from phones import Phone, PhoneCall, Phones
from pictures import jpeg
from playwright.async_api import Page, async_playwright, expect
from running_site import RunningSite, fresh

from ccengine import bootstrap
from ccengine.rows import NewCampaign
from ccengine.services import campaigns
from ccengine.services.context import ENGINE

pytestmark = [pytest.mark.pbx, pytest.mark.browser]

CUSTOMER = "13900000417"


class Crew:
    """The field worker with the phone's page in a real browser."""

    def __init__(self, phone: browser.Phone, base: str) -> None:
        self._phone, self._base = phone, base

    @property
    def page(self) -> Page:
        return self._phone.page

    async def sign_in(self, password: str) -> None:
        await self._phone.start()
        await hand_page.sign_in(self.page, self._base, password)

    async def open_task(self, order: dict[str, Any]) -> None:
        """Fetch the tasks anew and open the one."""
        await self.page.goto(f"{self._base}/hand/#/")
        await self.page.reload()
        card = self.page.locator("a.card", has_text=order["title"])
        await card.click()

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def take_photos(self, *phases: str) -> None:
        for phase in phases:
            shots = self.page.locator(f'[data-phase="{phase}"] .shot:not(.add)')
            there = await shots.count()
            await hand_page.take_photo(self.page, phase, f"{phase}.jpg", jpeg(320, 240))
            await expect(shots).to_have_count(there + 1)

    async def finish(self, lacking: str, *phases: str, note: str) -> None:
        """Finish a task: not before its photos are there."""
        await self.press("处理完毕")
        await expect(self.page.locator(".toast").last).to_contain_text(f"还缺照片：{lacking}")
        await self.take_photos(*phases)
        await hand_page.finish(self.page, note)


@pytest.fixture
async def looping(pbx_instance: PbxInstance, tmp_path: Path) -> AsyncIterator[tuple[RunningSite, Crew]]:
    """A site whose call-backs come at once, with a crew and a running campaign for them."""
    settings = fresh(pbx_instance.settings, tmp_path, pbx={"wrapup_seconds": 1}, orders={"visit_delay_minutes": 0})
    site = RunningSite(settings.model_copy(update={"evidence": _own_folder(settings.evidence, tmp_path)}))
    await site.prepare()
    async with bootstrap.context(site.settings) as ctx:
        campaign = NewCampaign(name="工单回访", kind="order_visit", rules={**ANY_HOUR, "attempts_per_day": 5})
        row = await campaigns.create(ctx, ENGINE, campaign)
        await campaigns.move(ctx, ENGINE, row.id, "start")
    await site.start_healthy()
    async with async_playwright() as playwright:
        phone = browser.Phone(playwright, tmp_path / "phone")
        yield site, Crew(phone, f"http://{site.settings.web.host}:{site.settings.web.port}")
        phone.end()
        assert phone.complaints == []
    await asyncio.to_thread(site.stop)


def _own_folder(evidence: Any, folder: Path) -> Any:
    return evidence.model_copy(update={"folder": str(folder / "evidence"), "min_free_bytes": 0})


async def report_a_leak(site: RunningSite, pbx: PbxInstance, phones: Phones, customer: Phone) -> dict[str, Any]:
    agent = await phones.agent("1001", auto_answer=True)
    await site.post("/agents/8001/state", {"state": "available"})
    call = await customer.call("96390")
    await call.choose("1")
    await call.wait_heard(agent.tone)
    await agent.calls[0].hangup()
    await site.wait(lambda: _stands(site, "grading"), "the caller to be asked for a grade of the talk")
    await site.wait(lambda: _asks(call, agent), "the question to be heard")
    await call.press("4", lambda: pbx.facts("CC_GRADE"))
    await call.wait_closed()
    record = await site.record_of(CUSTOMER)
    assert (record["grade"], record["ended_by"], record["agent_number"]) == (4, "agent", "8001")
    (order,) = await site.orders_of(record)
    assert (order["type"], order["status"]) == ("repair", "registered")
    return dict(order)


async def state(site: RunningSite, order: dict[str, Any]) -> str:
    return str((await site.get(f"/work-orders/{order['id']}"))["status"])


async def first_round(site: RunningSite, crew: Crew, order: dict[str, Any]) -> None:
    """The crew works on the order as it came, somebody else inspects it."""
    await crew.sign_in(site.passwords[hand_page.WORKER])
    await crew.open_task(order)
    await crew.page.get_by_role("button", name="139****0417").click()
    await expect(crew.page.locator(f"a[href='tel:{CUSTOMER}']")).to_be_visible()
    await crew.press("接单")
    await crew.press("开始处理")
    await crew.finish("处理前、处理后", "before", "after", note="已更换抱箍")
    await inspect(site, order)


async def second_round(site: RunningSite, crew: Crew, order: dict[str, Any]) -> None:
    """The crew learns why the order is back, and does the rest."""
    await crew.open_task(order)
    await expect(crew.page.locator("main")).to_contain_text("第 1 次重开")
    await expect(crew.page.locator("main")).to_contain_text("评价 2")
    await crew.finish("处理后", "after", note="阀门也已更换")
    await inspect(site, order)


async def inspect(site: RunningSite, order: dict[str, Any]) -> None:
    await site.wait(lambda: _is(site, order, "handled"), "the crew's work to arrive")
    await site.post(f"/work-orders/{order['id']}/transitions", {"to": "inspected"})


async def answer_back(pbx: PbxInstance, customer: Phone, *keys: str, remark_seconds: float = 0) -> None:
    """Take the call-back and answer question after question; then leave a remark, if that long."""
    call = await customer.answer_next()
    await call.wait_heard_anything()
    said = len(pbx.facts("CC_SAID", "CC_MESSAGE"))
    for count, key in enumerate(keys, said + 1):
        await call.press(key, lambda count=count: len(pbx.facts("CC_SAID", "CC_MESSAGE")) >= count)
    if remark_seconds:
        await call.speak(4 + remark_seconds)  # the announcement and its tone take about four seconds
        await call.hangup()
        return
    await call.wait_closed()


async def test_leak_is_reported_repaired_asked_about_reopened_and_closed(
    looping: tuple[RunningSite, Crew], pbx: PbxInstance, phones: Phones
) -> None:
    site, crew = looping
    customer = await phones.caller(CUSTOMER)
    order = await report_a_leak(site, pbx, phones, customer)
    await site.post(f"/work-orders/{order['id']}/moves", {"move": "dispatch", "unit_code": "crew_east"})
    await first_round(site, crew, order)
    await answer_back(pbx, customer, "1", "2")
    await site.wait(lambda: _is(site, order, "in_progress"), "the order to be reopened by a grade of 2")
    await second_round(site, crew, order)
    await answer_back(pbx, customer, "1", "5", "1", remark_seconds=4)
    await site.wait(lambda: _is(site, order, "closed"), "the order to be closed by a grade of 5")
    found = await site.get(f"/work-orders/{order['id']}")
    visits = [(one["round"], one["status"], one["fixed"], one["grade_handling"]) for one in found["visits"]]
    assert visits == [(1, "done", True, 2), (2, "done", True, 5)]
    call_id = found["visits"][1]["call_id"]
    await site.wait(lambda: _has_remark(site, call_id), "the customer's remark")
    evidence = await site.get(f"/work-orders/{order['id']}/evidence")
    assert [(one["phase"], one["round"], one["taken_by"]) for one in evidence["items"]] == [
        ("before", 1, hand_page.WORKER),
        ("after", 1, hand_page.WORKER),
        ("after", 2, hand_page.WORKER),
    ]


async def _asks(call: PhoneCall, agent: Phone) -> bool:
    """Whether somebody else speaks now than the agent."""
    return call.heard(agent.tone, 0.2) < 0.3 and int(abs(call.heard_sound[-800:]).max()) > 300


async def _stands(site: RunningSite, state: str) -> bool:
    return [one["state"] for one in (await site.get("/board"))["calls"]] == [state]


async def _is(site: RunningSite, order: dict[str, Any], status: str) -> bool:
    return await state(site, order) == status


async def _has_remark(site: RunningSite, call_id: str) -> bool:
    call = await site.get(f"/calls/{call_id}")
    return any(one["kind"] == "message" and (one["seconds"] or 0) > 2 for one in call["recordings"])
