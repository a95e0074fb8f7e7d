"""The customer's page: number and code, guesses, a grade, a receipt with the code; nobody signs in."""

from __future__ import annotations

import re

from call_helpers import ADMIN, DISPATCHER
from pages_site import Browser, Site

from ccengine.rows import NewOrder, OrderRow
from ccengine.services import progress, work_orders


async def an_order(site: Site) -> tuple[OrderRow, str]:
    new = NewOrder(
        type="billing", title="水费疑问<b>", contact_name="王女士", contact_number="13900002222", address="解放路"
    )
    order = await work_orders.register(site.ctx, DISPATCHER, new)
    return order, await progress.code_for(site.ctx, ADMIN, order.id)


async def customer(site: Site) -> Browser:
    browser = site.stranger()
    assert (await browser.get("/progress?number=WO1")).status == 200
    return browser


async def test_customer_sees_the_progress_and_nothing_personal(site: Site) -> None:
    order, code = await an_order(site)
    page = await (await customer(site)).post("/progress", {"number": order.number, "code": code})
    assert page.status == 200 and order.number in page.text and "已登录，等待受理" in page.text
    for secret in ("王女士", "139", "2222", "解放路", "水费疑问", "dispatcher"):
        assert secret not in page.text
    assert 'name="grade"' not in page.text


async def test_wrong_number_and_wrong_code_look_alike_until_it_is_too_often(site: Site) -> None:
    order, code = await an_order(site)
    browser = await customer(site)
    wrong = await browser.post("/progress", {"number": order.number, "code": "000000" if code != "000000" else "1"})
    unknown = await browser.post("/progress", {"number": "WO20200101-00001", "code": "000000"})
    strip = re.compile(r'value="[^"]*"')
    assert (wrong.status, strip.sub("", wrong.text)) == (
        unknown.status,
        strip.sub("", unknown.text),
    ) and wrong.status == 404
    for _ in range(progress.FAILURES_PER_ORDER):
        last = await browser.post("/progress", {"number": order.number, "code": "1"})
    assert last.status == 429 and "秒后再试" in last.text
    assert (await browser.post("/progress", {"number": order.number, "code": code})).status == 429


async def test_foreign_page_cannot_ask_for_the_customer(site: Site) -> None:
    order, code = await an_order(site)
    browser = await customer(site)
    fields = {"number": order.number, "code": code}
    assert (
        await browser.post("/progress", fields, Origin="http://evil.example", **{"Sec-Fetch-Site": "cross-site"})
    ).status == 403


async def test_customer_grades_once_after_the_work(site: Site) -> None:
    order, code = await an_order(site)
    browser, fields = await customer(site), {"number": order.number, "code": code}
    early = await browser.post("/progress/grade", {**fields, "grade": "5"})
    assert early.status == 409
    await work_orders.transition(site.ctx, DISPATCHER, order.id, "handled")
    assert 'name="grade"' in (await browser.post("/progress", fields)).text
    empty = await browser.post("/progress/grade", fields)
    assert empty.status == 422 and "请选择评分" in empty.text
    thanks = await browser.post("/progress/grade", {**fields, "grade": "2", "fixed": "yes", "remark": "<script>"})
    assert thanks.status == 200 and "感谢您的评价" in thanks.text
    again = await browser.post("/progress/grade", {**fields, "grade": "5"})
    assert again.status == 409
    detail = await work_orders.get(site.ctx, ADMIN, order.id)
    assert (detail.order.status.value, detail.visits[-1].grade_handling) == ("in_progress", 2)


async def test_receipt_carries_the_code_and_is_audited(site: Site) -> None:
    order, code = await an_order(site)
    page = await (await site.browser("dispatcher")).get(f"/work-orders/{order.id}/receipt")
    assert (
        page.status == 200 and f"{code[:3]} {code[3:]}" in page.text and f"/progress?number={order.number}" in page.text
    )
    assert "139****2222" in page.text and "&lt;b&gt;" in page.text
    assert (await site.stranger().get(f"/work-orders/{order.id}/receipt")).status == 303
    async with site.ctx.store.reading() as uow:
        actions = [one.action for one in (await uow.audit.find(None, 20)).items]
    assert "orders.show_code" in actions
