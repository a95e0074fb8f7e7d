"""The field worker's page in a real browser, phone-sized: a task in a dead zone, the browser killed in the middle."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from call_helpers import ADMIN, DISPATCHER
from hand_page import finish, network, sign_in, take_photo
from pages_site import PASSWORD, Site
from phone import WIDTH, Phone
from pictures import exif, jpeg
from playwright.async_api import Page, async_playwright, expect

from ccengine.backoffice.app import make_app
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.backoffice.evidence_files import EVIDENCE
from ccengine.evidence.folder import EvidenceFolder
from ccengine.hotline.inspection_round import Item
from ccengine.hotline.order_catalogue import Code, CodeKind
from ccengine.rows import NewMovement, NewOrder, OrderRow, Part, PartStore
from ccengine.services import catalogue, evidence, order_moves, order_places, parts, round_plans, work_orders
from ccengine.services.context import today
from ccengine.services.order_moves import MoveRequest
from ccengine.services.round_plans import NewRoundPlan

pytestmark = pytest.mark.browser


#: The first reading of the tasks takes until somebody lets it go.
_LIST_IS_SLOW = """() => {
    const ask = window.fetch;
    window.letListGo = undefined;
    window.fetch = async (...what) => {
        if (String(what[0]).endsWith("/field/tasks")) {
            window.fetch = ask;
            await new Promise((done) => { window.letListGo = done; });
        }
        return ask(...what);
    };
}"""


#: A short film, as a phone makes it.
_FILM = """async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
    const pen = canvas.getContext("2d"), pieces = [];
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm" });
    recorder.ondataavailable = (event) => pieces.push(event.data);
    const over = new Promise((done) => { recorder.onstop = done; });
    recorder.start();
    for (let at = 0; at < 8; at += 1) {
        pen.fillStyle = at % 2 ? "#2a7" : "#c33";
        pen.fillRect(0, 0, 64, 48);
        await new Promise((drawn) => setTimeout(drawn, 50));
    }
    recorder.stop();
    await over;
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}"""


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[Phone]:
    async with async_playwright() as playwright:
        made = Phone(playwright, tmp_path / "phone")
        await made.start()
        yield made
        made.end()
        assert made.complaints == []


async def a_task(site: Site, title: str = "解放路人行道漏水") -> OrderRow:
    """Register a repair and send it to the worker's crew."""
    lists = await catalogue.read(site.ctx)
    if lists.unit("crew_one") is None:
        await parts.save_store(site.ctx, ADMIN, PartStore(code="east", name="城东库"))
        await parts.save_part(site.ctx, ADMIN, Part(code="BG-40", name="抱箍", spec="DN40", unit="个", low_at=0))
        await parts.move(site.ctx, ADMIN, NewMovement(store="east", part="BG-40", kind="receipt", quantity=2))
        unit = Code(kind=CodeKind.UNIT, code="crew_one", name_zh="抢修一队", name_en="One", data={"store": "east"})
        await catalogue.save(site.ctx, ADMIN, unit, members=["worker"])
    new = NewOrder(
        type="repair",
        category="leak",
        priority="urgent",
        title=title,
        description="人行道渗水，已积水约两平方米",
        contact_name="王女士",
        contact_number="13812345678",
        address="城东片区解放路 12 号",
    )
    order = await work_orders.register(site.ctx, DISPATCHER, new)
    return await order_moves.make_move(site.ctx, DISPATCHER, order.id, "dispatch", MoveRequest(unit_code="crew_one"))


async def more(page: Page, what: str, words: str, reason: str = "") -> None:
    """Do one of the rarer things behind "more", with a reason."""
    await page.get_by_role("button", name="更多").click()
    await page.locator("dialog").get_by_role("button", name=what, exact=True).click()
    if reason:
        await page.select_option("#reason", reason)
    await page.fill("#reason-note", words)
    await page.locator("dialog").get_by_role("button", name="保存").click()


async def restarted(site: Site, port: int | None) -> tuple[TestServer, EngineDoor]:
    """Start the back office again, on the same port and the same database."""
    door = EngineDoor(site.ctx.settings)
    app = make_app(site.ctx, door)
    app[EVIDENCE] = EvidenceFolder(site.ctx.settings)
    server = TestServer(app, port=port)
    await server.start_server()
    return server, door


