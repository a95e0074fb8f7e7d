"""Work order pages: registering, moves with their folds, editing, the list."""

from __future__ import annotations

import re
from datetime import timedelta

from pages_site import Answer, Browser, Site, actions

_REQUEST = {"type": "repair", "form": "letter", "source": "customer", "priority": "high", "title": "水表不走"}


async def register(browser: Browser, **fields: str) -> str:
    answer = await browser.post("/work-orders", {**_REQUEST, **fields})
    assert answer.status == 303, answer.text
    return answer.headers["Location"]


async def version_of(browser: Browser, path: str) -> str:
    return re.findall(r'name="version" value="(\d+)"', (await browser.get(path)).text)[0]


async def test_a_request_from_the_counter_becomes_an_order_filled_from_the_account(site: Site) -> None:
    async with site.ctx.store.reading() as uow:
        customer = (await uow.customers.find("", None, 1)).items[0]
    browser = await site.browser("8001")
    path = await register(browser, customer_account=customer.account)
    page = (await browser.get(path)).text
    assert customer.name in page and customer.address in page and "来信" in page and customer.phone not in page
    number = path.rpartition("/")[2]
    assert (await browser.post(f"/work-orders/{number}/reveal")).text == customer.phone
    assert ("orders.reveal_contact", "user:8001") in await actions(site)


async def test_a_faulty_request_shows_each_error_beside_its_field(site: Site) -> None:
    browser = await site.browser("8001")
    empty = await browser.post("/work-orders", {**_REQUEST, "title": "  ", "description": "漏了三天"})
    assert empty.status == 422 and 'id="title-error"' in empty.text and "漏了三天" in empty.text
    unknown = await browser.post("/work-orders", {**_REQUEST, "customer_account": "99999999"})
    assert unknown.status == 422 and 'id="customer_account-error"' in unknown.text
    strange = await browser.post("/work-orders", {**_REQUEST, "type": "<script>"})
    assert strange.status == 422 and 'id="type-error"' in strange.text


async def test_an_order_is_taken_moved_and_noted_with_only_legal_moves_offered(site: Site) -> None:
    browser = await site.browser("8001")
    path = await register(browser)
    assert (await browser.post(f"{path}/take", {"version": await version_of(browser, path)})).status == 303
    page = (await browser.get(path)).text
    offered = set(re.findall(r'name="move" value="([a-z_]+)"', page))
    assert offered == {"dispatch", "start", "handle", "suspend", "joint", "merge", "not_needed", "urge"}
    assert "由我办理中" in page
    move = {"move": "start", "note": "已出发", "version": await version_of(browser, path)}
    assert (await browser.post(f"{path}/moves", move)).status == 303
    assert (await browser.post(f"{path}/note", {"text": "下午三点上门"})).status == 303
    page = (await browser.get(path)).text
    assert "已出发" in page and "下午三点上门" in page and "处理中" in page
    other = await site.browser("dispatcher")
    assert (await other.post(f"{path}/take", {"version": await version_of(other, path)})).status == 303
    assert re.search(r"经办人\s+→ \S{2,}</div>", (await other.get(path)).text), "who took it over, by name"


async def test_an_illegal_or_late_move_changes_nothing_and_says_why(site: Site) -> None:
    browser = await site.browser("8001")
    path = await register(browser)
    version = await version_of(browser, path)
    illegal = await browser.post(f"{path}/moves", {"move": "archive", "version": version})
    assert illegal.status == 409 and "不能转到“归档”" in illegal.text and "受理、派发" in illegal.text
    sent = {"move": "dispatch", "version": version, "unit_code": "crew_west", "assigned_to": ""}
    assert (await browser.post(f"{path}/moves", sent)).status == 303
    late = await browser.post(f"{path}/moves", {"move": "return", "version": version, "note": "我的说明"})
    assert (
        late.status == 409 and "其他人修改" in late.text and "我的说明" in late.text and "已将其转为“派发”" in late.text
    )
    assert "城西抢修队" in late.text
    back = await browser.post(f"{path}/moves", {"move": "return", "version": await version_of(browser, path)})
    assert back.status == 422 and 'id="note-error"' in back.text


