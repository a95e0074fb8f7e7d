"""A burst at the desk in a real browser: orders become an incident and close with it; paper, Excel, spare parts,
an inspection round."""

from __future__ import annotations

import pytest
from call_helpers import ADMIN, DISPATCHER
from desk_tab import Desk
from pages_site import Site
from playwright.async_api import expect

from ccengine.hotline.inspection_round import Item
from ccengine.rows import NewMovement, NewOrder, OrderRow, Part, PartStore
from ccengine.services import parts, round_plans, work_orders
from ccengine.services.context import today
from ccengine.services.round_plans import NewRoundPlan

pytestmark = pytest.mark.browser


async def _no_water(site: Site, address: str) -> OrderRow:
    new = NewOrder(type="repair", category="no_water", title="家中无水", district="gaoxin", address=address)
    return await work_orders.register(site.ctx, DISPATCHER, new)


async def test_burst_is_offered_begun_joined_and_closed_with_all_its_orders(site: Site, desk: Desk) -> None:
    page = desk.page
    orders = [await _no_water(site, f"翠苑路 {house} 号") for house in (1, 2, 3)]
    other = await _no_water(site, "文一路 9 号")
    await desk.sign_in("supervisor")
    await desk.go("/incidents")
    await expect(page.locator("main")).to_contain_text("高新区 翠苑路：3 张")
    await page.get_by_role("button", name="建立事件").click()
    await expect(page.locator("main")).to_contain_text("归入的工单")
    incident = page.url
    await desk.go("/incidents")
    running = page.locator("tbody tr")
    await running.get_by_label("要归入的工单编号").fill("WO19990101-00001")
    await running.get_by_role("button", name="归入事件").click()
    await expect(page.locator(".notice.bad")).to_contain_text("没有这个编号")
    await running.get_by_label("要归入的工单编号").fill(other.number)
    await running.get_by_role("button", name="归入事件").click()
    await expect(running.locator("td").nth(4)).to_have_text("4")

    # somebody else did the work; inspected and closed here, and each of its orders is closed with it
    await work_orders.transition(site.ctx, DISPATCHER, int(incident.rsplit("/", 1)[1].split("?")[0]), "handled")
    await running.locator("a.row-link").click()
    await page.get_by_role("button", name="验收通过", exact=True).click()
    await page.get_by_role("button", name="消单", exact=True).click()
    await expect(page.locator("h1 + .badge")).to_have_text("消单")
    for order in (*orders, other):
        closed = (await work_orders.get(site.ctx, ADMIN, order.id)).order
        assert closed.status == "closed"
    await desk.go("/incidents")
    await expect(page.locator("main")).to_contain_text("没有进行中的事件")
    await desk.go("/outages")
    await expect(page.locator("tbody tr").first).to_contain_text("已撤回")

    # its paper is listed on it; the orders leave as Excel
    await desk.go(f"/work-orders/{other.id}")
    await page.locator("summary", has_text="打印表单").click()
    sheet = page.get_by_role("link", name="用户问题反馈及落实状况表")
    given = await sheet.evaluate("(link) => fetch(link.href).then((answer) => answer.status)")
    assert given == 200
    await page.reload()
    await expect(page.locator("main").get_by_text("已出具的表单").locator("xpath=../..")).to_contain_text("落实状况表")
    await desk.go("/work-orders?tab=all")
    await page.locator("summary", has_text="导出").click()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Excel").first.click()
    saved = await (await download.value).path()
    assert saved.read_bytes()[:2] == b"PK"


async def test_parts_move_between_stores_and_are_counted(site: Site, desk: Desk) -> None:
    page = desk.page
    for code, name in (("east", "城东库"), ("main", "中心库")):
        await parts.save_store(site.ctx, ADMIN, PartStore(code=code, name=name))
    await parts.save_part(site.ctx, ADMIN, Part(code="BG-40", name="抱箍", spec="DN40", unit="个", low_at=0))
    await parts.move(site.ctx, ADMIN, NewMovement(store="main", part="BG-40", kind="receipt", quantity=5))
    await desk.sign_in("supervisor")
    await desk.go("/parts/BG-40")
    await page.select_option("#store-from", "main")
    await page.select_option("#to_store-to", "east")
    await page.fill("#transfer-quantity", "9")
    await page.get_by_role("button", name="调拨").click()
    await expect(page.locator(".notice.bad")).to_contain_text("库存不足")
    await page.select_option("#store-from", "main")
    await page.select_option("#to_store-to", "east")
    await page.fill("#transfer-quantity", "2")
    await page.get_by_role("button", name="调拨").click()
    facts = page.locator("dl.facts")
    await expect(facts).to_contain_text("城东库2 个")
    await page.select_option("#store-count", "east")
    await page.fill("#counted", "3")
    await page.get_by_role("button", name="保存盘点").click()
    await expect(facts).to_contain_text("城东库3 个")
    stock = await parts.get(site.ctx, ADMIN, "BG-40")
    assert (stock.in_store("main"), stock.in_store("east")) == (3, 3)

    # while at it: the store's inspection round, whose fault becomes an order
    items = (Item(name="温度", expected="5–30 ℃"), Item(name="门锁"))
    await round_plans.save(site.ctx, ADMIN, NewRoundPlan(name="库房巡检", first_on=today(site.ctx), items=items))
    await round_plans.open_due(site.ctx)
    await desk.go("/rounds")
    await page.locator("a.row-link", has_text="库房巡检").click()
    await page.get_by_role("radiogroup", name="温度").get_by_label("正常").check()
    await page.get_by_role("radiogroup", name="门锁").get_by_label("异常").check()
    await page.get_by_label("情况说明 门锁").fill("锁舌卡住")
    await page.get_by_role("button", name="完成巡检").click()
    await page.get_by_role("button", name="开工单").click()
    await expect(page.locator(".round-items").first).to_contain_text("登录")
