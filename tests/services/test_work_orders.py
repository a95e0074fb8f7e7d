"""Work orders by hand: registered, found, moved, noted; refused with a reason and nothing changed."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest
from call_helpers import ADMIN, AGENT, DISPATCHER, STRANGER, SUPERVISOR, WORKER, answered, batch, finish
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.hotline.work_order import OrderStatus
from ccengine.rows import NewOrder, OrderFilter, OrderRow
from ccengine.services import call_records, changes, figures, order_visits, work_orders
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.order_visits import VisitResult
from ccengine.services.work_orders import RequestKey

NEW = NewOrder(type="repair", title="水管漏水", form="visit", contact_number="13900002222", address="东湖路 1 号")


async def _new(ctx: Context, **differing: object) -> OrderRow:
    return await work_orders.register(ctx, DISPATCHER, dataclasses.replace(NEW, **differing))  # type: ignore[arg-type]


async def test_registered_request_takes_name_and_address_from_the_customer(ctx: Context) -> None:
    order = await _new(ctx, customer_account="10000007", address="", contact_number="")
    async with ctx.store.reading() as uow:
        customer = await uow.customers.get("10000007")
    assert customer is not None
    assert (order.contact_name, order.contact_number, order.address, order.district) == (
        customer.name,
        customer.phone,
        customer.address,
        customer.district,
    )
    assert (order.form, order.created_by, order.version) == ("visit", "user:dispatcher", 1)


@pytest.mark.parametrize(
    ("differing", "field"),
    [
        ({"type": "holiday"}, "type"),
        ({"priority": "now"}, "priority"),
        ({"form": "pigeon"}, "form"),
        ({"source": "moon"}, "source"),
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"description": "a\x00b"}, "description"),
        ({"district": "paris"}, "district"),
        ({"customer_account": "99999999"}, "customer_account"),
        ({"customer_account": "' OR 1=1"}, "customer_account"),
        ({"call_id": "x"}, "call_id"),
        ({"call_id": "n1-1795140000-100000000000000001\n"}, "call_id"),
        ({"customer_account": "10000001\n"}, "customer_account"),
    ],
)
async def test_registration_with_a_mistake_names_the_field(
    ctx: Context, differing: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await _new(ctx, **differing)
    assert refused.value.field == field
    assert refused.value.message("zh") and refused.value.message("en")
    assert (await work_orders.find(ctx, ADMIN, OrderFilter())).items == ()


async def test_registration_for_a_call_that_has_an_order_is_a_conflict(ctx: Context) -> None:
    record = answered("repair")
    await call_records.store_records(ctx, batch(record))
    with pytest.raises(Conflict, match="WO20261120-00001"):
        await _new(ctx, call_id=record.call_id)


async def test_registration_sent_twice_with_one_key_makes_one_order(ctx: Context) -> None:
    key = RequestKey(key="k1", body_hash="b1")
    orders = await asyncio.gather(*(work_orders.register(ctx, DISPATCHER, NEW, key) for _ in range(3)))
    assert len({order.id for order in orders}) == 1
    with pytest.raises(Conflict):
        await work_orders.register(ctx, DISPATCHER, NEW, RequestKey(key="k1", body_hash="b2"))
    other = await work_orders.register(ctx, SUPERVISOR, NEW, key)
    assert other.id != orders[0].id


async def test_order_walks_from_registered_to_archived(ctx: Context, clock: ManualClock) -> None:
    order = await _new(ctx)
    for step in list(OrderStatus)[1:]:
        clock.moment += timedelta(minutes=10)
        if step is OrderStatus.VISITED:  # a grade visits and closes by itself
            said = VisitResult(grade_handling=5, fixed=True)
            order = await order_visits.record_for_order(ctx, AGENT, order.id, said)
        elif step is not OrderStatus.CLOSED:
            person = SUPERVISOR if step is OrderStatus.INSPECTED else DISPATCHER
            order = await work_orders.transition(ctx, person, order.id, step)
    assert order.status is OrderStatus.ARCHIVED
    assert list(order.stamps) == [status.value for status in OrderStatus]
    assert order.version == 10
    detail = await work_orders.get(ctx, WORKER, order.id)
    moved = [event.to_status for event in detail.events if event.to_status]
    assert moved == [status.value for status in OrderStatus]
    assert (detail.legal_moves, detail.moves) == ((), ())


async def test_illegal_move_names_the_legal_ones_and_changes_nothing(ctx: Context) -> None:
    order = await _new(ctx)
    before, newest = await work_orders.get(ctx, ADMIN, order.id), await changes.last_id(ctx)
    with pytest.raises(Conflict) as refused:
        await work_orders.transition(ctx, DISPATCHER, order.id, "closed")
    assert refused.value.legal_moves == ("accepted", "dispatched", "handled")
    with pytest.raises(Invalid) as unknown:
        await work_orders.transition(ctx, DISPATCHER, order.id, "done")
    assert unknown.value.field == "to"
    assert await work_orders.get(ctx, ADMIN, order.id) == before
    assert await changes.last_id(ctx) == newest


async def test_return_needs_a_reason(ctx: Context) -> None:
    order = await _new(ctx)
    await work_orders.transition(ctx, DISPATCHER, order.id, "dispatched")
    with pytest.raises(Invalid) as refused:
        await work_orders.transition(ctx, WORKER, order.id, "accepted")
    assert refused.value.field == "note"
    returned = await work_orders.transition(ctx, WORKER, order.id, "accepted", "不在辖区")
    assert returned.status is OrderStatus.ACCEPTED
    assert "dispatched" not in returned.stamps


async def test_move_from_an_outdated_page_is_a_conflict(ctx: Context) -> None:
    order = await _new(ctx)
    await work_orders.transition(ctx, DISPATCHER, order.id, "accepted", expected_version=1)
    with pytest.raises(Conflict):
        await work_orders.transition(ctx, DISPATCHER, order.id, "dispatched", expected_version=1)


async def test_closed_order_is_nobodys_to_take(ctx: Context) -> None:
    order = await _new(ctx, type="consultation")  # no inspection, no visit
    for state in ("accepted", "handled", "closed"):
        await work_orders.transition(ctx, ADMIN, order.id, state)
    with pytest.raises(Conflict, match="closed"):
        await work_orders.take(ctx, WORKER, order.id)


async def test_of_many_people_who_take_an_order_at_once_one_gets_it(ctx: Context) -> None:
    order = await _new(ctx)
    people = [dataclasses.replace(WORKER, name=f"worker{n}") for n in range(6)]
    results = await asyncio.gather(
        *(work_orders.take(ctx, person, order.id, expected_version=1) for person in people), return_exceptions=True
    )
    winners = [result for result in results if isinstance(result, OrderRow)]
    assert len(winners) == 1
    assert all(isinstance(result, Conflict | OrderRow) for result in results)
    detail = await work_orders.get(ctx, ADMIN, order.id)
    assert detail.order.assigned_to == winners[0].assigned_to
    assert detail.order.status is OrderStatus.ACCEPTED
    assert len(detail.events) == 2


async def test_notes_and_stamps_stand_in_the_history(ctx: Context) -> None:
    order = await _new(ctx)
    await work_orders.add_note(ctx, WORKER, order.id, "  已联系用户 ")
    await work_orders.stamp_order(ctx, DISPATCHER, order.id, "replied", "电话回复")
    detail = await work_orders.get(ctx, ADMIN, order.id)
    assert [(event.kind, event.note) for event in detail.events[1:]] == [
        ("noted", "已联系用户"),
        ("stamped", "电话回复"),
    ]
    assert detail.order.stamps["replied"] == START
    with pytest.raises(Invalid):
        await work_orders.add_note(ctx, WORKER, order.id, "   ")
    with pytest.raises(Invalid):
        await work_orders.stamp_order(ctx, WORKER, order.id, "closed")


async def test_change_moves_the_due_time_with_the_priority(ctx: Context) -> None:
    order = await _new(ctx)
    changed = await work_orders.change(ctx, DISPATCHER, order.id, {"priority": "urgent", "unit": "抢修一队"})
    assert (changed.due_at, changed.unit) == (START + timedelta(hours=4), "抢修一队")
    same = await work_orders.change(ctx, DISPATCHER, order.id, {"unit": "抢修一队"})
    assert same.version == changed.version
    for name in ("status", "id", "call_id"):
        with pytest.raises(Invalid):
            await work_orders.change(ctx, DISPATCHER, order.id, {name: "1"})


@pytest.mark.parametrize("order_id", [0, -1, 999, 10**30])
async def test_unknown_order_is_not_found(ctx: Context, order_id: int) -> None:
    with pytest.raises(NotFound):
        await work_orders.get(ctx, ADMIN, order_id)
    with pytest.raises(NotFound):
        await work_orders.transition(ctx, ADMIN, order_id, "accepted")


async def test_filters_find_what_they_name(ctx: Context, clock: ManualClock) -> None:
    leak = await _new(ctx, category="leak", district="gaoxin")
    clock.moment += timedelta(hours=30)
    call = await _new(ctx, type="complaint", title="服务投诉", form="12345", contact_number="057188001234")

    async def ids(**wanted: object) -> list[int]:
        page = await work_orders.find(ctx, SUPERVISOR, OrderFilter(**wanted))  # type: ignore[arg-type]
        return [order.id for order in page.items]

    assert await ids() == [call.id, leak.id]
    assert await ids(type="complaint") == [call.id]
    assert await ids(category="leak") == [leak.id]
    assert await ids(district="gaoxin") == [leak.id]
    assert await ids(form="12345") == [call.id]
    assert await ids(overdue_at=clock.moment) == [leak.id]
    assert await ids(text="漏") == [leak.id]
    assert await ids(text="88001234") == [call.id]
    assert await ids(text=leak.number) == [leak.id]
    assert await ids(text="%") == []
    assert await ids(text="\x00\ud800'") == []
    assert await ids(since=START + timedelta(hours=1)) == [call.id]
    assert await ids(call_id="nothing") == []
    await finish(ctx, leak.id)
    assert await ids(open_only=True) == [call.id]
    assert (await figures.order_counts(ctx)) | {"registered": 0, "closed": 0} == dict.fromkeys(OrderStatus, 0)


async def test_pages_of_orders_do_not_overlap(ctx: Context) -> None:
    made = [(await _new(ctx)).id for _ in range(7)]
    seen: list[int] = []
    cursor = None
    for _ in range(4):
        page = await work_orders.find(ctx, SUPERVISOR, OrderFilter(), cursor, 2)
        seen += [order.id for order in page.items]
        cursor = page.next
    assert cursor is None
    assert seen == made[::-1]


async def test_rights_are_asked(ctx: Context) -> None:
    order = await _new(ctx)
    with pytest.raises(NotAllowed) as refused:
        await work_orders.register(ctx, WORKER, NEW)
    assert refused.value.right == "orders.create"
    for deed in (
        work_orders.get(ctx, STRANGER, order.id),
        work_orders.find(ctx, STRANGER, OrderFilter()),
        work_orders.transition(ctx, STRANGER, order.id, "accepted"),
        work_orders.add_note(ctx, STRANGER, order.id, "x"),
        work_orders.take(ctx, STRANGER, order.id),
    ):
        with pytest.raises(NotAllowed):
            await deed
    assert await work_orders.by_number(ctx, AGENT, order.number) == order
