"""Messages to customers: who gets one, that each is handed out once, and what a connector's word does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from call_helpers import ADMIN, AGENT, DISPATCHER
from message_helpers import CONNECTOR, by_message, over

from ccengine.clock import ManualClock
from ccengine.config import Orders, Settings
from ccengine.rows import MessageState, NewOrder, OrderRow
from ccengine.services import messages, order_visits, progress, visits, work_orders
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.messages import Sending
from ccengine.services.order_visits import VisitResult

S = MessageState


async def visit_of(ctx: Context, order: OrderRow) -> tuple[str, str, int]:
    (visit,) = (await work_orders.get(ctx, AGENT, order.id)).visits
    return visit.kind, visit.status, visit.tries


async def test_closing_an_incident_queues_a_message_for_mobiles_and_a_call_for_the_others(
    ctx: Context, clock: ManualClock
) -> None:
    ctx = by_message(ctx)
    mobile, fixed, nobody = await over(ctx, clock, "13900001234", "057188881234", "")
    assert [await visit_of(ctx, one) for one in (mobile, fixed, nobody)] == [
        ("message", "pending", 0),
        ("phone", "pending", 0),
        ("agent", "pending", 0),
    ]
    (found,) = (await messages.find(ctx, AGENT)).items
    assert (found.row.state, found.order.id, found.row.number) == (S.WAITING, mobile.id, "13900001234")
    assert mobile.number in found.row.text and "96390" in found.row.text
    assert [one.order.id for one in await visits.waiting(ctx, AGENT)] == [fixed.id, nobody.id]
    code = await progress.code_for(ctx, AGENT, mobile.id)
    assert code in found.row.text and code not in found.text_without_code, "who looks at the list is not told the code"


async def test_customers_wish_is_stronger_than_the_rule(ctx: Context, clock: ManualClock) -> None:
    ctx = by_message(ctx)
    async with ctx.store() as uow:
        customer = await uow.customers.get("10000007")
        assert customer is not None
        for account, tag in (("90000001", "prefers_call"), ("90000002", "prefers_message")):
            wish = replace(customer, account=account, tags=(tag,), phone="13900001234", meter_number=account)
            await uow.customers.insert_many([wish])
        await uow.commit()
    new = NewOrder(type="repair", category="leak", title="停水", contact_number="13900001234")
    order = await work_orders.register(ctx, DISPATCHER, new)
    async with ctx.store.reading() as uow:
        asked = [
            await messages.how_to_ask(one, uow, replace(order, customer_account=account))
            for one, account in ((ctx, None), (ctx, "90000001"), (replace(ctx, settings=_by_phone(ctx)), "90000002"))
        ]
    assert asked == ["message", "phone", "message"]


def _by_phone(ctx: Context) -> Settings:
    return ctx.settings.model_copy(update={"orders": Orders()})


async def test_message_is_handed_out_once_and_sent_once(ctx: Context, clock: ManualClock) -> None:
    ctx = by_message(ctx)
    orders = await over(ctx, clock, "13900000001", "13900000002", "13900000003")
    taken = await asyncio.gather(*(messages.take(ctx, CONNECTOR, 2) for _ in range(3)))
    rest = await messages.take(ctx, CONNECTOR)  # who came second may have found nothing left of what it had seen
    ids = [one.row.id for batch in (*taken, rest) for one in batch]
    assert sorted(ids) == sorted(set(ids)) and len(ids) == 3
    clock.moment += timedelta(days=3)
    assert await messages.take(ctx, CONNECTOR) == (), "what a dead connector took is not sent again by itself"
    for _ in range(2):  # said twice
        done = await messages.settle(ctx, CONNECTOR, ids[0], Sending(sent=True, reference="gw-17"))
    assert (done.row.state, done.row.reference, done.row.tries) == (S.SENT, "gw-17", 1)
    with pytest.raises(Conflict):
        await messages.settle(ctx, CONNECTOR, ids[0], Sending(sent=False))
    detail = await work_orders.get(ctx, AGENT, done.order.id)
    assert [event.kind for event in detail.events].count("messaged") == 1
    assert await messages.counts(ctx, AGENT) == {S.SENT: 1, S.TAKEN: 2}
    # a grade by web or agent still counts, and a bad one is heard
    (visit,) = detail.visits
    again = await order_visits.record_result(ctx, AGENT, visit.id, VisitResult(grade_handling=1))
    assert again.reopened == 1
    assert len(orders) == 3


async def test_message_that_cannot_be_sent_becomes_a_call(ctx: Context, clock: ManualClock) -> None:
    ctx = by_message(ctx)
    (order,) = await over(ctx, clock, "13900000001")
    ((first),) = await messages.take(ctx, CONNECTOR)
    for _ in range(2):  # said twice, counted once
        await messages.settle(ctx, CONNECTOR, first.row.id, Sending(sent=False, reason="gateway busy"))
    assert await messages.take(ctx, CONNECTOR) == ()
    clock.moment += timedelta(minutes=11)
    ((again),) = await messages.take(ctx, CONNECTOR)
    assert (again.row.id, again.row.tries) == (first.row.id, 1)
    gone = await messages.settle(ctx, CONNECTOR, again.row.id, Sending(sent=False, reason="no such number"))
    assert (gone.row.state, gone.row.reason) == (S.FAILED, "no such number")
    assert (await visit_of(ctx, order))[:2] == ("phone", "pending")
    assert [one.order.id for one in await visits.waiting(ctx, AGENT)] == [order.id]


async def test_who_has_answered_or_is_called_gets_no_message(ctx: Context, clock: ManualClock) -> None:
    ctx = by_message(ctx)
    graded, called, left = await over(ctx, clock, "13900000001", "13900000002", "13900000003")
    (visit,) = (await work_orders.get(ctx, AGENT, graded.id)).visits
    await order_visits.record_result(ctx, AGENT, visit.id, VisitResult(grade_handling=5))
    by_order = {one.order.id: one.row.id for one in (await messages.find(ctx, AGENT)).items}
    shown = await messages.call_instead(ctx, DISPATCHER, by_order[called.id])
    assert (shown.row.state, await visit_of(ctx, called)) == (S.DROPPED, ("phone", "pending", 0))
    assert await messages.late(ctx, AGENT) is False
    clock.moment += timedelta(hours=2)
    assert await messages.late(ctx, AGENT) is True
    assert [one.order.id for one in await messages.take(ctx, CONNECTOR)] == [left.id]
    assert await messages.counts(ctx, AGENT) == {S.DROPPED: 2, S.TAKEN: 1}


async def test_wrong_requests_are_refused(ctx: Context, clock: ManualClock) -> None:
    ctx = by_message(ctx)
    await over(ctx, clock, "13900000001")
    (found,) = (await messages.find(ctx, CONNECTOR, S.WAITING)).items
    with pytest.raises(NotAllowed):
        await messages.take(ctx, AGENT)
    with pytest.raises(NotAllowed):
        await work_orders.get(ctx, CONNECTOR, found.order.id)
    with pytest.raises(Invalid):
        await messages.take(ctx, ADMIN, 0)
    with pytest.raises(Conflict):
        await messages.settle(ctx, CONNECTOR, found.row.id, Sending(sent=True))
    with pytest.raises(NotFound):
        await messages.settle(ctx, CONNECTOR, 99, Sending(sent=True))
    with pytest.raises(ValueError, match="message_text"):
        Orders(message_text="{secret}")
