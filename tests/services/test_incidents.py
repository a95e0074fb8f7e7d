"""Burst mode: what is offered, what an incident does to callers, new orders and, at its end, to each of its orders."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from call_helpers import AGENT, DISPATCHER, SUPERVISOR, WORKER, answered, batch
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.config import Orders
from ccengine.hotline.incident import Report, belongs, offers, road_of
from ccengine.hotline.work_order import OrderStatus
from ccengine.rows import NewOrder, OrderRow
from ccengine.services import call_records, chain, incidents, order_visits, outages, similar_orders, visits, work_orders
from ccengine.services.call_choice import OrderChoice
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed
from ccengine.services.incidents import NewIncident
from ccengine.services.order_visits import VisitResult
from ccengine.services.similar_orders import Matter

S = OrderStatus


def _report(number: int, road: str = "翠苑路", district: str = "gaoxin", trouble: str = "network") -> Report:
    at = START + timedelta(minutes=number)
    return Report(order_id=number, at=at, district=district, trouble=trouble, category="leak", road=road)


def test_a_road_is_offered_by_itself_and_not_again_with_its_district() -> None:
    reports = [*(_report(n) for n in range(1, 4)), *(_report(n, road=f"路{n}") for n in range(4, 8))]
    found = offers(reports, on_road=3, in_district=4)
    assert [(one.road, one.order_ids) for one in found] == [("", (4, 5, 6, 7)), ("翠苑路", (1, 2, 3))]
    assert offers(reports, on_road=4, in_district=8) == ()
    assert offers([_report(n, district="") for n in range(9)], on_road=2, in_district=2) == ()
    assert offers([_report(n, trouble="") for n in range(9)], on_road=2, in_district=2) == ()


def test_report_belongs_by_district_trouble_and_the_road_if_the_incident_has_one() -> None:
    assert belongs(_report(1), "gaoxin", "network", "") and belongs(_report(1), "gaoxin", "network", "翠苑路")
    assert not belongs(_report(1), "gaoxin", "network", "文一路")
    assert not belongs(_report(1), "laocheng", "network", "") and not belongs(_report(1), "gaoxin", "drainage", "")


@pytest.mark.parametrize(
    ("address", "road"),
    [
        ("高新区翠苑路 18 号 3幢2单元", "翠苑路"),
        ("老城区解放路128号春江花月3幢", "解放路"),
        ("春江花月3幢2单元501室", "春江花月"),
        ("滨江大道 5 号", "滨江大道"),
        ("", ""),
        ("?", ""),
    ],
)
def test_road_of_an_address(address: str, road: str) -> None:
    assert road_of(address) == road


async def _leak(ctx: Context, house: int, road: str = "翠苑路", **more: str) -> OrderRow:
    new = NewOrder(
        type="repair",
        category="no_water",
        title="停水了",
        contact_number=f"1390000{house:04d}",
        address=f"高新区{road} {house} 号",
        district="gaoxin",
    )
    return await work_orders.register(ctx, DISPATCHER, dataclasses.replace(new, **more))  # type: ignore[arg-type]


async def _burst(ctx: Context, clock: ManualClock) -> tuple[OrderRow, list[OrderRow]]:
    orders = [await _leak(ctx, house) for house in (1, 2, 3)]
    (offer,) = await incidents.offered(ctx, AGENT)
    assert (offer.road, offer.category, set(offer.order_ids)) == ("翠苑路", "no_water", {one.id for one in orders})
    new = NewIncident(
        order_ids=offer.order_ids,
        title="翠苑路爆管",
        road=offer.road,
        area_text="翠苑路沿线",
        reason="爆管抢修",
        ends_at=clock.moment + timedelta(hours=6),
    )
    return await incidents.begin(ctx, DISPATCHER, new), orders


async def test_incident_tells_callers_takes_new_orders_and_closes_each_with_a_visit(
    ctx: Context, clock: ManualClock
) -> None:
    incident, orders = await _burst(ctx, clock)
    (notice,) = await outages.current(ctx, "gaoxin")
    assert (notice.kind, notice.area_text) == ("burst", "翠苑路沿线")
    assert await incidents.offered(ctx, AGENT) == ()
    late = await _leak(ctx, 4, category="burst_pipe")
    other = await _leak(ctx, 5, road="文一路")
    assert (late.parent_id, other.parent_id) == (incident.id, None)
    other = await incidents.add_order(ctx, DISPATCHER, incident.id, other.id)
    (running,) = await incidents.running(ctx, WORKER)
    assert (running.order.id, running.orders) == (incident.id, 5)
    clock.moment += timedelta(hours=1)
    await work_orders.transition(ctx, DISPATCHER, incident.id, "handled")
    await work_orders.transition(ctx, SUPERVISOR, incident.id, "inspected")
    closed = await work_orders.transition(ctx, SUPERVISOR, incident.id, "closed")
    assert (closed.status, closed.is_incident) == (S.CLOSED, True)
    assert await outages.current(ctx, "gaoxin") == ()
    assert await incidents.running(ctx, WORKER) == ()
    for order in (*orders, late, other):
        detail = await work_orders.get(ctx, AGENT, order.id)
        assert detail.order.status is S.CLOSED
        assert set(detail.order.stamps) >= {status.value for status in S if status is not S.ARCHIVED}
        assert incident.number in detail.events[-1].note
        assert [(one.round, one.kind, one.status) for one in detail.visits] == [(1, "phone", "pending")]
    assert (await work_orders.get(ctx, AGENT, incident.id)).visits == ()
    clock.moment += timedelta(hours=1)
    assert len(await visits.waiting(ctx, SUPERVISOR)) == 5
    (visit,) = (await work_orders.get(ctx, AGENT, late.id)).visits
    again = await order_visits.record_result(ctx, AGENT, visit.id, VisitResult(grade_handling=1))
    assert (again.status, again.reopened) == (S.IN_PROGRESS, 1), "one who still has no water is heard"
    after = await _leak(ctx, 6)
    assert after.parent_id is None, "what is over takes nothing more"
    assert (await chain.verify(ctx, ())).faults == ()


async def test_call_of_that_district_joins_by_itself(ctx: Context, clock: ManualClock) -> None:
    async with ctx.store.reading() as uow:
        customer = await uow.customers.get("10000007")
    assert customer is not None
    made = [
        await work_orders.register(
            ctx,
            DISPATCHER,
            NewOrder(
                type="repair", category="no_water", title="停水", district=customer.district, address=f"甲{n}路{n}号"
            ),
        )
        for n in range(6)
    ]
    (offer,) = await incidents.offered(ctx, AGENT)
    assert offer.road == ""
    incident = await incidents.begin(ctx, AGENT, NewIncident(order_ids=offer.order_ids, title="片区停水"))
    assert len(made) == len(offer.order_ids)
    assert await outages.current(ctx) == (), "nobody is told where no end is given"
    record = answered("repair", account=customer.account, caller_number=customer.phone)
    await call_records.store_records(ctx, batch(record))
    async with ctx.store.reading() as uow:
        (order,) = await uow.work_orders.for_call(record.call_id)
    assert order.parent_id is None, "a call that only says repair may be anything"
    joined = await incidents.add_order(ctx, AGENT, incident.id, order.id)
    assert joined.parent_id == incident.id


async def test_order_joins_once_the_agent_says_what_it_is_about_and_who_calls(ctx: Context, clock: ManualClock) -> None:
    incident, _ = await _burst(ctx, clock)
    async with ctx.store() as uow:
        known = await uow.customers.get("10000007")
        assert known is not None
        place = {"address": "高新区翠苑路 77 号", "district": "gaoxin", "latitude": 30.21, "longitude": 120.15}
        await uow.customers.insert_many([dataclasses.replace(known, account="90000001", **place)])
        await uow.commit()
    record = answered("person", caller_number="13911112222")
    await call_records.store_records(ctx, batch(record))
    matter = Matter(type="repair", category="no_water", customer_account="90000001")
    assert len(await similar_orders.find(ctx, AGENT, matter)) == 0, "nobody else at 77"
    choice = OrderChoice(disposition="repair_leak", category="no_water", customer_account="90000001")
    order = await work_orders.choose_for_call(ctx, AGENT, record.call_id, choice)
    assert order is not None and order.parent_id == incident.id
    assert (order.address, order.district, order.contact_name) == ("高新区翠苑路 77 号", "gaoxin", known.name)
    assert (order.latitude, order.longitude, order.place_by) == (30.21, 120.15, "customer")
    assert [one.order.id for one in await similar_orders.find(ctx, AGENT, matter)] == [order.id], (
        "by the file's address"
    )
    again = await work_orders.choose_for_call(ctx, AGENT, record.call_id, choice)
    assert again == order
    typed = dataclasses.replace(choice, address="文一路 3 号")
    moved = await work_orders.choose_for_call(ctx, AGENT, record.call_id, typed)
    assert moved is not None and (moved.address, moved.latitude, moved.place_by) == ("文一路 3 号", None, "")


async def test_wrong_incidents_are_refused_and_change_nothing(ctx: Context, clock: ManualClock) -> None:
    incident, orders = await _burst(ctx, clock)
    far = await _leak(ctx, 9, district="laocheng")
    near = await _leak(ctx, 10, road="文一路")
    with pytest.raises(NotAllowed):
        await incidents.begin(ctx, WORKER, NewIncident(order_ids=(far.id,), title="x"))
    cases: list[tuple[NewIncident, str]] = [
        (NewIncident(order_ids=(), title="x"), "order_ids"),
        (NewIncident(order_ids=(far.id,), title=" "), "title"),
        (NewIncident(order_ids=(far.id, near.id), title="x"), "order_ids"),
        (NewIncident(order_ids=(far.id,), title="x", ends_at=clock.moment), "ends_at"),
    ]
    for new, field in cases:
        with pytest.raises(Invalid) as refused:
            await incidents.begin(ctx, DISPATCHER, new)
        assert refused.value.field == field
    with pytest.raises(Conflict, match="belongs to an incident"):
        await incidents.begin(ctx, DISPATCHER, NewIncident(order_ids=(orders[0].id,), title="x"))
    with pytest.raises(Invalid):
        await incidents.add_order(ctx, DISPATCHER, near.id, far.id)
    with pytest.raises(Conflict):
        await incidents.add_order(ctx, DISPATCHER, incident.id, orders[0].id)
    assert len(await incidents.running(ctx, AGENT)) == 1
    assert len(await outages.current(ctx)) == 1


async def test_orders_that_are_far_apart_in_time_are_no_incident(ctx: Context, clock: ManualClock) -> None:
    for house in (1, 2, 3):
        await _leak(ctx, house)
        clock.moment += timedelta(hours=4)
    assert await incidents.offered(ctx, AGENT) == ()
    wide = ctx.settings.model_copy(update={"orders": Orders(burst_window_hours=24)})
    assert len(await incidents.offered(dataclasses.replace(ctx, settings=wide), AGENT)) == 1
