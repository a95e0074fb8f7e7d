"""Periodic visits by plan: each half year, once a year, once each; and who is to be asked."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from call_helpers import ADMIN, AGENT, DISPATCHER, WORKER

from ccengine.clock import ManualClock
from ccengine.hotline.visit_plan import ProjectState, next_visit
from ccengine.rows import NewOrder, OrderFilter
from ccengine.services import visit_plans, visits, work_orders
from ccengine.services.context import Context
from ccengine.services.errors import Invalid, NotAllowed, NotFound
from ccengine.services.visit_plans import NewPlan


@pytest.mark.parametrize(
    ("last", "state", "following"),
    [
        (date(2026, 5, 20), ProjectState.RUNNING, date(2026, 11, 20)),
        (date(2026, 8, 31), ProjectState.RUNNING, date(2027, 2, 28)),
        (date(2027, 8, 31), ProjectState.RUNNING, date(2028, 2, 29)),
        (date(2026, 7, 1), ProjectState.RUNNING, date(2027, 1, 1)),
        (date(2024, 2, 29), ProjectState.CLOSED, date(2025, 2, 28)),
        (date(2026, 12, 31), ProjectState.CLOSED, date(2027, 12, 31)),
        (date(2026, 5, 20), ProjectState.STOPPED, None),
    ],
)
def test_next_visit_follows_the_last_one(last: date, state: ProjectState, following: date | None) -> None:
    assert next_visit(last, state) == following


async def test_due_plan_opens_one_order_and_waits_for_its_next_day(ctx: Context, clock: ManualClock) -> None:
    new = NewPlan(name="城东加压站", last_on=date(2026, 5, 20), contact_name="刘工", contact_number="13900003333")
    plan = await visit_plans.add(ctx, DISPATCHER, new)
    later = await visit_plans.add(ctx, DISPATCHER, NewPlan(name="城西管网", state="closed", last_on=date(2026, 5, 20)))
    assert (plan.next_on, later.next_on) == (date(2026, 11, 20), date(2027, 5, 20))
    counts = await asyncio.gather(*(visit_plans.open_due(ctx) for _ in range(3)))
    assert sum(counts) == 1 and await visit_plans.open_due(ctx) == 0
    (order,) = (await work_orders.find(ctx, ADMIN, OrderFilter())).items
    assert (order.title, order.contact_number) == ("定期回访：城东加压站", "13900003333")
    assert order.created_by == "engine:engine"
    kept = (await visit_plans.plans(ctx, AGENT))[0]
    assert (kept.last_on, kept.next_on, kept.order_id) == (date(2026, 11, 20), date(2027, 5, 20), order.id)
    clock.moment += timedelta(days=182)
    assert await visit_plans.open_due(ctx) == 2


async def test_closed_project_is_visited_yearly_a_stopped_one_no_more(ctx: Context, clock: ManualClock) -> None:
    plan = await visit_plans.add(ctx, DISPATCHER, NewPlan(name="泵房", last_on=date(2026, 8, 1)))
    assert (await visit_plans.set_state(ctx, DISPATCHER, plan.id, "closed")).next_on == date(2027, 8, 1)
    assert (await visit_plans.set_state(ctx, DISPATCHER, plan.id, "stopped")).next_on is None
    clock.moment += timedelta(days=900)
    assert await visit_plans.open_due(ctx) == 0
    with pytest.raises(NotFound):
        await visit_plans.set_state(ctx, DISPATCHER, 99, "closed")
    with pytest.raises(Invalid):
        await visit_plans.set_state(ctx, DISPATCHER, plan.id, "done")
    for wrong in (NewPlan(name=" ", last_on=date(2026, 1, 1)), NewPlan(name="x", last_on=date(2030, 1, 1))):
        with pytest.raises(Invalid):
            await visit_plans.add(ctx, DISPATCHER, wrong)
    with pytest.raises(NotAllowed):
        await visit_plans.plans(ctx, WORKER)


async def test_customers_to_be_asked_are_listed_with_their_orders(ctx: Context, clock: ManualClock) -> None:
    new = NewOrder(type="billing", title="水费疑问", contact_number="13900002222")
    order = await work_orders.register(ctx, DISPATCHER, new)
    await work_orders.transition(ctx, DISPATCHER, order.id, "handled")
    assert await visits.waiting(ctx, AGENT) == ()
    clock.moment += timedelta(hours=1)
    (waiting,) = await visits.waiting(ctx, AGENT)
    assert (waiting.order.id, waiting.visit.kind) == (order.id, "phone")
    with pytest.raises(NotAllowed):
        await visits.waiting(ctx, WORKER)
