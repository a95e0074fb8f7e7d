"""Lists by words: the same answer whether the newest rows were read or the index was asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text as sql

from ccengine.clock import ManualClock
from ccengine.config import Settings
from ccengine.rows import CallFilter, NewOrder, OrderFilter
from ccengine.services import call_records, customers, order_lists, search, work_orders
from ccengine.services.context import Actor, Context
from ccengine.store import bulk, sample_orders, searches, word_lists
from ccengine.store.tables.search import BLOCK
from ccengine.store.unit_of_work import SqlStore

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
OF_CUSTOMERS = ("号", "王 号", "w", "10000 w")
#: What finds an order just when its address has it.
WRITTEN = ("路1", "路2号", "路31号", "号阳", "1单", "解放路3", "湖路1 幢2单")


async def _addresses(ctx: Context) -> list[tuple[int, str]]:
    found, cursor = list[tuple[int, str]](), None
    while True:
        page = await work_orders.find(ctx, SUPERVISOR, OrderFilter(), cursor, 200)
        found += [(row.id, row.address) for row in page.items]
        cursor = page.next
        if cursor is None:
            return found


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
    monkeypatch.setattr(sample_orders, "A_DAY", 20)  # 25 days: several steps of the index
    await asyncio.to_thread(bulk.fill, settings, 500, 80, 10)
    clock.moment = datetime.now(UTC)
    filters = [replace(one, as_of=clock.moment) for one in (*FILTERS, *(OrderFilter(text=one) for one in WRITTEN))]
    texts = ("1380", "王", "李")
    walked = [await _all(ctx, one, 200) for one in filters]
    calls = [await _calls(ctx, one) for one in texts]
    accounts = [await _customers(ctx, one) for one in (*texts, *OF_CUSTOMERS)]
    box = await search.find(ctx, SUPERVISOR, "漏水", 50)
    addresses = await _addresses(ctx)
    for at, text in enumerate(WRITTEN):  # short ends of phrases are read in what the rest of them found
        assert walked[len(FILTERS) + at] == [id_ for id_, said in addresses if all(one in said for one in text.split())]
    assert sum(map(len, walked)) > 500 and not walked[9] and not walked[10] and sum(map(len, calls)) > 20
    monkeypatch.setattr(word_lists, "SEEN_MOST", dict.fromkeys(word_lists.SEEN_MOST, 30))
    monkeypatch.setattr(word_lists, "READ_MOST", dict.fromkeys(word_lists.READ_MOST, 20))
    monkeypatch.setattr(searches, "NEWEST", 30)
    assert [await _all(ctx, one, 20) for one in filters] == walked
    assert [await _calls(ctx, one) for one in texts] == calls
    assert [await _customers(ctx, one) for one in (*texts, "号", "王 号", "w", "10000 w")] == accounts and len(
        accounts[3]
    ) == 80
    assert await search.find(ctx, SUPERVISOR, "漏水", 50) == box


async def test_box_finds_the_newest_first_however_far_back_they_lie(
    ctx: Context, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "NEWEST", 1)
    numbers = list[str]()
    for _ in range(4):  # the newest are near, the others further than is asked first
        order = await work_orders.register(ctx, SUPERVISOR, NewOrder(type="repair", title="石榴树下漏水"))
        numbers.insert(0, order.number)
        assert [row.number for row in (await search.find(ctx, SUPERVISOR, "石榴树", 9)).orders] == numbers
        await _skip_ids(store, 20 * BLOCK)
    found = await search.find(ctx, SUPERVISOR, "石榴树", 2)
    assert [row.number for row in found.orders] == numbers[:2] and not found.customers
    assert len((await search.find(ctx, SUPERVISOR, "号", 20)).customers) == 20


async def _skip_ids(store: SqlStore, many: int) -> None:
    async with store.writer.begin() as connection:
        newest = await connection.scalar(sql("SELECT max(id) FROM search_entries"))
        if connection.dialect.name == "postgresql":
            await connection.execute(sql("SELECT setval('search_entries_id_seq', :id)"), {"id": newest + many})


async def test_text_that_looks_like_initials_is_found_where_somebody_wrote_it(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_lists, "SEEN_MOST", dict.fromkeys(word_lists.SEEN_MOST, 1))
    monkeypatch.setattr(searches, "NEWEST", 1)
    found = list[str]()
    for title, address in (("漏水", "片区东湖路31号"), ("阀门 PQDHL31", "解放路2号"), ("PQDHL312", "片区东湖路3号")):
        order = await work_orders.register(ctx, SUPERVISOR, NewOrder(type="repair", title=title, address=address))
        found = [order.number, *found] if "PQ" in title else found
        page = await work_orders.find(ctx, SUPERVISOR, OrderFilter(text="pqdhl31"), None, 9)
        assert [row.number for row in page.items] == found
        assert [row.number for row in (await search.find(ctx, SUPERVISOR, "pqdhl31", 9)).orders] == found
    assert len((await work_orders.find(ctx, SUPERVISOR, OrderFilter(text="pqdhl"), None, 9)).items) == 3
