"""Sample orders in bulk: what is written is what the product itself would have written."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from ccengine.clock import ManualClock
from ccengine.config import Settings
from ccengine.hotline.event_chain import GENESIS, HASHED, event_hash
from ccengine.hotline.work_order import OrderStatus
from ccengine.rows import IndicatorFilter, OrderFilter
from ccengine.services import chain, indicators, search, work_orders
from ccengine.services.context import Actor, Context
from ccengine.store import bulk
from ccengine.store.sample_customers import sample_customers
from ccengine.store.sample_orders import EVENT_COLUMNS, NULL, sample_orders

SUPERVISOR = Actor(kind="user", name="supervisor", roles=frozenset({"supervisor"}))
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def test_history_lines_carry_the_hash_of_the_chain() -> None:
    customers = list(sample_customers(50, NOW.date()))
    for found in sample_orders(60, customers, NOW):
        before = GENESIS
        for row in found.events:
            given = dict(zip(EVENT_COLUMNS, row, strict=True))
            values: dict[str, object] = {name: given.get(name, "") for name in HASHED}
            values |= {name: None for name in ("from_status", "to_status") if given[name] == NULL}
            values |= {"order_id": int(given["order_id"]), "seq": int(given["seq"])}
            values |= {"at": datetime.fromisoformat(f"{given['at']}+00:00"), "detail": {}, "before": {}, "after": {}}
            assert given["prev_hash"] == before
            assert given["hash"] == (before := event_hash(before, values))


def test_same_sample_comes_every_time() -> None:
    customers = list(sample_customers(50, NOW.date()))
    assert list(sample_orders(40, customers, NOW)) == list(sample_orders(40, customers, NOW))


async def test_sample_is_listed_found_shown_and_counted(ctx: Context, settings: Settings, clock: ManualClock) -> None:
    counts = await asyncio.to_thread(bulk.fill, settings, 600, 80, 10)
    assert (counts["work_orders"], counts["customers"]) == (600, 20)  # 60 customers were there
    assert counts["work_order_events"] == pytest.approx(6000, rel=0.1)
    clock.moment = datetime.now(UTC)
    page = await work_orders.find(ctx, SUPERVISOR, OrderFilter(), None, 50)
    assert len(page.items) == 50
    detail = await work_orders.get(ctx, SUPERVISOR, page.items[0].id)
    assert detail.events[0].kind == "opened" and detail.events[-1].to_status in (None, detail.order.status)
    found = await work_orders.find(ctx, SUPERVISOR, OrderFilter(text="爆管抢修"), None, 50)
    assert found.items and {order.title for order in found.items} == {"爆管抢修"}
    assert await search.find(ctx, SUPERVISOR, page.items[3].number)
    since = min(event.at for event in (await work_orders.get(ctx, SUPERVISOR, 1)).events)
    report = await indicators.report(ctx, SUPERVISOR, IndicatorFilter(since=since, until=clock.moment))
    assert report.total["registered"] == 600
    closed = await work_orders.find(ctx, SUPERVISOR, OrderFilter(status=OrderStatus.ARCHIVED.value), None, 10)
    assert "handled" in closed.items[0].stamps
    assert (await chain.verify(ctx, ())).faults == ()
    with pytest.raises(bulk.NotEmpty):
        await asyncio.to_thread(bulk.fill, settings, 10, 10, 10)
