"""The page of visits: who is to be asked, plans added and changed, mistakes beside their fields."""

from __future__ import annotations

from datetime import timedelta

from call_helpers import DISPATCHER
from pages_site import Site

from ccengine.rows import NewOrder
from ccengine.services import work_orders


async def test_waiting_customers_and_plans_are_shown_and_changed(site: Site) -> None:
    new = NewOrder(type="billing", title="<i>水费", contact_number="13900002222")
    order = await work_orders.register(site.ctx, DISPATCHER, new)
    await work_orders.transition(site.ctx, DISPATCHER, order.id, "handled")
    site.clock.moment += timedelta(hours=1)
    browser = await site.browser("dispatcher")
    page = await browser.get("/visits")
    assert page.status == 200 and order.number in page.text and "139****2222" in page.text and "&lt;i&gt;" in page.text
    fields = {"name": "城东加压站", "state": "running", "last_on": "2026-05-20"}
    assert (await browser.post("/visits/plans", fields)).headers["Location"] == "/visits"
    assert "2026-11-20" in (await browser.get("/visits")).text
    assert (await browser.post("/visits/plans/1/state", {"state": "closed"})).status == 303
    assert "2027-05-20" in (await browser.get("/visits")).text
    wrong = await browser.post("/visits/plans", {**fields, "last_on": "yesterday"})
    assert wrong.status == 422 and "last_on-error" in wrong.text and "城东加压站" in wrong.text
    assert (await (await site.browser("worker")).get("/visits")).status == 403
