"""The back office in a real browser: what people see and press. The PBX behind the door is scripted."""

from __future__ import annotations

import asyncio
import io
import random
import re
import wave
from array import array
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestServer
from call_helpers import answered, batch, call_id
from desk_tab import Desk
from pages_site import Site, with_recording
from playwright.async_api import WebSocketRoute, expect

from ccengine.backoffice.app import make_app
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.engine.door import Door
from ccengine.services import announcements, call_records
from ccengine.services.context import ENGINE
from ccengine.services.sound import to_wav

pytestmark = pytest.mark.browser


async def customer_in_arrears(site: Site) -> tuple[str, str, str]:
    async with site.ctx.store.reading() as uow:
        for row in (await uow.customers.find("", None, 50)).items:
            if row.arrears_fen > 0 and len(await uow.customers.by_phone(row.phone)) == 1:
                return row.account, row.phone, row.name
    raise AssertionError("the sample has customers with arrears")


async def test_agent_signs_in_takes_a_call_and_chooses_its_order_by_keys(site: Site, engine: Door, desk: Desk) -> None:
    page = desk.page
    await desk.sign_in("8001")
    await page.click("#desk-strip button.primary")
    await expect(page.locator("#my-state")).to_contain_text("空闲")
    account, phone, name = await customer_in_arrears(site)
    call = call_id()
    site.board.ring("8001", call, phone)
    card = page.locator(".caller-card")
    await expect(card).to_contain_text(name)
    await expect(card).to_contain_text("欠费")
    await expect(page).to_have_title(re.compile("^☎"))
    site.board.ring("8001", call, phone, state="talking")
    await expect(card.locator("[data-card-state]")).to_have_text("通话中")
    await page.keyboard.press("o")
    await page.keyboard.press("2")
    await expect(card).to_contain_text("已保存：漏水")
    await call_records.store_records(site.ctx, batch(answered("repair", call_id=call, caller_number=phone)))
    site.board.set_agent("8001", state="wrap_up", call_id=None, peer_number=None)
    await expect(page.locator("#my-state")).to_contain_text("话后处理")
    await expect(card.locator("[data-card-state]")).to_have_text("话后处理")
    await page.click(".choices button[value=repair_burst]")
    await expect(card).to_contain_text("已保存：爆管")
    await desk.go(f"/calls/{call}")
    await expect(page.get_by_text("WO20").first).to_be_visible()
    await expect(page.locator("main")).to_contain_text("爆管")
    assert account in await page.content()


async def test_a_card_closed_by_hand_stays_closed_and_can_be_opened_again(site: Site, engine: Door, desk: Desk) -> None:
    page = desk.page
    _account, phone, name = await customer_in_arrears(site)
    site.board.ring("8001", call_id(), phone)
    await desk.sign_in("8001")
    await expect(page.locator(".caller-card")).to_contain_text(name)
    await page.click("[data-dismiss]")
    await desk.go("/calls")
    await expect(page.locator("#my-state")).to_contain_text("振铃")
    await expect(page.locator(".caller-card")).to_have_count(0)
    await page.get_by_role("button", name="来电", exact=True).click()
    await expect(page.locator(".caller-card")).to_contain_text(name)

    # what was typed and not saved outlives other pages and the next call
    await page.fill("#card-note", "厨房水管漏水")
    await desk.go("/work-orders")
    await page.get_by_role("button", name="来电", exact=True).click()
    await expect(page.locator("#card-note")).to_have_value("厨房水管漏水")
    site.board.ring("8001", call_id(), "13900001111")
    await expect(page.locator("#card-account")).to_be_visible()
    await page.get_by_role("button", name="上一通电话的备注还没有保存").click()
    await expect(page.locator("#card-note")).to_have_value("厨房水管漏水")
    await page.click(".choices button[value=repair_leak]")
    await expect(page.locator(".caller-card")).to_contain_text("已保存：漏水")
    await expect(page.locator("#card-note")).to_have_value("")
    await expect(page.locator(".older-note")).to_have_count(0)


