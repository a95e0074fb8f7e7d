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
from ccengine.services.tokens import issue

__all__ = ["site"]
BOSS = Actor(kind="user", name="admin", roles=frozenset({"administrator"}))
EVIL = "=cmd|' /C calc'!A0"


async def _orders(site: Site) -> None:
    for title, name in ((EVIL, "+1+1"), ("水管漏水", "@SUM(A1)"), ("家中无水", "＝1")):
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
    assert {f"'{EVIL}", "'+1+1", "'@SUM(A1)", "'＝1", "138****5678"} <= texts
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


async def test_api_exports_the_same_files_with_the_same_conditions(site: Site) -> None:
    await _orders(site)
    token = await issue(site.ctx, BOSS, "bi", frozenset({"dispatcher"}))
    browser = site.stranger("en")
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    async def fetch(path: str) -> tuple[int, str, bytes]:
        async with browser.session.get(f"{site.base}/api/v1{path}", headers=headers) as answer:
            return answer.status, answer.headers.get("Content-Disposition", ""), await answer.read()

    status, name, body = await fetch("/work-orders/export.csv?where=title.has.%253Dcmd")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert (status, len(rows), rows[1][5]) == (200, 2, f"'{EVIL}"), rows
    assert "work-orders-" in name
    status, _, body = await fetch("/work-orders/export.xlsx?open_only=true")
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        assert "=cmd|" in (sheet := book.read("xl/worksheets/sheet1.xml").decode()) and "<f>" not in sheet
    assert (await fetch("/work-orders/export.csv?where=nonsense.is.x"))[0] == 422
    period = "since=2026-01-01T00:00:00Z&until=2027-01-01T00:00:00Z&group_by=type"
    status, name, body = await fetch(f"/reports/indicators/export.xlsx?{period}")
    assert (status, body[:2], "indicators-2026-01-01" in name) == (200, b"PK", True)
    entries = (await audit.find_entries(site.ctx, BOSS)).items
    assert sum(one.action == "orders.export" and one.actor == "api:bi" for one in entries) == 2


async def test_agents_take_no_list_out_of_the_house(site: Site) -> None:
    assert (await _fetch(site, "/work-orders/export.csv", user="8001"))[0] == 403
