"""What calls do to work orders: exactly one each, attached where one is open, chosen by the agent, closed by itself."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest
from call_helpers import AGENT, STRANGER, abandoned, answered, batch, finish, opened, unqueued
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.hotline.opening_rule import OpeningRule
from ccengine.hotline.work_order import OrderStatus
from ccengine.rows import CallRow, OrderDetail, OrderFilter, OrderRow
from ccengine.services import call_records, rules, work_orders
from ccengine.services.context import ENGINE, Context
from ccengine.services.errors import Invalid, NotAllowed
from ccengine.services.work_orders import OrderChoice
from ccengine.values import CallRecord, Direction, Outcome


async def _orders(ctx: Context) -> tuple[OrderRow, ...]:
    return (await work_orders.find(ctx, ENGINE, OrderFilter(), None, 200)).items


async def _call(ctx: Context, call_id: str) -> CallRow:
    return (await call_records.get_call(ctx, ENGINE, call_id)).call


async def _detail(ctx: Context, order_id: int) -> OrderDetail:
    return await work_orders.get(ctx, ENGINE, order_id)


async def _store(ctx: Context, *records: CallRecord) -> None:
    await call_records.store_records(ctx, batch(*records))


async def test_repair_call_opens_a_complete_order(ctx: Context) -> None:
    record = answered("repair", account="10000003")
    await _store(ctx, record)
    (order,) = await _orders(ctx)
    async with ctx.store.reading() as uow:
        customer = await uow.customers.get("10000003")
    assert customer is not None
    assert order.number == "WO20261120-00001"
    assert (order.type, order.rule, order.call_id) == ("repair", "repair", record.call_id)
    assert (order.status, order.form, order.source) == (OrderStatus.REGISTERED, "phone", "customer")
    assert (order.customer_account, order.contact_name) == ("10000003", customer.name)
    assert (order.address, order.district) == (customer.address, customer.district)
    assert order.contact_number == record.caller_number
    assert order.due_at == START + timedelta(hours=24)
    assert order.call_ids == (record.call_id,)
    assert (await _call(ctx, record.call_id)).work_order_ids == (order.id,)
    assert [event.kind for event in (await _detail(ctx, order.id)).events] == ["opened"]


@pytest.mark.parametrize("outcome", [Outcome.SELF_SERVICE, Outcome.MENU_HANGUP])
async def test_call_served_by_the_menu_alone_opens_none(ctx: Context, outcome: Outcome) -> None:
    await _store(ctx, unqueued(outcome, "balance"))
    assert await _orders(ctx) == ()


async def test_numbers_count_up_within_the_local_day(ctx: Context, clock: ManualClock) -> None:
    clock.moment = START.replace(hour=15, minute=59)
    await _store(ctx, answered("repair", caller_number=""), answered("repair", caller_number=""))
    clock.moment = START.replace(hour=16)
    await _store(ctx, answered("repair", caller_number=""))
    numbers = [order.number for order in await _orders(ctx)]
    assert numbers == ["WO20261121-00001", "WO20261120-00002", "WO20261120-00001"]


async def test_second_call_on_the_same_matter_is_attached(ctx: Context) -> None:
    first, second = answered("repair"), answered("repair", caller_number="+8613900001111")
    await _store(ctx, first)
    await _store(ctx, second)
    (order,) = await _orders(ctx)
    assert set(order.call_ids) == {first.call_id, second.call_id}
    (reference,) = (await _call(ctx, second.call_id)).orders
    assert (reference.id, reference.attached) == (order.id, True)
    assert [event.kind for event in (await _detail(ctx, order.id)).events] == ["opened", "attached"]


async def test_call_after_the_order_is_closed_opens_a_new_one(ctx: Context) -> None:
    await _store(ctx, answered("repair"))
    (order,) = await _orders(ctx)
    await finish(ctx, order.id)
    await _store(ctx, answered("repair"))
    assert len(await _orders(ctx)) == 2


async def test_callers_without_a_number_are_never_taken_for_one_another(ctx: Context) -> None:
    await _store(ctx, *(answered("repair", caller_number=number) for number in ("", "anonymous", "")))
    assert len(await _orders(ctx)) == 3


async def test_abandoned_call_closes_its_order_when_the_number_gets_through(ctx: Context) -> None:
    gone = abandoned()
    await _store(ctx, gone)
    (callback,) = await _orders(ctx)
    assert callback.type == "callback"
    again = answered("person", started_at=START + timedelta(minutes=5))
    await _store(ctx, again)
    detail = await _detail(ctx, callback.id)
    assert detail.order.status is OrderStatus.CLOSED
    assert again.call_id in detail.events[-1].note
    assert [reference.type for reference in (await _call(ctx, again.call_id)).orders] == ["consultation"]


async def test_call_back_to_the_number_closes_the_order_too(ctx: Context) -> None:
    await _store(ctx, abandoned())
    out = answered(
        started_at=START + timedelta(minutes=5),
        direction=Direction.OUTBOUND,
        caller_number="8001",
        dialed_number="13900001111",
    )
    await _store(ctx, out)
    (order,) = await _orders(ctx)
    assert order.status is OrderStatus.CLOSED


async def test_unanswered_call_back_leaves_the_order_open(ctx: Context) -> None:
    await _store(ctx, abandoned())
    out = unqueued(
        Outcome.NOT_ANSWERED, direction=Direction.OUTBOUND, caller_number="8001", dialed_number="13900001111"
    )
    await _store(ctx, out, answered("repair", caller_number="13900002222"))
    assert {order.type: order.status for order in await _orders(ctx)} == {
        "callback": OrderStatus.REGISTERED,
        "repair": OrderStatus.REGISTERED,
    }


async def test_earlier_answered_call_does_not_close_a_later_callback(ctx: Context) -> None:
    gone = abandoned(started_at=START + timedelta(hours=1))
    await _store(ctx, gone)
    await _store(ctx, answered("person"))
    statuses = {order.type: order.status for order in await _orders(ctx)}
    assert statuses["callback"] is OrderStatus.REGISTERED


async def test_callback_told_late_closes_at_once_when_the_number_got_through_since(ctx: Context) -> None:
    again = answered("person", started_at=START + timedelta(minutes=5))
    await _store(ctx, again)
    await _store(ctx, abandoned())
    statuses = {order.type: order.status for order in await _orders(ctx)}
    assert statuses["callback"] is OrderStatus.CLOSED


async def test_giving_up_twice_leaves_one_callback(ctx: Context) -> None:
    await _store(ctx, abandoned())
    await _store(ctx, abandoned(started_at=START + timedelta(minutes=1)))
    (order,) = await _orders(ctx)
    assert len(order.call_ids) == 2


async def test_choice_before_the_record_is_the_calls_only_order(ctx: Context) -> None:
    begun = opened()
    await _store(ctx, begun)
    chosen = await work_orders.choose_for_call(
        ctx, AGENT, begun.call_id, OrderChoice(disposition="repair_burst", note="水很大")
    )
    assert chosen is not None
    assert (chosen.type, chosen.category, chosen.priority) == ("repair", "burst_pipe", "urgent")
    await _store(ctx, answered("person", call_id=begun.call_id))
    (order,) = await _orders(ctx)
    assert (order.id, order.type, order.rule) == (chosen.id, "repair", "consultation")
    assert [event.note for event in (await _detail(ctx, order.id)).events if event.kind == "noted"] == ["水很大"]


async def test_choice_before_the_journal_says_anything_is_kept(ctx: Context) -> None:
    begun = opened()
    await work_orders.choose_for_call(ctx, AGENT, begun.call_id, OrderChoice(disposition="complaint_service"))
    await _store(ctx, answered("repair", call_id=begun.call_id))
    (order,) = await _orders(ctx)
    assert (order.type, order.contact_number) == ("complaint", "13900001111")


async def test_choice_in_wrap_up_changes_the_order_the_rule_opened(ctx: Context) -> None:
    record = answered("person")
    await _store(ctx, record)
    (before,) = await _orders(ctx)
    await work_orders.choose_for_call(
        ctx, AGENT, record.call_id, OrderChoice(disposition="repair_leak", customer_account="10000002", address="河边")
    )
    await _store(ctx, record)
    (order,) = await _orders(ctx)
    assert (order.id, order.type, order.category) == (before.id, "repair", "leak")
    assert (order.customer_account, order.address) == ("10000002", "河边")
    assert order.due_at == START + timedelta(hours=24)
    changed = [event for event in (await _detail(ctx, order.id)).events if event.kind == "changed"]
    assert changed[0].detail["type"] == ["consultation", "repair"]


async def test_last_of_several_choices_counts(ctx: Context) -> None:
    record = answered("person")
    for code in ("repair_leak", "complaint_service", "suggestion"):
        await work_orders.choose_for_call(ctx, AGENT, record.call_id, OrderChoice(disposition=code))
    await _store(ctx, record)
    (order,) = await _orders(ctx)
    assert order.type == "suggestion"


async def test_choice_that_needs_no_order_keeps_the_rule_from_opening_one(ctx: Context) -> None:
    record = answered("person")
    assert await work_orders.choose_for_call(ctx, AGENT, record.call_id, OrderChoice(disposition="nuisance")) is None
    await _store(ctx, record)
    assert await _orders(ctx) == ()


async def test_choice_that_needs_no_order_closes_the_one_that_is_there(ctx: Context) -> None:
    record = answered("person")
    await _store(ctx, record)
    await work_orders.choose_for_call(ctx, AGENT, record.call_id, OrderChoice(disposition="wrong_number"))
    (order,) = await _orders(ctx)
    assert order.status is OrderStatus.CLOSED


async def test_choice_of_another_matter_takes_an_attached_call_away(ctx: Context) -> None:
    first, second = answered("repair"), answered("repair")
    await _store(ctx, first, second)
    (shared,) = await _orders(ctx)
    await work_orders.choose_for_call(ctx, AGENT, second.call_id, OrderChoice(disposition="complaint_service"))
    assert [reference.type for reference in (await _call(ctx, second.call_id)).orders] == ["complaint"]
    assert (await _detail(ctx, shared.id)).order.call_ids == (first.call_id,)
    await _store(ctx, first, second)
    assert len(await _orders(ctx)) == 2


async def test_choice_of_the_same_matter_attaches_to_the_open_order(ctx: Context) -> None:
    await _store(ctx, answered("repair", account="10000004"))
    begun = opened(caller_number="13700000000")
    await _store(ctx, begun)
    order = await work_orders.choose_for_call(
        ctx, AGENT, begun.call_id, OrderChoice(disposition="repair_leak", customer_account="10000004")
    )
    await _store(ctx, answered("person", call_id=begun.call_id, caller_number="13700000000"))
    assert [one.id for one in await _orders(ctx)] == [order.id if order else None]


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        (OrderChoice(disposition="weather"), "disposition"),
        (OrderChoice(disposition="repair_leak", customer_account="99999999"), "customer_account"),
        (OrderChoice(disposition="repair_leak", priority="now"), "priority"),
        (OrderChoice(disposition="repair_leak", note="x" * 3000), "note"),
        (OrderChoice(disposition="repair_leak", title="a\x00b"), "title"),
    ],
)
async def test_choice_with_a_mistake_changes_nothing(ctx: Context, choice: OrderChoice, field: str) -> None:
    record = answered("person")
    await _store(ctx, record)
    before = await _orders(ctx)
    with pytest.raises(Invalid) as refused:
        await work_orders.choose_for_call(ctx, AGENT, record.call_id, choice)
    assert refused.value.field == field
    assert await _orders(ctx) == before


async def test_choice_needs_the_right_and_a_call_id(ctx: Context) -> None:
    with pytest.raises(NotAllowed):
        await work_orders.choose_for_call(ctx, STRANGER, opened().call_id, OrderChoice(disposition="repair_leak"))
    with pytest.raises(Invalid):
        await work_orders.choose_for_call(ctx, AGENT, "'; DROP TABLE calls", OrderChoice(disposition="repair_leak"))


async def test_choice_and_final_record_at_the_same_time_leave_one_order(ctx: Context) -> None:
    records = [answered("repair", caller_number=f"1390000{n:04d}") for n in range(8)]

    async def both(record: CallRecord) -> None:
        choice = OrderChoice(disposition="repair_leak")
        await asyncio.gather(
            work_orders.choose_for_call(ctx, AGENT, record.call_id, choice),
            call_records.store_records(ctx, batch(record)),
            call_records.store_live_record(ctx, dataclasses.replace(record)),
        )

    await asyncio.gather(*(both(record) for record in records))
    orders = await _orders(ctx)
    assert sorted(order.call_id or "" for order in orders) == sorted(record.call_id for record in records)
    assert {order.category for order in orders} == {"leak"}
    assert len({order.number for order in orders}) == len(records)


async def test_rule_edited_by_an_administrator_is_used_from_then_on(ctx: Context) -> None:
    rule = OpeningRule(
        code="outage_calls",
        position=1,
        when={"menu_item": ["outage"], "outcome": ["answered"]},
        open={"type": "suggestion", "title_zh": "停水来电"},
    )
    await rules.save_rule(ctx, ENGINE, rule)
    await _store(ctx, answered("outage"))
    (order,) = await _orders(ctx)
    assert (order.type, order.title) == ("suggestion", "停水来电")
    with pytest.raises(Invalid):
        await rules.save_rule(ctx, ENGINE, dataclasses.replace(rule, when={"moon": ["full"]}))
