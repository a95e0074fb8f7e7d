"""An order's place on its page: set by a click, shown, forgotten; nonsense stands as an error on the page."""

from __future__ import annotations

from call_helpers import DISPATCHER
from pages_site import Site, site

from ccengine.rows import NewOrder
from ccengine.services import work_orders

__all__ = ["site"]


async def test_place_is_set_shown_and_forgotten(site: Site) -> None:
    new = NewOrder(type="repair", title="漏水", address="东湖路 1 号", district="chengdong")
    order = await work_orders.register(site.ctx, DISPATCHER, new)
    address = f"/work-orders/{order.id}"
    desk = await site.browser("dispatcher")
    assert "按片区示意" in (await desk.get(address)).text
    wrong = await desk.post(f"{address}/place", {"latitude": "", "longitude": "120"})
    assert wrong.status == 422 and "请在地图上点选位置" in wrong.text
    assert (await desk.post(f"{address}/place", {"latitude": "30.27", "longitude": "120.15"})).status == 303
    page = (await desk.get(address)).text
    assert 'data-at="[30.27, 120.15]"' in page and "人工标注" in page and "标注位置" in page
    assert "&#34;exact&#34;: true" in (await desk.get("/dispatch")).text
    assert (await desk.post(f"{address}/place", {"forget": "1"})).status == 303
    assert "data-at" not in (await desk.get(address)).text
