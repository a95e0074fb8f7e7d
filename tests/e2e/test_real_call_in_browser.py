"""The main job as a person sees it: a real call on the real PBX, our programs as processes, a real browser.

An agent, whose phone is the browser, and a supervisor sign in, see the call live, the supervisor listens and whispers,
the agent chooses its order, the recording plays, the order moves. Sound between browser and PBX needs a network besides
loopback, which every machine has that could fetch what the tests need.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest
from pbx_instance import PbxInstance
from phones import CALLER_TONE, PhoneCall, Phones
from playwright.async_api import Browser, Page, expect
from running_site import RunningSite, fresh, started
from sounds import tone_seconds

from ccengine import bootstrap
from ccengine.rows import CustomerRow

#: Whether the loudest tone of what the other side says is the given one.
_LOUDEST_HERTZ = """async (hertz) => {
    const track = document.querySelector("[data-remote]").srcObject?.getAudioTracks()[0];
    if (!track) return false; // not yet, or no more while a hold is told
    window.listening ??= {};
    if (window.listening.track !== track) {
        const context = new AudioContext(), look = context.createAnalyser();
        look.fftSize = 4096;
        context.createMediaStreamSource(new MediaStream([track])).connect(look);
        window.listening = { track, context, look };
    }
    const { context, look } = window.listening;
    const bins = new Float32Array(look.frequencyBinCount);
    look.getFloatFrequencyData(bins);
    const loudest = bins.indexOf(Math.max(...bins));
    return bins[loudest] > -60 && Math.abs(loudest * context.sampleRate / look.fftSize - hertz) < 25;
}"""

pytestmark = [pytest.mark.pbx, pytest.mark.browser]


@pytest.fixture(scope="module")
def running(pbx_instance: PbxInstance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Engine and back office on the session's PBX."""
    with started(fresh(pbx_instance.settings, tmp_path_factory.mktemp("site"))) as site:
        yield site


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


async def opened_phone(desk: Page, extension: str) -> Page:
    """Sign in at the desk on a phone in the browser; return its window, registered."""
    await expect(desk.locator("[data-do=open]").first).to_be_visible()
    await desk.select_option("#desk-extension", extension)
    async with desk.expect_popup() as popup:
        await desk.click("#desk-strip button.primary")
    phone = await popup.value
    await expect(phone.locator("[data-phone]")).to_have_attribute("data-line", "ready")
    return phone


async def heard_both_ways(phone: Page, call: PhoneCall) -> None:
    """Wait until the caller's tone comes out of the browser and the browser's beeping microphone at the caller's."""
    await phone.wait_for_function(_LOUDEST_HERTZ, arg=CALLER_TONE)
    call.heard_sound = call.heard_sound[:0]  # no music of the queue
    await call.wait_heard_anything()


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
    board = await signed_in(chromium, running, "8004")  # leads the shift
    phone = await opened_phone(agent_page, "2001")
    leaders_phone = await phones.agent("1004")
    await expect(agent_page.locator("#my-state")).to_contain_text("空闲")
    who = await customer(running)

    call = await (await phones.caller(who.phone)).call("96390")
    await call.choose("1")
    await expect(board.locator("#panel-calls")).to_contain_text(f"{who.phone[:3]}****{who.phone[-4:]}")
    card = agent_page.locator(".caller-card")
    await expect(card).to_contain_text(who.name)
    await expect(board.locator("#agent-8001")).to_contain_text("振铃")
    await expect(agent_page.locator(".phone-talk")).to_contain_text(f"{who.phone[:3]}****{who.phone[-4:]}")
    await agent_page.keyboard.press("c")
    await expect(board.locator("#agent-8001")).to_contain_text("通话中")
    await heard_both_ways(phone, call)
    await agent_page.keyboard.press("o")
    await agent_page.keyboard.press("2")
    await expect(card).to_contain_text("已保存：漏水")
    nobodys = await signed_in(chromium, running, "supervisor")  # without a number, so without a phone to listen with
    await nobodys.click("#listen-8001")
    await expect(nobodys.locator(".toast")).to_contain_text("您的账号没有工号和话机")
    await board.click("#listen-8001")
    ear = await leaders_phone.answer_next()
    await board.get_by_role("button", name="耳语", exact=True).click()
    await expect(board.locator("#mode-whisper")).to_have_attribute("aria-pressed", "true")
    await ear.wait_heard_anything()
    await call.speak(1)
    await call.hangup()
    await expect(board.locator(".toast")).to_contain_text("监听随之结束")
    await expect(agent_page.locator("#my-state")).to_contain_text("话后处理")
    await expect(board.locator("#panel-calls")).to_contain_text("现在没有通话")

    record = await running.record_of(who.phone)
    orders = await running.orders_of(record)
    assert [(order["type"], order["category"], order["customer_id"]) for order in orders] == [
        ("repair", "leak", who.account)
    ]
    await board.goto(re.sub("/board$", f"/calls/{record['id']}", board.url))
    await expect(board.locator("#listened")).to_contain_text("监听 › 耳语")
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


async def test_a_talk_in_the_browser_outlives_pages_and_server_and_is_transferred(
    running: RunningSite, pbx: PbxInstance, phones: Phones, chromium: Browser
) -> None:
    desk = await signed_in(chromium, running, "8001")
    phone = await opened_phone(desk, "2001")
    state = desk.locator("[data-phone]")
    mate = await phones.agent("1002", auto_answer=True)
    call = await (await phones.caller("13900008888")).call("96390")
    await call.choose("1")
    await expect(state).to_have_attribute("data-line", "ringing")
    await desk.keyboard.press("c")
    await heard_both_ways(phone, call)
    await desk.locator("[data-do=hold]").click()
    await expect(state).to_have_attribute("data-line", "held")
    await pbx.wait_for(lambda: [line for line in pbx.queue_log() if "CC_HOLD" in line], "the hold in the journal")
    await desk.locator("[data-do=unhold]").click()
    await heard_both_ways(phone, call)

    running.signal_engine(signal.SIGKILL)
    await expect(phone.locator("[data-if=server_away]")).to_be_visible()
    running.start()
    await expect(phone.locator("[data-if=server_away]")).to_be_hidden()
    await heard_both_ways(phone, call)
    await desk.goto(desk.url.replace("/board", "/calls"))  # a page comes and goes: the talk is its window's
    await expect(state).to_have_attribute("data-line", "talking")

    await desk.keyboard.press("t")
    await desk.keyboard.type("1002")
    await desk.keyboard.press("Enter")
    await expect(desk.locator("[data-do=complete]")).to_be_visible()
    await phone.wait_for_function(_LOUDEST_HERTZ, arg=mate.tone)
    await desk.locator("[data-do=complete]").click()
    await expect(state).to_have_attribute("data-line", "ready")
    await call.wait_heard(mate.tone)
    await call.hangup()
    record = await running.record_of("13900008888")
    assert record["outcome"] == "answered"
    (callers,) = [one for one in pbx.recordings() if f"{record['id']}-caller-r" in one.name]
    assert tone_seconds(callers, CALLER_TONE) > 1