async def test_supervisor_sees_the_waiting_caller_and_the_board_never_lies_about_its_age(
    site: Site, engine: Door, desk: Desk
) -> None:
    page, lost = desk.page, asyncio.Event()

    def relay(tab: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            if "138****5678" in str(message) and not lost.is_set():
                lost.set()
            else:
                tab.send(message)

        tab.connect_to_server().on_message(pass_on)

    await page.route_web_socket(re.compile("/board/ws"), relay)
    await desk.sign_in("supervisor")
    live = page.locator("#live-state")
    await expect(live).to_have_text("实时")
    waiting = page.locator("#panel-waiting")
    await expect(waiting).to_contain_text("没有人在等待")
    site.board.wait(call_id(), "13812345678")
    await asyncio.wait_for(lost.wait(), 20)  # the message that tells of the caller never arrives: the page finds out
    await expect(waiting).to_contain_text("138****5678", timeout=20_000)
    await expect(waiting).not_to_contain_text("没有人在等待")
    await expect(live).to_have_text("实时")
    clock = waiting.locator("[data-since]")
    await expect(clock).to_have_text(re.compile("0:0[2-9]"))
    await engine.close()
    await expect(live).to_have_text("数据已过时")
    await expect(page.locator("#board")).to_contain_text("呼叫引擎没有响应")
    await expect(waiting).to_contain_text("138****5678")
    frozen = await clock.text_content()
    await page.wait_for_timeout(1500)
    assert await clock.text_content() == frozen
    back = Door(site.ctx.settings, site.board)
    await back.start()
    try:
        await expect(live).to_have_text("实时")
        await expect(page.locator("#board")).not_to_contain_text("呼叫引擎没有响应")
        draw = random.Random(7)
        for number in (*range(100, 120), 999):  # the page that followed is the page that is loaded anew
            site.board.change(**_some_board(site, draw), today={"offered": number})
            await asyncio.sleep(draw.choice((0, 0.02, 0.1)))
        await expect(page.locator("#figure-offered")).to_contain_text("999")
        followed = await page.evaluate(_BOARD)
        await page.reload()
        await expect(live).to_have_text("实时")
        assert await page.evaluate(_BOARD) == followed
    finally:
        await back.close()


#: The board on the page without its running times and without white space between elements.
_BOARD = r"""() => document.querySelector("#board").innerHTML
    .replace(/>[0-9:]+:[0-9]{2}</g, "><").replace(/>\s+/g, ">").replace(/\s+</g, "<")"""


def _some_board(site: Site, draw: random.Random) -> dict[str, list[dict[str, object]]]:
    """Return agents, calls and callers who wait, some of a few, in an order of no meaning."""
    known, since = site.board.board["agents"][0], "2026-11-21T08:00:00+00:00"
    states = ("ringing", "talking", "on_hold", "wrap_up", "available", "paused", "unreachable", "signed_out")
    row = {"caller_number": "13812345678", "caller_name": "", "queue": "hotline", "since": since}
    calls = [{**row, "call_id": f"n1-1700000000-{one:010d}", "state": draw.choice(states[:2])} for one in range(6)]
    agents = [{**known, "number": str(8001 + one), "state": draw.choice(states), "since": since} for one in range(12)]
    some = [draw.sample(rows, draw.randint(1, len(rows))) for rows in (agents, calls, calls)]
    return {"agents": some[0], "calls": some[1], "waiting": [{**one, "position": 1} for one in some[2]]}


async def test_board_says_reconnecting_when_the_server_leaves_and_heals_by_itself(
    site: Site, engine: Door, desk: Desk
) -> None:
    page = desk.page
    await desk.sign_in("supervisor")
    live = page.locator("#live-state")
    await expect(live).to_have_text("实时")
    port = site.server.port
    await site.server.close()
    await expect(live).to_have_text("连接中断，正在重连，以下不是最新")
    door = EngineDoor(site.ctx.settings)
    again = TestServer(make_app(site.ctx, door), port=port)
    await again.start_server()
    try:
        await expect(live).to_have_text("实时")
    finally:
        await again.close()
        await door.close()


async def test_supervisor_pauses_an_agent_from_the_board(site: Site, engine: Door, desk: Desk) -> None:
    page = desk.page
    site.board.set_agent("8002", state="available")
    await desk.sign_in("supervisor")
    await page.click("#agent-8002 button")
    await page.select_option("#control-reason", "training")
    await page.get_by_role("button", name="示忙").click()
    await expect(page.locator("#agent-dialog-body")).to_contain_text("交换机已接受")
    await page.keyboard.press("Escape")
    await expect(page.locator("#agent-8002")).to_contain_text("培训")
    assert site.board.pbx.told == [("pause", "8002", "1002", "training")]


async def test_a_recording_plays_seeks_and_its_talk_is_marked(site: Site, desk: Desk) -> None:
    record = answered("repair", started_at=site.clock.moment - timedelta(minutes=5))
    await call_records.store_records(site.ctx, batch(record))
    await with_recording(site, record)
    await desk.sign_in("supervisor")
    await desk.go(f"/calls/{record.call_id}")
    await expect(desk.page.locator("main")).to_contain_text("坐席这一侧全程没有声音")
    played = await desk.page.evaluate(
        """async () => {
            const audio = document.querySelector("audio");
            audio.muted = true;
            await audio.play();
            const length = audio.duration;
            audio.currentTime = 1.5;
            await new Promise((done) => audio.addEventListener("seeked", done, { once: true }));
            return [length, audio.currentTime, audio.error];
        }"""
    )
    assert played[0] == pytest.approx(2.0, abs=0.1)
    assert played[1] >= 1.5 and played[2] is None
    await desk.page.click("text=给这通电话评分")
    total = desk.page.locator("[data-sum]")
    await expect(total).to_have_text("100")
    await desk.page.fill("[name=given_answer]", "20")
    await expect(total).to_have_text("90")
    await desk.page.fill("[name=given_courtesy]", "0")
    await expect(total).to_have_text("0")
    await desk.page.fill("[name=given_courtesy]", "20")
    await desk.page.click("text=保存评分")
    await expect(desk.page.locator(".big-score")).to_contain_text("90 / 100")


async def test_an_order_is_registered_taken_and_moved_by_hand(site: Site, desk: Desk) -> None:
    page = desk.page
    await desk.sign_in("dispatcher")
    await page.keyboard.press("n")
    await page.wait_for_url(re.compile("/work-orders/new"))
    await page.select_option("#form", "letter")
    await page.fill("#title", "水表不走字")
    await page.fill("#customer_account", "12")
    await page.get_by_role("button", name="登记", exact=True).click()
    await expect(page.locator("#customer_account-error")).to_be_visible()
    assert await page.input_value("#title") == "水表不走字"
    await page.fill("#customer_account", "")
    await page.get_by_role("button", name="登记", exact=True).click()
    await expect(page.locator("#toasts")).to_contain_text("已登记")
    await page.get_by_role("button", name="由我办理").click()
    await expect(page.locator("main")).to_contain_text("由我办理中")
    await page.get_by_role("button", name="派发", exact=True).click()
    await expect(page.locator("h1 + .badge")).to_have_text("派发")
    await page.locator("summary", has_text="退单").click()
    await page.get_by_role("button", name="退单").click()
    await expect(page.locator("#return-note:invalid")).to_be_focused()  # a reason is asked for
    await page.fill("#return-note", "不是我们的管线")
    await page.get_by_role("button", name="退单").click()
    await expect(page.locator("h1 + .badge")).to_have_text("受理")


async def test_keys_lead_everywhere_and_never_fire_while_typing(site: Site, desk: Desk) -> None:
    page = desk.page
    await desk.sign_in("supervisor")
    await page.keyboard.press("/")
    await expect(page.locator("#global-search")).to_be_focused()
    await page.keyboard.type("gon?")
    assert page.url.endswith("/board") and await page.input_value("#global-search") == "gon?"
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.locator("#help")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#help")).to_be_hidden()
    for letter, place in (
        ("o", "/work-orders"),
        ("c", "/calls"),
        ("u", "/customers"),
        ("t", "/outages"),
        ("b", "/board"),
    ):
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press("g")
        await page.keyboard.press(letter)
        await page.wait_for_url(f"**{place}")


_PAGES = (
    "/board",
    "/work-orders",
    "/work-orders/new",
    "/calls",
    "/customers",
    "/outages",
    "/outages/new",
    "/visits",
    "/progress",
    "/admin/users",
    "/admin/tokens",
    "/admin/rules",
    "/admin/dispositions",
    "/announcements",
    "/admin/audit",
    "/reviews",
    "/reviews/samples",
    "/reviews/summary",
    "/admin/review-form",
    "/profile",
    "/about",
)
_UNLABELLED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a")].filter(
    (node) => !(node.labels && node.labels.length) && !node.getAttribute("aria-label") && !node.textContent.trim()
        && !node.hidden).map((node) => node.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("width", [1440, 390])
async def test_every_page_fits_is_labelled_and_breaks_no_policy(
    site: Site, engine: Door, desk: Desk, width: int
) -> None:
    await call_records.store_records(site.ctx, batch(answered("repair", started_at=site.clock.moment)))
    await desk.page.set_viewport_size({"width": width, "height": 844})
    await desk.sign_in("admin")
    for path in _PAGES:
        await desk.go(path)
        assert await desk.page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert await desk.page.evaluate(_UNLABELLED) == [], path
    assert desk.complaints == []


async def test_theme_and_language_are_kept(site: Site, desk: Desk) -> None:
    page = desk.page
    await desk.sign_in("admin")
    await page.click("summary[aria-label='我的菜单']")
    await page.click("[data-theme-switch]")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("h1")).to_have_text("Live board")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_revealed_number_needs_no_button_any_more(desk: Desk, site: Site) -> None:
    account, _, _ = await customer_in_arrears(site)
    await desk.sign_in("8001")
    await desk.go(f"/customers/{account}")
    await expect(desk.page.locator("#phones")).to_contain_text("****")
    await desk.page.get_by_role("button", name="显示号码").click()
    await expect(desk.page.locator("#phones")).not_to_contain_text("****")
    await expect(desk.page.get_by_role("button", name="显示号码")).to_have_count(0)


