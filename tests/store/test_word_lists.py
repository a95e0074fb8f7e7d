"""Lists by words: the same answer whether the newest rows were read or the index was asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ccengine.clock import ManualClock
from ccengine.config import Settings
from ccengine.rows import CallFilter, OrderFilter
from ccengine.services import call_records, customers, order_lists, search, work_orders
from ccengine.services.context import Actor, Context
from ccengine.store import bulk, searches, word_lists

SUPERVISOR = Actor(kind="user", name="supervisor", roles=frozenset({"supervisor"}))
FILTERS = (
    OrderFilter(text="漏水"),
    OrderFilter(text="用户反映"),
    OrderFilter(text="解放路"),
    OrderFilter(text="爆管抢修 优先", open_only=True),
    OrderFilter(text="jfl", type="repair"),
    OrderFilter(text="解放路1"),
    OrderFilter(text="路2号"),
    OrderFilter(groups=order_lists.conditions("text.has.漏水;status.is.closed")),
    OrderFilter(groups=order_lists.conditions("address.has.路;open.is.yes")),
    OrderFilter(text="没有这样的事"),
    OrderFilter(text="，"),
    OrderFilter(groups=order_lists.conditions("title.has.漏水;district.is.laocheng")),
    OrderFilter(groups=order_lists.conditions("text.without.漏水;form.is.phone")),
    OrderFilter(groups=order_lists.conditions("address.has.解放路;status.is.closed|text.has.古塔")),
)


async def _all(ctx: Context, wanted: OrderFilter, at_once: int) -> list[int]:
    found, cursor = list[int](), None
    while True:
        page = await work_orders.find(ctx, SUPERVISOR, wanted, cursor, at_once)
        found += [row.id for row in page.items]
        cursor = page.next
        if cursor is None:
            return found


async def _calls(ctx: Context, text: str) -> list[str]:
    found, cursor = list[str](), None
    while True:
        page = await call_records.find_calls(ctx, SUPERVISOR, CallFilter(number=text), cursor, 20)
        found += [row.record.call_id for row in page.items]
        cursor = page.next
        if cursor is None:
            return found


async def _customers(ctx: Context, text: str) -> list[str]:
    found, cursor = list[str](), None
    while True:
        page = await customers.find(ctx, SUPERVISOR, text, cursor, 9)
        found += [row.account for row in page.items]
        cursor = page.next
        if cursor is None:
            return found


async def test_walk_and_index_of_words_give_the_same_pages(
    ctx: Context, settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(bulk.fill, settings, 500, 80, 10)
    clock.moment = datetime.now(UTC)
    filters = [replace(one, as_of=clock.moment) for one in FILTERS]
    texts = ("1380", "王", "李")
    walked = [await _all(ctx, one, 200) for one in filters]
    calls = [await _calls(ctx, one) for one in texts]
    accounts = [await _customers(ctx, one) for one in (*texts, "号", "王 号")]
    box = await search.find(ctx, SUPERVISOR, "漏水", 50)
    assert sum(map(len, walked)) > 500 and not walked[9] and not walked[10] and sum(map(len, calls)) > 20
    monkeypatch.setattr(word_lists, "SEEN_MOST", dict.fromkeys(word_lists.SEEN_MOST, 30))
    monkeypatch.setattr(word_lists, "READ_MOST", dict.fromkeys(word_lists.READ_MOST, 20))
    monkeypatch.setattr(searches, "NEWEST", 30)
    assert [await _all(ctx, one, 20) for one in filters] == walked
    assert [await _calls(ctx, one) for one in texts] == calls
    assert [await _customers(ctx, one) for one in (*texts, "号", "王 号")] == accounts and len(accounts[3]) == 80
    assert await search.find(ctx, SUPERVISOR, "漏水", 50) == box