async def test_an_order_goes_through_every_fold_of_its_page_to_a_grade(site: Site) -> None:
    browser, boss = await site.browser("dispatcher"), await site.browser("supervisor")
    path, other = await register(browser), await register(browser, title="同一处漏水")

    async def move(who: Browser, name: str, **form: str) -> Answer:
        return await who.post(f"{path}/moves", {"move": name, "version": await version_of(who, path), **form})

    steps = [
        ("dispatch", {"unit_code": "crew_east", "assigned_to": ""}),
        ("suspend", {"reason": "waiting_customer"}),
        ("resume", {}),
        ("joint", {"joint_units": "drainage_office"}),
        ("urge", {}),
        ("reassign", {"unit_code": "crew_west", "note": "换队"}),
        ("acknowledge", {}),
        ("start", {}),
        ("handle", {"note": "换管三米"}),
    ]
    for name, form in steps:
        assert (await move(browser, name, **form)).status == 303, name
    page = (await browser.get(path)).text
    assert all(word in page for word in ("等待客户", "排水管理所", "催办 1 次", "换管三米", "挂起"))
    assert 'value="inspect"' not in page and 'value="inspect"' in (await boss.get(path)).text
    assert (await move(boss, "inspect")).status == 303
    assert (await boss.post(f"{path}/visit", {"reached": "0"})).status == 303
    nothing = await boss.post(f"{path}/visit", {"reached": "1"})
    assert nothing.status == 422 and 'id="grade-error"' in nothing.text
    assert (await boss.post(f"{path}/visit", {"reached": "1", "grade": "2", "remark": "还在漏"})).status == 303
    page = (await browser.get(path)).text
    assert "评价 2 分" in page and "重开 1 次" in page and "还在漏" in page
    wrong = await move(browser, "merge", into_number="WO1")
    assert wrong.status == 422 and 'id="into_number-error"' in wrong.text
    number = re.findall(r'<h1 class="num">(WO[0-9-]+)<', (await browser.get(other)).text)[0]
    assert (await move(browser, "merge", into_number=number.lower())).status == 303
    assert "已并单" in (await browser.get(path)).text


async def test_an_order_is_stamped_once_and_edited_with_its_history(site: Site) -> None:
    browser = await site.browser("dispatcher")
    path = await register(browser)
    assert (await browser.post(f"{path}/stamp", {"stamp": "replied"})).status == 303
    page = (await browser.get(path)).text
    assert 'value="replied"' not in page and 'value="item_cleared"' in page
    assert (await browser.post(f"{path}/stamp", {"stamp": "closed"})).status == 422
    edit = {
        "title": "水表倒转",
        "priority": "urgent",
        "fields.pipe_mm": "300",
        "version": await version_of(browser, path),
    }
    assert (await browser.post(f"{path}/edit", edit)).status == 303
    page = (await browser.get(path)).text
    assert "水表倒转" in page and ">300<" in page and "紧急" in page and "修改" in page
    empty = await browser.post(f"{path}/edit", {"title": " ", "version": await version_of(browser, path)})
    assert empty.status == 422 and 'id="title-error"' in empty.text and "<details open>" in empty.text


async def test_orders_are_filtered_by_tab_and_text(site: Site) -> None:
    browser = await site.browser("8001")
    await register(browser, title="厨房漏水", address="翠苑一区")
    mine = await register(browser, title="水质发黄")
    await browser.post(f"{mine}/take", {"version": await version_of(browser, mine)})
    page = (await browser.get("/work-orders?tab=mine")).text
    assert "水质发黄" in page and "厨房漏水" not in page
    page = (await browser.get("/work-orders?tab=all&q=翠苑")).text
    assert "厨房漏水" in page and "水质发黄" not in page
    site.clock.moment += timedelta(days=10)
    fresh_browser = await site.browser("8001")
    assert "厨房漏水" in (await fresh_browser.get("/work-orders?tab=overdue")).text
