"""An agent whose phone is the browser: the real page, the real PBX, a caller with a softphone, sound both ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pbx_instance import PbxInstance
from phones import Phones
from playwright.async_api import Browser, Page, expect
from running_site import RunningSite, fresh
from sounds import tone_seconds

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
    for one in (page,):
        one.on("console", lambda m: print("CONSOLE", m.text))
        one.on("pageerror", lambda e: print("ERR", e))
    base = f"http://{site.settings.web.host}:{site.settings.web.port}"
    await page.goto(f"{base}/sign-in")
    await page.fill("#user", user)
    await page.fill("#password", site.passwords[user])
    await page.click("button.primary")
    await expect(page.locator("#live-state")).to_have_text("实时")
    return page


async def test_a_caller_is_answered_in_the_browser(
    running: RunningSite, pbx: PbxInstance, phones: Phones, chromium: Browser
) -> None:
    desk = await signed_in(chromium, running, "8001")
    await desk.select_option("#desk-extension", "2001")
    desk.context.on(
        "page",
        lambda p: (p.on("console", lambda m: print("PHONE", m.text)), p.on("pageerror", lambda e: print("PERR", e))),
    )
    async with desk.expect_popup() as opened:
        await desk.click("#desk-strip button.primary")
    phone = await opened.value
    await expect(phone.locator("[data-phone]")).to_have_attribute("data-line", "ready", timeout=15000)
    print(pbx.cli("pjsip show contacts"))
    await expect(desk.locator("#my-state")).to_contain_text("空闲")
    call = await (await phones.caller("13812345678")).call("96390")
    await call.choose("1")
    await expect(desk.locator(".phone-row .phone-peer")).to_have_text("138****5678")
    await desk.keyboard.press("c")
    await expect(desk.locator("[data-phone]")).to_have_attribute("data-line", "talking", timeout=8000)
    await asyncio.sleep(3)
    print(await phone.evaluate("document.body.innerText"))
    await desk.screenshot(path="/tmp/wp/desk.png")
    await phone.screenshot(path="/tmp/wp/phone.png")
    await desk.keyboard.press("h")
    await call.wait_closed()
    await asyncio.sleep(1)
    for f in pbx.recordings():
        print(f, tone_seconds(f, 700), f.stat().st_size)
