"""Pages of time limits, the calendar, penalties, notices and the indicator report."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

from pages_site import Site

from ccengine.engine.sla_clock import SlaClock
from ccengine.hotline.indicators import INDICATORS
from ccengine.rows import NewOrder, SlaSettings
from ccengine.services import work_calendar, work_orders
from ccengine.services.context import Actor
from ccengine.store import seed

ADMIN = Actor(kind="user", name="admin", roles=frozenset({"administrator"}))
FORM = {
    "version": "0", "code": "vip", "name_zh": "重点客户", "name_en": "Key accounts", "position": "5",
    "types": "repair", "limit_handle": "2wh", "warn_percent": "75", "warn_roles": "dispatcher", "after_1": "0",
    "roles_1": "supervisor", "penalty": "none", "active": "1",
}  # fmt: skip


async def _order(site: Site, **more: str) -> int:
    new = NewOrder(**{"type": "repair", "title": "测试漏水", "priority": "urgent", **more})  # type: ignore[arg-type]
    return (await work_orders.register(site.ctx, ADMIN, new)).id


async def test_policy_is_added_shown_and_changed_into_a_new_version(site: Site) -> None:
    await seed.seed_defaults(site.ctx)
    browser = await site.browser("admin")
    page = (await browser.get("/admin/sla")).text
    assert "抢修" in page and "4 小时" in page and "5 工作日" in page
    await browser.get("/admin/sla/new")
    saved = await browser.post("/admin/sla", FORM)
    assert (saved.status, saved.headers["Location"]) == (303, "/admin/sla")
    shown = (await browser.get("/admin/sla/vip")).text
    assert 'value="2wh"' in shown and "重点客户" in shown
    assert (await browser.post("/admin/sla", {**FORM, "version": "1", "limit_handle": "3wh"})).status == 303
    assert "v2" in (await browser.get("/admin/sla/vip")).text
    stale = await browser.post("/admin/sla", {**FORM, "version": "1"})
    assert stale.status == 409 and "其他人" in stale.text
    order = await _order(site)
    part = (await browser.get(f"/work-orders/{order}/deadlines")).text
    assert "重点客户" in part and "进行中" in part


async def test_policy_with_a_mistake_comes_back_with_the_error_beside_its_field(site: Site) -> None:
    browser = await site.browser("admin")
    await browser.get("/admin/sla/new")
    for field, text in (("limit_handle", "two hours"), ("position", "x"), ("after_1", "soon"), ("name_zh", "")):
        answer = await browser.post("/admin/sla", {**FORM, field: text})
        assert answer.status == 422 and f'id="{field}-error"' in answer.text, field
    assert (await (await site.browser("supervisor")).get("/admin/sla")).status == 403


async def test_calendar_shows_the_year_and_takes_days(site: Site) -> None:
    # The shipped years end with 2026; at 16:30 UTC it is the next day in Shanghai.
    site.clock.moment = site.clock.moment.replace(year=2026, month=11, day=20, hour=16, minute=30)
    await seed.seed_defaults(site.ctx)
    browser = await site.browser("admin")
    page = (await browser.get("/admin/calendar")).text
    assert "缺少 2027 年" in page and "春节" in page
    assert re.findall(r'<a class="day num[^"]* today"[^>]*>([0-9]+)', page) == ["21"]
    saved = await browser.post(
        "/admin/calendar/days", {"day": "2027-01-01", "until": "2027-01-03", "kind": "holiday", "name": "元旦"}
    )
    assert saved.headers["Location"] == "/admin/calendar?year=2027"
    page = (await browser.get("/admin/calendar?year=2027")).text
    assert "缺少" not in page and page.count('title="元旦"') == 3
    wrong = await browser.post("/admin/calendar/days", {"day": "someday"})
    assert wrong.status == 422 and 'id="day-error"' in wrong.text
    for name, text in (("office_hours", "nine"), ("retention", "-5"), ("satisfied_from", "9")):
        fields = {"office_hours": "9:00-17:00", "retention": "20000.50", "satisfied_from": "4", name: text}
        answer = await browser.post("/admin/calendar/settings", fields)
        assert answer.status == 422 and f'id="{name}-error"' in answer.text, name
    fields = {"office_hours": "9:00-17:00", "retention": "20000.50", "satisfied_from": "4"}
    assert (await browser.post("/admin/calendar/settings", fields)).status == 303
    assert 'value="20000.50"' in (await browser.get("/admin/calendar")).text
    assert (await (await site.browser("8001")).get("/admin/calendar")).status == 200
    assert (await browser.get("/admin/calendar?year=9999999999999999999999")).status in (404, 422)


async def test_breach_shows_on_the_bell_in_the_list_and_as_a_penalty(site: Site) -> None:
    await seed.seed_defaults(site.ctx)
    await work_calendar.save_settings(site.ctx, ADMIN, SlaSettings(retention_fen=1_000_000))
    order = await _order(site, type="change")
    site.clock.moment += timedelta(minutes=90)
    await SlaClock(site.ctx).step()
    browser = await site.browser("dispatcher")
    assert re.search(r'bell-count num">1<', (await browser.get("/notices/bell")).text)
    listed = (await browser.get("/notices")).text
    assert "测试漏水" in listed and "已超期" in listed
    link = re.search(r'href="(/notices/[0-9]+\?order=[0-9]+)"', listed)
    assert link and (await browser.get(link[1])).headers["Location"] == f"/work-orders/{order}"
    for name in ("order", "review"):  # no number of a row: as if it led nowhere
        nowhere = await browser.get(f"{link[1].partition('?')[0]}?{name}={'9' * 5000}")
        assert (nowhere.status, nowhere.headers["Location"]) == (303, "/notices")
    assert "bell-count" not in (await browser.get("/notices/bell")).text
    assert (await browser.post("/notices/seen")).status == 303
    admin = await site.browser("admin")
    page = (await admin.get("/admin/penalties")).text
    assert "¥9,500.00" in page and "紧急业务未及时" in page
    action = re.search(r'action="(/admin/penalties/[0-9]+/waive)"', page)
    assert action
    assert (await admin.post(action[1], {"reason": " "})).status == 422
    assert (await admin.post(action[1], {"reason": "台风期间"})).status == 303
    page = (await admin.get("/admin/penalties")).text
    assert "¥10,000.00" in page and "台风期间" in page


async def test_indicator_report_shows_each_formula_and_splits(site: Site) -> None:
    await _order(site)
    await _order(site, type="complaint", form="web")
    browser = await site.browser("supervisor")
    page = (await browser.get("/reports/indicators")).text
    for one in INDICATORS:
        assert one.zh in page and one.formula_zh.split("（")[0] in page
    parts = (await browser.get("/reports/indicators?group=form&since=2026-01-01")).text
    assert "电话" in parts and "网站" in parts
    wrong = await browser.get("/reports/indicators?since=never")
    assert wrong.status == 422 and 'id="since-error"' in wrong.text
    assert (await (await site.browser("8001")).get("/reports/indicators")).status == 403


async def test_indicator_report_is_a_spreadsheet(site: Site) -> None:
    await _order(site)
    browser = await site.browser("supervisor")
    async with browser.session.get(f"{browser.base}/reports/indicators.xlsx?group=type") as response:
        body = await response.read()
    assert response.status == 200 and response.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "登录下单数" in texts and "报修" in texts
