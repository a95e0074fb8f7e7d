"""The search box: what each role finds, and how it is shown."""

from __future__ import annotations

import pytest
from call_helpers import answered, batch

from ccengine.rows import NewOrder
from ccengine.services import call_records, search, work_orders
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid, NotAllowed

AGENT = Actor(kind="user", name="8001", roles=frozenset({"agent"}))
WORKER = Actor(kind="user", name="worker", roles=frozenset({"field_worker"}))


async def _one_of_each(ctx: Context) -> str:
    async with ctx.store.reading() as uow:
        customer = (await uow.customers.find("", None, 1)).items[0]
    new = NewOrder(type="repair", title="水管漏水", customer_account=customer.account, contact_number=customer.phone)
    await work_orders.register(ctx, AGENT, new)
    await call_records.store_records(ctx, batch(answered("balance", caller_number=customer.phone)))
    return customer.phone


async def test_phone_tail_finds_order_customer_and_call_with_masked_numbers(ctx: Context) -> None:
    phone = await _one_of_each(ctx)
    found = await search.find(ctx, AGENT, phone[-5:])
    assert (len(found.orders), len(found.customers), len(found.calls)) == (
        2,
        1,
        1,
    )  # one order by hand, one by the call
    assert found.customers[0].masked and "****" in found.customers[0].phone


async def test_field_worker_finds_orders_only(ctx: Context) -> None:
    phone = await _one_of_each(ctx)
    found = await search.find(ctx, WORKER, phone)
    assert (len(found.customers), len(found.calls)) == (0, 0)


async def test_nobody_without_a_right_may_search(ctx: Context) -> None:
    with pytest.raises(NotAllowed):
        await search.find(ctx, Actor(kind="user", name="x"), "1")


async def test_impossible_question_is_refused(ctx: Context) -> None:
    with pytest.raises(Invalid):
        await search.find(ctx, AGENT, "a" * 101)
    with pytest.raises(Invalid):
        await search.find(ctx, AGENT, "a", limit=0)


async def test_rebuilding_counts_what_it_wrote(ctx: Context) -> None:
    await _one_of_each(ctx)
    assert await search.rebuild(ctx) == {"order": 2, "customer": 60, "call": 1, "article": 0}
    assert not await search.build_if_missing(ctx)
