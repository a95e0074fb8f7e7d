"""The index behind the search box: the same answers on both databases, in step with what it describes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_fixtures import START

from ccengine.hotline.work_order import opened
from ccengine.rows import OrderFilter
from ccengine.services.context import Context
from ccengine.store import search_text
from ccengine.store.search import CALL, CUSTOMER, ORDER
from ccengine.store.search_text import initials

BASE: dict[str, Any] = {
    "type": "repair",
    "category": "leak",
    "priority": "normal",
    "form": "phone",
    "source": "customer",
    "created_by": "t",
    "due_at": START,
}
LEAK = {
    "number": "WO20261120-00017",
    "title": "解放路128号水管漏水",
    "description": "三楼水压低，恢复供水后仍漏",
    "contact_name": "欧阳志明",
    "contact_number": "+86 138-1234-5678",
    "address": "老城区解放路128号3幢2单元501室",
    "district": "laocheng",
}


async def _add(ctx: Context, **values: Any) -> None:
    async with ctx.store() as uow:
        await uow.work_orders.insert({**BASE, **values}, opened(START))
        await uow.commit()


@pytest.mark.parametrize(
    "text",
    [
        "漏水",
        "漏",
        "水压低",
        "解放路",
        "解放路128号",
        "解放路12",
        "路128号3幢",
        "jfl",
        "oyzm",
        "5678",
        "138-1234",
        "13812345678",
        "WO20261120-00017",
        "wo20261120-0001",
        "00017",
        "17",
        "漏水 oyzm 5678",
        "老城区",
        "１３８１２３４５６７８",
    ],
)
async def test_order_is_found_by_anything_it_is_known_by(ctx: Context, text: str) -> None:
    await _add(ctx, **LEAK)
    await _add(ctx, number="WO20261120-00002", title="水表", address="城东片区东湖路1号", contact_number="057188880000")
    async with ctx.store.reading() as uow:
        assert await uow.search.find(ORDER, text, 9) == ("WO20261120-00017",)
        page = await uow.work_orders.find(OrderFilter(text=text), None, 9)
    assert [row.number for row in page.items] == ["WO20261120-00017"]


@pytest.mark.parametrize("text", ["低恢复供水后", "水漏", "999", "8765", "", "、'\"*:&|!()<->", "路路", "\x00"])
async def test_order_is_not_found_by_what_it_does_not_say(ctx: Context, text: str) -> None:
    await _add(ctx, **LEAK)
    async with ctx.store.reading() as uow:
        assert await uow.search.find(ORDER, text, 9) == ()


async def test_index_follows_a_change_and_an_undone_one(ctx: Context) -> None:
    await _add(ctx, **LEAK)
    async with ctx.store() as uow:
        order = await uow.work_orders.by_number(LEAK["number"])
        assert order is not None
        await uow.work_orders.update(order.id, order.version, {"title": "爆管"}, None, START)
        assert await uow.search.find(ORDER, "爆管", 9) == (order.number,)
    async with ctx.store() as uow:
        assert await uow.search.find(ORDER, "爆管", 9) == ()
        await uow.work_orders.update(order.id, order.version, {"address": "庆春路9号"}, None, START)
        await uow.commit()
    async with ctx.store.reading() as uow:
        assert await uow.search.find(ORDER, "庆春路", 9) == (order.number,)
        assert await uow.search.find(ORDER, "解放路", 9) == (order.number,)  # the title still says it
        assert await uow.search.find(ORDER, "解放路128号3幢", 9) == ()


async def test_rebuilt_index_answers_as_before(ctx: Context) -> None:
    await _add(ctx, **LEAK)
    async with ctx.store() as uow:
        before = [await uow.search.find(kind, "l", 50) for kind in (ORDER, CUSTOMER, CALL)]
        assert await uow.search.count(CUSTOMER) == 60
        for kind in (ORDER, CUSTOMER, CALL):
            after: str | None = None
            while (after := await uow.search.rebuild(kind, after, 25)) is not None:
                pass
        assert await uow.search.count(CUSTOMER) == 60
        after_rebuild = [await uow.search.find(kind, "l", 50) for kind in (ORDER, CUSTOMER, CALL)]
    assert [set(one) for one in after_rebuild] == [set(one) for one in before]


async def test_customer_is_found_by_initials_tail_and_address(ctx: Context) -> None:
    async with ctx.store.reading() as uow:
        row = (await uow.customers.find("", None, 1)).items[0]
        for text in (row.account, row.phone[-6:], row.name, initials(row.name), row.address, row.meter_number):
            assert row.account in await uow.search.find(CUSTOMER, text, 60), text


@given(st.text(max_size=80))
def test_any_text_makes_a_question_of_plain_words(text: str) -> None:
    for one in search_text.question(text):
        for phrase in one:
            assert phrase.words
            assert all(word and word.isalnum() for word in phrase.words)


@given(st.text(max_size=80))
def test_any_text_makes_words_of_letters_and_digits(text: str) -> None:
    words = search_text.text_words(text) + search_text.pinyin_words(text) + search_text.number_words(text)
    assert all(word.isalnum() for word in words)


async def test_text_of_one_endless_word_can_be_stored_and_found(ctx: Context) -> None:
    await _add(ctx, **{**LEAK, "description": "a" * 4000 + "7" * 4000 + "水" * 4000})
    async with ctx.store.reading() as uow:
        for text in ("a" * 20, "7" * 20, "水水水"):
            assert await uow.search.find(ORDER, text, 9) == (LEAK["number"],)
