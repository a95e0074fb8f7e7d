"""The main job as a person sees it: a real call on the real PBX, our programs as processes, a real browser.

An agent and a supervisor sign in, see the call live, the agent chooses its order, the recording plays, the order moves.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phones
from playwright.async_api import Browser, Page, expect
from running_site import RunningSite, fresh

from ccengine import bootstrap
from ccengine.rows import CustomerRow

pytestmark = [pytest.mark.pbx, pytest.mark.browser]


@pytest.fixture
async def running(pbx_instance: PbxInstance, tmp_path: Path) -> AsyncIterator[RunningSite]:
    """Engine and back office on the session's PBX."""
    site = RunningSite(fresh(pbx_instance.settings, tmp_path))
    await site.prepare()
    await site.start_healthy()
    yield site
    await asyncio.to_thread(site.stop)


async def signed_in(chromium: Browser, site: RunningSite, user: str) -> Page:
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = await context.new_page()
    base = f"http://{site.settings.web.host}:{site.settings.web.port}"
    await page.goto(f"{base}/sign-in")
    await page.fill("#user", user)
    await page.fill("#password", site.passwords[user])
    await page.click("button.primary")
    await expect(page.locator("#live-state")).to_have_text("实时")
    return page


async def customer(site: RunningSite) -> CustomerRow:
    """Return a customer whose mobile number is theirs alone."""
    async with bootstrap.context(site.settings) as ctx, ctx.store.reading() as uow:
        for row in (await uow.customers.find("", None, 100)).items:
            if re.fullmatch("1[0-9]{10}", row.phone) and len(await uow.customers.by_phone(row.phone)) == 1:
                return row
    raise AssertionError("the sample has customers with mobile phones")


async def test_a_call_is_seen_live_its_order_chosen_its_recording_played_and_the_order_moved(
    running: RunningSite, pbx: PbxInstance, phones: Phones, chromium: Browser
) -> None:
    agent_page = await signed_in(chromium, running, "8001")
    board = await signed_in(chromium, running, "supervisor")
    phone = await phones.agent("1001")
    await agent_page.click("#desk-strip button.primary")
    await expect(agent_page.locator("#my-state")).to_contain_text("空闲")
    who = await customer(running)

    call = await (await phones.caller(who.phone)).call("96390")
    await call.choose("1")
    await expect(board.locator("#panel-calls")).to_contain_text(f"{who.phone[:3]}****{who.phone[-4:]}")
    card = agent_page.locator(".caller-card")
    await expect(card).to_contain_text(who.name)
    await expect(board.locator("#agent-8001")).to_contain_text("振铃")
    answered = await phone.answer_next()
    await expect(board.locator("#agent-8001")).to_contain_text("通话中")
    await call.wait_heard(phone.tone)
    await answered.wait_heard(CALLER_TONE)
    await agent_page.keyboard.press("o")
    await agent_page.keyboard.press("2")
    await expect(card).to_contain_text("已保存：漏水")
    await call.speak(1)
    await call.hangup()
    await expect(agent_page.locator("#my-state")).to_contain_text("话后处理")
    await expect(board.locator("#panel-calls")).to_contain_text("现在没有通话")

    record = await running.record_of(who.phone)
    orders = await running.orders_of(record)
    assert [(order["type"], order["category"], order["customer_id"]) for order in orders] == [
        ("repair", "leak", who.account)
    ]
    await board.goto(re.sub("/board$", f"/calls/{record['id']}", board.url))
    audio = board.locator("audio")
    await expect(audio).to_be_visible(timeout=20000)  # the page looks for it by itself until it is built
    played = await audio.evaluate(
        """async (audio) => {
            audio.muted = true;
            await audio.play();
            const length = audio.duration;
            audio.currentTime = length / 2;
            await new Promise((done) => audio.addEventListener("seeked", done, { once: true }));
            return [length, audio.currentTime];
        }"""
    )
    assert played[0] > 1 and played[1] >= played[0] / 2 - 0.1

    await board.get_by_role("link", name=orders[0]["number"]).click()
    await board.get_by_role("button", name="受理", exact=True).click()
    await expect(board.locator("h1 + .badge")).to_have_text("受理")
    assert (await running.get(f"/work-orders/{orders[0]['id']}"))["status"] == "accepted"
