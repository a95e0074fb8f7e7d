"""The six paper forms: real Chinese text in a PDF of A4 pages with its font inside, filled from the order."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pytest
from fontTools.ttLib import TTFont
from pages_site import Browser, Site, site
from pypdf import PdfReader

from ccengine.backoffice.paper import sheet
from ccengine.rows import NewOrder
from ccengine.services import audit, paper_forms, work_orders
from ccengine.services.context import Actor
from ccengine.services.paper_forms import FORMS

__all__ = ["site"]
BOSS = Actor(kind="user", name="admin", roles=frozenset({"administrator"}))
TITLES = {
    "registration": "客户询问／反馈登记表",
    "follow_up": "用户问题反馈及落实状况表",
    "receipt": "客户回执",
    "task": "维护任务单",
    "opinion": "用户意见反馈表",
    "acceptance": "维护验收表",
}
#: What each form must say of the order besides its name and number.
SAYS = {
    "registration": ("解放路128号", "䶮师傅", "三楼漏水"),
    "follow_up": ("解放路128号", "登录", "已安排抢修"),
    "receipt": ("䶮师傅", "96390", "水管爆裂"),
    "task": ("解放路128号", "13812345678", "水管爆裂"),
    "opinion": ("䶮师傅", "不满意"),
    "acceptance": ("水管爆裂", "验收结论"),
}


def test_boxes_are_in_the_embedded_font() -> None:
    known = TTFont(sheet._FONT).getBestCmap()
    assert all(ord(sign) in known for on in (True, False) for sign in sheet.tick(on, "好").replace(" ", ""))


async def _order(site: Site) -> int:
    new = NewOrder(
        type="repair",
        category="burst_pipe",
        title="水管爆裂",
        description="三楼漏水，" + "水已流到楼道。" * 60,
        contact_name="䶮师傅",
        contact_number="13812345678",
        address="老城区解放路128号",
        district="laocheng",
    )
    order = await work_orders.register(site.ctx, BOSS, new)
    await work_orders.add_note(site.ctx, BOSS, order.id, "已安排抢修")
    return order.id


def _text(body: bytes) -> tuple[str, PdfReader]:
    reader = PdfReader(io.BytesIO(body))
    text = "".join(page.extract_text() for page in reader.pages)
    return "".join(text.replace("\x00", "").split()), reader  # pypdf tells a sign of two bytes as two


@pytest.mark.parametrize("form", FORMS)
async def test_form_holds_the_order_in_chinese(site: Site, form: str) -> None:
    order_id = await _order(site)
    browser = await site.browser("admin")
    async with browser.session.get(f"{site.base}/work-orders/{order_id}/forms/{form}.pdf") as response:
        assert (response.status, response.content_type) == (200, "application/pdf")
        text, reader = _text(await response.read())
    order = (await work_orders.get(site.ctx, BOSS, order_id)).order
    for said in (TITLES[form], order.number, *SAYS[form]):
        assert said in text, said
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]
    fonts = reader.pages[0]["/Resources"]["/Font"]
    descendants = [font.get_object()["/DescendantFonts"][0].get_object() for font in fonts.values()]
    assert all({"/FontFile2", "/FontFile3"} & set(one["/FontDescriptor"].get_object()) for one in descendants)
    entries = await audit.find_entries(site.ctx, BOSS)
    assert any(one.action == "orders.print" and one.detail["form"] == form for one in entries.items)


async def test_what_was_given_out_is_kept_as_it_was_with_its_hash_in_the_history(site: Site) -> None:
    order_id = await _order(site)
    site.clock.moment = site.clock.moment.replace(second=1)
    admin = await site.browser("admin")

    async def pdf(browser: Browser, path: str) -> tuple[int, bytes]:
        async with browser.session.get(f"{site.base}/work-orders/{order_id}/{path}.pdf") as response:
            return response.status, await response.read()

    first = (await pdf(admin, "forms/receipt"))[1]
    assert (await pdf(admin, "forms/receipt"))[1] == first  # the same minute, the same paper: nothing is added
    await work_orders.transition(site.ctx, BOSS, order_id, "handled", "已更换阀门")
    site.clock.moment += timedelta(minutes=2)
    second = (await pdf(admin, "forms/receipt"))[1]
    newer, older = await paper_forms.given_out(site.ctx, BOSS, order_id)
    assert (older.sha256, newer.sha256) == tuple(hashlib.sha256(one).hexdigest() for one in (first, second))
    panel = (await admin.get(f"/work-orders/{order_id}/prints")).text
    assert panel.count("客户回执") == 2 and older.sha256[:8] in panel
    assert await pdf(admin, f"prints/{older.id}") == (200, first)
    events = (await work_orders.get(site.ctx, BOSS, order_id)).events
    assert [one.detail["sha256"] for one in events if one.kind == "printed"] == [older.sha256, newer.sha256]
    worker = await site.browser("worker")
    assert (await pdf(worker, f"prints/{older.id}"))[0] == 403  # it holds the customer's whole number
    assert (await pdf(admin, "prints/999999"))[0] == 404
    other = await _order(site)
    assert (await admin.get(f"/work-orders/{other}/prints/{older.id}.pdf")).status == 404


async def test_form_in_english_masks_the_number_for_those_who_may_not_see_it(site: Site) -> None:
    order_id = await _order(site)
    browser = await site.browser("dispatcher", "en")
    async with browser.session.get(f"{site.base}/work-orders/{order_id}/forms/task.pdf") as response:
        text, _ = _text(await response.read())
    assert "MaintenanceTaskSheet" in text and "13812345678" in text
    assert (await browser.get(f"/work-orders/{order_id}/forms/nothing.pdf")).status == 404
    assert (await browser.get("/work-orders/999/forms/task.pdf")).status == 404
