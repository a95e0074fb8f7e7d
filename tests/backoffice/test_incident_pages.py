"""The page of incidents, and its twin in the API."""

from __future__ import annotations

import re

from call_helpers import DISPATCHER
from pages_site import Site

from ccengine.rows import NewOrder
from ccengine.services import work_orders


async def test_offered_orders_become_an_incident_with_its_orders_on_its_page(site: Site) -> None:
    for house in (1, 2, 3):
        new = NewOrder(
            type="repair", category="burst_pipe", title="没水", district="gaoxin", address=f"翠苑路 {house} 号"
        )
        await work_orders.register(site.ctx, DISPATCHER, new)
    browser = await site.browser("dispatcher")
    page = (await browser.get("/incidents")).text
    assert "高新区 翠苑路：3 张“爆管”工单" in page
    ids = re.findall(r'name="order_id" value="(\d+)"', page)
    form = {"order_id": ids, "title": "翠苑路爆管", "road": "翠苑路", "tell": "1", "reason": "爆管"}
    wrong = await browser.post("/incidents", {**form, "ends_at": "soon"})
    assert wrong.status == 422 and "请填写日期和时间" in wrong.text
    end = re.findall(r'name="ends_at"[^>]*value="([^"]+)"', page)[0]
    begun = await browser.post("/incidents", {**form, "area_text": "翠苑路沿线", "ends_at": end})
    assert begun.status == 303
    order = (await browser.get(begun.headers["Location"])).text
    assert "归入的工单" in order and all(f'href="/work-orders/{one}"' in order for one in ids)
    assert "属于事件" in (await browser.get(f"/work-orders/{ids[0]}")).text
    assert "翠苑路沿线" in (await browser.get("/outages")).text
    page = (await browser.get("/incidents")).text
    assert "目前没有集中出现的诉求" in page and "翠苑路爆管" in page
    again = await browser.post("/incidents", {**form, "area_text": "x", "ends_at": end})
    assert again.status == 409 and "已属于一个事件" in again.text
    assert (await (await site.browser("worker")).post("/incidents", form)).status == 403
