"""The list of orders as a file: the same conditions, whole rows, and no formula out of what a customer typed."""

from __future__ import annotations

import csv
import io
import re
import zipfile

from pages_site import Site, site

from ccengine.rows import NewOrder
from ccengine.services import audit, work_orders
from ccengine.services.context import Actor

__all__ = ["site"]
BOSS = Actor(kind="user", name="admin", roles=frozenset({"administrator"}))
EVIL = "=cmd|' /C calc'!A0"


async def _orders(site: Site) -> None:
    for title, name in ((EVIL, "+1+1"), ("水管漏水", "@SUM(A1)"), ("家中无水", "-2")):
        new = NewOrder(type="repair", title=title, contact_name=name, contact_number="13812345678")
        await work_orders.register(site.ctx, BOSS, new)


async def _fetch(site: Site, path: str, user: str = "dispatcher") -> tuple[int, bytes]:
    browser = await site.browser(user)
    async with browser.session.get(site.base + path, allow_redirects=False) as answer:
        return answer.status, await answer.read()


async def test_csv_holds_every_order_and_no_formula(site: Site) -> None:
    await _orders(site)
    status, body = await _fetch(site, "/work-orders/export.csv?tab=all")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert status == 200 and rows[0][0] == "工单号" and len(rows) == 4
    texts = {cell for row in rows[1:] for cell in row}
    assert {f"'{EVIL}", "'+1+1", "'@SUM(A1)", "'-2", "138****5678"} <= texts
    assert not any(cell.startswith(("=", "+", "@")) for cell in texts)
    entries = (await audit.find_entries(site.ctx, BOSS)).items
    assert any(one.action == "orders.export" and one.actor == "user:dispatcher" for one in entries)


async def test_xlsx_keeps_what_was_typed_as_text(site: Site) -> None:
    await _orders(site)
    status, body = await _fetch(
        site, "/work-orders/export.xlsx?tab=all&where=title.has.%253Dcmd%7Ctitle.has.%E6%BC%8F%E6%B0%B4"
    )
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert status == 200 and "<f>" not in sheet
    assert "=cmd|" in sheet and "水管漏水" in sheet and "家中无水" not in sheet
    assert len(re.findall(r"<row ", sheet)) == 3


async def test_agents_take_no_list_out_of_the_house(site: Site) -> None:
    assert (await _fetch(site, "/work-orders/export.csv", user="8001"))[0] == 403