async def _begin_in_dead_zone(site: Site, phone: Phone, order: OrderRow) -> None:
    """Accept the task, lose the network and the server, begin the work and take a photo."""
    page = phone.page
    await page.locator("a.card", has_text=order.title).click()
    await page.get_by_role("button", name="接单", exact=True).click()
    await expect(page.get_by_role("button", name="开始处理")).to_be_visible()
    await network(page, 0)
    await phone.until_shell_is_kept()
    await phone.context.set_offline(True)
    await site.server.close()
    await page.get_by_role("button", name="开始处理").click()
    await take_photo(page, "before", "before.jpg", jpeg(2400, 1800, colour="#c33", exif=exif(turned=6)))
    await network(page, 2)
    await expect(page.locator("#network")).to_contain_text("离线")


async def _finish_in_dead_zone(page: Page, order: OrderRow) -> None:
    """With page, task and queue as they were kept: the missing photo, parts, what no store has, signature, done."""
    await page.locator("a.card", has_text=order.title).click()
    await expect(page.locator(".shot.waits")).to_have_count(1)
    await page.get_by_role("button", name="处理完毕", exact=True).click()
    await expect(page.locator(".toast")).to_contain_text("还缺照片：处理后")
    await take_photo(page, "after", "after.jpg", jpeg(2400, 1800, colour="#3a5"))
    await network(page, 3)
    await page.get_by_role("button", name="添加材料").click()
    for _ in range(3):  # there are two
        await page.get_by_role("button", name="+ 抱箍 DN40").click()
    await page.get_by_role("button", name="保存").click()
    await network(page, 4)
    await page.get_by_role("button", name="添加材料").click()  # the store is empty by now, as far as the phone knows
    await page.fill("#material-name", "生料带")
    await page.get_by_role("button", name="保存").click()
    await _sign(page)
    await network(page, 6)
    await finish(page, "更换抱箍，恢复供水")
    await network(page, 7)


async def _sign(page: Page) -> None:
    await page.get_by_role("button", name="请客户签名").click()
    pad = await page.locator("canvas.pad").bounding_box()
    assert pad is not None
    await page.mouse.move(pad["x"] + 40, pad["y"] + 60)
    await page.mouse.down()
    await page.mouse.move(pad["x"] + 240, pad["y"] + 120, steps=8)
    await page.mouse.up()
    await page.get_by_role("button", name="确认签名").click()


async def _everything_arrived_once_in_order(site: Site, order: OrderRow) -> None:
    detail = await work_orders.get(site.ctx, ADMIN, order.id)
    kinds = [event.to_status or event.kind for event in detail.events]
    assert kinds[2:] == [
        "acknowledged",
        "changed",  # whose task it is
        "in_progress",
        "evidence",
        "evidence",
        "materials",
        "materials",
        "evidence",
        "handled",
    ]
    kept = await evidence.of_order(site.ctx, ADMIN, order.id)
    files = sorted(kept.items, key=lambda one: one.id)  # as they came; this site's clock stands still, so not by time
    assert [(one.kind, one.phase) for one in files] == [("photo", "before"), ("photo", "after"), ("signature", "after")]
    assert (files[0].exif_latitude, files[0].width, files[0].height) == (30.275, 1536, 2048)
    assert detail.events[-1].note == "更换抱箍，恢复供水"
    assert detail.events[-1].detail["performed_at"] < detail.events[-1].at.isoformat()
    assert [one.outcome for one in kept.actions] == ["done"] * 5
    assert [(one.name, one.quantity, one.store) for one in kept.materials] == [
        ("抱箍 DN40", "2", "east"),
        ("生料带", "1", ""),
    ]
    assert (await parts.get(site.ctx, ADMIN, "BG-40")).total == 0
    assert list((site.ctx.settings.evidence_dir / "incoming").iterdir()) == []


async def test_task_is_finished_in_a_dead_zone_and_everything_arrives_once_in_order(site: Site, phone: Phone) -> None:
    order = await a_task(site)
    base, port = site.base, site.server.port
    await sign_in(phone.page, base, PASSWORD)
    await _begin_in_dead_zone(site, phone, order)
    phone.kill()
    await phone.start()  # still without a server
    page = phone.page
    await page.goto(f"{base}/hand/")
    await network(page, 2)
    await _finish_in_dead_zone(page, order)
    server, door = await restarted(site, port)
    try:
        await expect(page.locator("#network.online, #network.signed_out")).to_be_visible(timeout=15000)
        if "请登录" in await page.locator("#network").inner_text():  # the killed browser had not yet kept its cookie
            await sign_in(page, base, PASSWORD)
        await network(page, 0)
        await expect(page.locator("#network")).to_contain_text("在线")
        await expect(page.locator("main")).to_contain_text("没有待办任务")
        assert await page.evaluate("document.documentElement.scrollWidth") <= WIDTH
        await _everything_arrived_once_in_order(site, order)
    finally:
        await server.close()
        await door.close()


