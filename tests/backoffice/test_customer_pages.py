"""Customer pages: found by anything, masked until revealed; outage notices: published, withdrawn, refused."""

from __future__ import annotations

import re
from datetime import timedelta

from pages_site import Site, actions

from ccengine.values import mask_number


async def test_customers_are_found_by_name_account_and_pinyin_initials(site: Site) -> None:
    async with site.ctx.store.reading() as uow:
        row = (await uow.customers.find("", None, 1)).items[0]
    browser = await site.browser("8001")
    for text in (row.name, row.name_pinyin, row.address, row.phone):
        page = (await browser.get(f"/customers?q={text}")).text
        assert row.account in page and f"<td>{row.phone}" not in page and mask_number(row.phone) in page
    assert (await browser.get(f"/customers?q={row.account}")).headers["Location"] == f"/customers/{row.account}"


async def test_a_customers_numbers_are_masked_until_revealed_and_that_is_noted(site: Site) -> None:
    async with site.ctx.store.reading() as uow:
        row = (await uow.customers.find("", None, 1)).items[0]
    browser = await site.browser("8001")
    assert row.phone not in (await browser.get(f"/customers/{row.account}")).text
    assert row.phone in (await browser.post(f"/customers/{row.account}/reveal")).text
    assert ("customers.reveal", "user:8001") in await actions(site)


_NOTICE = {
    "kind": "burst",
    "district": "chengxi",
    "area_text": "解放路 1 至 88 号",
    "reason": "爆管",
    "starts_at": "2026-01-01T08:00",
    "ends_at": "2036-01-01T08:00",
}


async def test_an_outage_is_published_and_withdrawn(site: Site) -> None:
    browser = await site.browser("dispatcher")
    soon = (site.clock.moment + timedelta(hours=20)).strftime("%Y-%m-%dT%H:%M")
    start = site.clock.moment.strftime("%Y-%m-%dT%H:%M")
    answer = await browser.post("/outages", {**_NOTICE, "starts_at": start, "ends_at": soon})
    assert answer.status == 303
    page = await browser.get("/outages")
    assert "解放路 1 至 88 号" in page.text and "停水通知已发布" in page.text and "城西片区" in page.text
    assert "停水通知已发布" not in (await browser.get("/outages")).text
    number = re.findall(r"/outages/(\d+)/withdraw", page.text)[0]
    assert (await browser.post(f"/outages/{number}/withdraw")).status == 303
    assert "已撤回" in (await browser.get("/outages")).text
    assert (await browser.post(f"/outages/{number}/withdraw")).status == 409


async def test_an_outage_with_a_wrong_time_keeps_what_was_typed(site: Site) -> None:
    browser = await site.browser("dispatcher")
    answer = await browser.post("/outages", {**_NOTICE, "ends_at": "2025-01-01T08:00"})
    assert answer.status == 422 and 'id="ends_at-error"' in answer.text and "解放路 1 至 88 号" in answer.text
    assert 'id="starts_at-error"' in (await browser.post("/outages", {**_NOTICE, "starts_at": "soon"})).text


async def test_agents_see_outages_and_cannot_publish(site: Site) -> None:
    assert (await (await site.browser("8001")).post("/outages", _NOTICE)).status == 403