async def test_pause_reasons_can_be_reached_on_a_narrow_screen(site: Site, engine: Door, desk: Desk) -> None:
    await desk.page.set_viewport_size({"width": 390, "height": 844})
    site.board.set_agent("8001", state="available")
    await desk.sign_in("8001")
    await desk.page.locator("#desk-pause summary").click()
    for reason in await desk.page.locator("#desk-pause button").all():
        await reason.click(trial=True)  # on top of everything and inside the window
    assert await desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_an_announcement_is_recorded_by_microphone_and_put_on_air(desk: Desk, site: Site) -> None:
    page = desk.page
    await desk.sign_in("supervisor")
    await desk.go("/announcements")
    await page.fill("[name=title]", "解放路爆管")
    await page.select_option("#announce [name=district]", "chengdong")
    await page.click("[data-do=record]")
    await expect(page.locator("[data-clock]")).to_have_text(re.compile("^[2-9]$|^[1-5][0-9]$"), timeout=30_000)
    await page.click("[data-do=stop]")
    await page.click("[data-do=send]:enabled", timeout=30_000)
    await page.locator("td", has_text="解放路爆管").wait_for(timeout=30_000)
    (row,) = await announcements.newest(site.ctx, ENGINE)
    assert (row.title, row.district, row.recorded_by) == ("解放路爆管", "chengdong", "browser")
    assert row.seconds > 1
    with wave.open(io.BytesIO(to_wav(await announcements.sound(site.ctx, row.id)))) as file:
        loudest = max(map(abs, array("h", file.readframes(file.getnframes()))))
    assert loudest > 1000  # the microphone's beep, not silence