async def test_crew_films_waits_goes_on_and_gives_the_order_back(site: Site, phone: Phone) -> None:
    order = await a_task(site)
    page = phone.page
    await sign_in(page, site.base, PASSWORD)
    await page.locator("a.card", has_text=order.title).click()
    way = page.get_by_role("link", name="导航")
    await expect(way).to_have_attribute("href", re.compile(r"^geo:0,0\?q=%E5%9F%8E"))  # the address, nobody knows more
    await page.evaluate(_LIST_IS_SLOW)
    await page.get_by_role("button", name="接单", exact=True).click()
    await page.wait_for_function("() => window.letListGo !== undefined")
    await page.get_by_role("button", name="开始处理").click()  # while the list is read
    await network(page, 1)
    await page.evaluate("window.letListGo()")
    await network(page, 0)
    await page.evaluate(_LIST_IS_SLOW)
    await take_photo(page, "during", "film.mp4", base64.b64decode(await page.evaluate(_FILM)))
    await page.wait_for_function("() => window.letListGo !== undefined")
    await expect(page.locator(".shot.kept")).to_have_count(1)  # sent, though the list does not tell it yet
    await page.evaluate("window.letListGo()")
    await order_places.set_place(site.ctx, DISPATCHER, order.id, 30.2741, 120.1551)
    await more(page, "挂起", "等用户回家", "waiting_customer")
    await expect(page.locator(".notice.warn")).to_contain_text("等待客户")
    await page.get_by_role("button", name="恢复处理").click()
    here = re.compile(r"^geo:30\.2741,120\.1551\?q=")  # each answer brings the task as it is by now
    await expect(way).to_have_attribute("href", here)
    await more(page, "添加说明", "阀门已关")
    await more(page, "退单", "需要挖机，请转派")
    await expect(page.locator("main")).to_contain_text("此任务已不在您的任务中")
    await page.get_by_role("link", name="返回").first.click()
    await expect(page.locator("main")).to_contain_text("没有待办任务")
    detail = await work_orders.get(site.ctx, ADMIN, order.id)
    kinds = [event.to_status or event.kind for event in detail.events][4:]
    assert kinds == ["in_progress", "evidence", "placed", "suspended", "resumed", "noted", "accepted"]
    (film,) = (await evidence.of_order(site.ctx, ADMIN, order.id)).items
    assert (film.kind, film.media_type, film.phase) == ("video", "video/webm", "during")
    await page.goto(f"{site.base}/work-orders/{order.id}")
    shown = page.locator(".evidence video")
    await expect(shown).to_have_js_property("videoWidth", 64)  # its first picture is there


async def test_conflict_is_shown_and_explained_and_never_goes_by_itself(site: Site, phone: Phone) -> None:
    order = await a_task(site)
    page = phone.page
    await sign_in(page, site.base, PASSWORD)
    await page.locator("a.card", has_text=order.title).click()
    await page.get_by_role("button", name=re.compile("138")).click()
    await expect(page.locator("a[href='tel:13812345678']")).to_be_visible()
    await phone.context.set_offline(True)
    await page.get_by_role("button", name="接单", exact=True).click()
    await network(page, 1)
    await order_moves.make_move(site.ctx, DISPATCHER, order.id, "return", MoveRequest(note="用户撤销"))
    await phone.context.set_offline(False)
    await network(page, 0)
    await page.goto(f"{site.base}/hand/#/outbox")
    problem = page.locator(".item.bad")
    await expect(problem).to_contain_text("接单")
    await expect(problem).to_contain_text("工单在此期间已被其他人改动")
    await page.reload()
    await expect(problem).to_have_count(1)
    page.on("dialog", lambda dialog: dialog.accept())
    await problem.get_by_role("button", name="知道了").click()
    await expect(problem).to_have_count(0)
    events = (await work_orders.get(site.ctx, ADMIN, order.id)).events
    assert [event.kind for event in events].count("field_refused") == 1
    plan = NewRoundPlan(name="泵站巡检", unit_code="crew_one", first_on=today(site.ctx), items=(Item(name="水泵"),))
    await round_plans.save(site.ctx, ADMIN, plan)
    await round_plans.open_due(site.ctx)
    for way, shown in (("#notices", "巡检到期"), ("#rounds", "泵站巡检")):
        await page.goto(f"{site.base}/hand/")
        await expect(page.locator(f"{way} .badge")).to_have_text("1")
        await page.click(way)
        await expect(page.locator("main")).to_contain_text(shown)
