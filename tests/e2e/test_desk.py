"""The desk in a real browser: drafts, the search box, conditions, dispatching, knowledge, spare parts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from desk_tab import Desk
from pages_site import PASSWORD, Site
from playwright.async_api import expect

from ccengine.rows import NewOrder, OrderRow, Part, PartStore
from ccengine.services import order_lists, parts, work_orders
from ccengine.services.context import Actor
from ccengine.store.search_text import initials

pytestmark = pytest.mark.browser
BOSS = Actor(kind="user", name="admin", roles=frozenset({"administrator"}))

#: A row that has just arrived listens to nothing before htmx has seen it.
_ALIVE = (
    """() => [...document.querySelectorAll(".condition select[hx-get]")].every((one) => one["htmx-internal-data"])"""
)


async def _order(site: Site, **values: str) -> OrderRow:
    given = {"type": "repair", "category": "leak", "title": "水管漏水", "district": "chengdong", **values}
    return await work_orders.register(site.ctx, BOSS, NewOrder(**given))  # type: ignore[arg-type]


async def test_desk_registers_finds_combines_and_dispatches(site: Site, desk: Desk) -> None:
    page = desk.page
    first = await _order(site, address="城东片区东湖路1号3幢", contact_name="欧阳志明")
    site.clock.moment += timedelta(minutes=5)
    late = await _order(site, address="城东片区朝晖路8号", title="家中无水", category="no_water", district="chengxi")

    # a half-written registration survives reload, sign-out and sign-in; the form hints at the order that is there
    await desk.sign_in("dispatcher")
    await desk.go("/work-orders/new")
    await page.fill("#title", "楼道水管漏水")
    await page.fill("#address", "东湖路1号9幢")
    await page.select_option("#category", "leak")
    await expect(page.locator("[data-autosaved]")).to_have_text("草稿已保存")
    await expect(page.locator("#similar")).to_contain_text(first.number)
    await desk.sign_out()
    await desk.sign_in("dispatcher")
    await page.keyboard.press("n")
    await page.wait_for_url("**/work-orders/new")
    assert await page.input_value("#title") == "楼道水管漏水"
    await expect(page.locator(".draft-note")).to_contain_text("未提交的内容")
    await page.select_option("#district", "chengdong")
    await page.get_by_role("button", name="登记", exact=True).click()
    await expect(page.locator("#toasts")).to_contain_text("已登记")
    await desk.go("/work-orders/new")
    assert await page.input_value("#title") == ""

    # one box finds by initials; the keyboard leads to the order
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("/")
    await page.keyboard.type(initials("欧阳志明"))
    await expect(page.locator("#found")).to_contain_text(first.number)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/work-orders/{first.id}")
    await expect(page.locator("main")).to_contain_text("可能重复")

    # conditions are combined by hand, stand in the address, are saved and shared
    await desk.go("/work-orders")
    await page.click("details.builder > summary")
    await page.locator(".condition select").first.select_option("address")
    await page.locator(".condition").get_by_placeholder("文字").fill("东湖路")
    await page.get_by_role("button", name="加一组（或者）").click()
    other = page.locator(".condition-group").nth(1)
    await expect(other).to_be_visible()
    await page.wait_for_function(_ALIVE)
    await other.locator("select").first.select_option("category")
    await other.get_by_label("无水", exact=True).check()
    await page.get_by_role("button", name="按条件查询").click()
    await page.wait_for_url(re.compile(r"where=address\.has\..*category\.is\.no_water"))
    await expect(page.locator("tbody tr")).to_have_count(3)
    await page.click("details.builder > summary")
    await page.fill(".save-query input[name=name]", "东湖路或无水")
    await page.check(".save-query input[name=shared]")
    await page.get_by_role("button", name="保存查询").click()
    await expect(page.locator(".saved a[aria-current=true]")).to_contain_text("东湖路或无水")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await page.keyboard.press("o")
    await page.wait_for_url(re.compile(r"/work-orders/\d+$"))
    async with page.expect_download() as download:
        await page.evaluate("location.assign('/work-orders/export.csv?tab=all')")
    saved = await (await download.value).path()
    assert late.number in saved.read_text("utf-8-sig")

    # the way back keeps the conditions; a session that ends in the middle of a note costs no word of it
    await desk.go("/work-orders?tab=all&q=东湖路")
    await page.locator("a.row-link").first.click()
    await page.locator("a.back").click()
    await page.wait_for_url("**/work-orders?tab=all&q=**")
    await desk.go(f"/work-orders/{first.id}")
    await page.fill("#text", "住户要求下午去")
    await desk.sign_out()
    await page.get_by_role("button", name="保存备注").click()
    await page.fill("#user", "dispatcher")
    await page.fill("#password", PASSWORD)
    await page.click("button.primary")
    await page.wait_for_url(f"**/work-orders/{first.id}")
    await expect(page.locator("#text")).to_have_value("住户要求下午去")
    await page.get_by_role("button", name="保存备注").click()
    await expect(page.locator("#toasts")).to_contain_text("备注")
    await expect(page.locator("#matter")).to_contain_text("住户要求下午去")
    await expect(page.locator("#text")).to_have_value("")

    # the board: by key, by dragging, and several at once with a result for each
    await desk.go("/dispatch")
    await expect(page.locator(".map-order")).to_have_count(3)
    await page.keyboard.press("j")
    await page.keyboard.press("v")
    await page.keyboard.press("1")
    await expect(page.locator(".notice.good")).to_contain_text("已派发 1 张")
    await page.locator("tr[data-order]").first.drag_to(page.locator("[data-unit=crew_west]"))
    await expect(page.locator("[data-unit=crew_west]")).to_contain_text("在办 1")
    left = page.locator("input[name=order]")
    await expect(left).to_have_count(1)
    order_id = int((await left.get_attribute("value") or "").split(":")[0])
    await work_orders.take(site.ctx, BOSS, order_id)  # somebody else was faster
    await left.check()
    await page.keyboard.press("2")
    await expect(page.locator(".notice.bad")).to_contain_text("1 张没有派出")
    await expect(page.locator("input[name=order]")).to_have_count(1)


async def test_knowledge_and_parts_serve_the_order(site: Site, desk: Desk) -> None:
    page = desk.page
    order = await _order(site, title="立管接口漏水")
    await work_orders.transition(site.ctx, BOSS, order.id, "handled", "用 DN40 抱箍封堵")
    open_one = await _order(site, title="厨房接口漏水")
    await parts.save_store(site.ctx, BOSS, PartStore(code="main", name="中心库"))
    await parts.save_part(site.ctx, BOSS, Part(code="BG-40", name="抱箍", spec="DN40", unit="个", low_at=4))

    # written from the solved order by one, reviewed and published by another
    await desk.sign_in("dispatcher")
    await desk.go(f"/work-orders/{order.id}")
    await page.get_by_role("link", name="写成知识").click()
    assert "用 DN40 抱箍封堵" in await page.input_value("#body")
    await page.get_by_role("button", name="保存为草稿").click()
    await expect(page.locator("h1 + .badge")).to_have_text("草稿")
    article = page.url
    await desk.sign_out()
    await desk.sign_in("supervisor")
    await page.goto(article)
    await page.get_by_role("button", name="审核通过").click()
    await page.get_by_role("button", name="发布", exact=True).click()
    await expect(page.locator("h1 + .badge")).to_have_text("已发布")

    # suggested on the open order, rated; and the order gets a place by a click
    await desk.go(f"/work-orders/{open_one.id}")
    await expect(page.locator("#order-map .map-district").first).to_be_visible()
    await page.locator("#order-map").click(position={"x": 120, "y": 90})
    await page.get_by_role("button", name="保存位置").click()
    await expect(page.locator(".map-panel header")).to_contain_text("人工标注")
    await page.locator(".notice summary", has_text="立管接口漏水").click()
    await expect(page.locator("main")).to_contain_text("用 DN40 抱箍封堵")
    await page.goto(article)
    await page.get_by_role("button", name="有用").first.click()
    await expect(page.get_by_role("button", name="有用 1")).to_be_visible()

    # received, used on the order, too few left: told by the bell; counted
    await desk.go("/parts/BG-40")
    await page.fill("#quantity", "5")
    await page.get_by_role("button", name="入库").click()
    await expect(page.locator("main")).to_contain_text("入库")
    await desk.go(f"/work-orders/{open_one.id}")
    panel = page.locator("#order-parts")
    await panel.get_by_label("数量").fill("9")
    await panel.get_by_role("button", name="领用").click()
    await expect(panel).to_contain_text("库存不足")
    await panel.get_by_label("数量").fill("2")
    await panel.get_by_role("button", name="领用").click()
    await expect(panel).to_contain_text("2 个")
    await desk.go("/notices")
    await expect(page.locator("main")).to_contain_text("抱箍 只剩 3 个")
    await desk.go("/parts?low=1")
    await expect(page.locator("main")).to_contain_text("BG-40")
    await desk.go("/parts/BG-40")
    await page.fill("#counted", "8")
    await page.get_by_role("button", name="保存盘点").click()
    await expect(page.locator("main")).to_contain_text("盘点")
    assert (await parts.get(site.ctx, BOSS, "BG-40")).total == 8


_PAGES = (
    "/work-orders?where=category.is.leak;created.days.3%7Coverdue.is.yes",
    "/search?q=%E6%B0%B4",
    "/dispatch",
    "/knowledge",
    "/knowledge/new",
    "/parts",
    "/rounds",
    "/rounds/plans/new",
    "/admin/inventory/new",
    "/work-orders/1",
)


@pytest.mark.parametrize("width", [1440, 390])
async def test_each_page_of_the_desk_fits(site: Site, desk: Desk, width: int) -> None:
    order_lists.conditions("category.is.leak")
    await _order(site)
    await desk.page.set_viewport_size({"width": width, "height": 844})
    await desk.sign_in("admin")
    for path in _PAGES:
        await desk.go(path)
        await desk.page.wait_for_load_state("networkidle")
        assert await desk.page.evaluate("document.documentElement.scrollWidth") <= width, path
