"""The page of messages to customers: what waits, what a connector took, and what a person decides."""

from __future__ import annotations

from message_helpers import CONNECTOR, by_message, over
from pages_site import Site

from ccengine.services import messages


async def test_messages_are_listed_settled_and_turned_into_calls(site: Site) -> None:
    ctx = by_message(site.ctx)
    first, second = await over(ctx, site.clock, "13900001111", "13900002222")
    browser = await site.browser("dispatcher")
    page = await browser.get("/messages?state=waiting")
    assert page.status == 200 and first.number in page.text and "139****2222" in page.text
    assert "13900002222" not in page.text and "改为电话" in page.text
    ids = {one.order.id: one.row.id for one in await messages.take(ctx, CONNECTOR)}
    assert (await browser.post(f"/messages/{ids[first.id]}/result", {"sent": "1"})).headers["Location"] == "/messages"
    assert (await browser.post(f"/messages/{ids[second.id]}/result", {"sent": "0"})).status == 303
    assert (await browser.post(f"/messages/{ids[second.id]}/call-instead")).status == 303
    refused = await browser.post(f"/messages/{ids[second.id]}/result", {"sent": "1"})
    assert refused.status == 409 and "没有被取走" in refused.text
    page = await browser.get("/messages")
    assert "已发出" in page.text and "不再发送" in page.text
    agent = await site.browser("8001")
    assert "call-instead" not in (await agent.get("/messages")).text
    assert (await agent.post(f"/messages/{ids[first.id]}/call-instead")).status == 403
    assert (await (await site.browser("worker")).get("/messages")).status == 403
