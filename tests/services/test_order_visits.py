"""The grade after the work through the services: who is asked when, what a grade does, once for each round."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from call_helpers import ADMIN, AGENT, STRANGER, SUPERVISOR, WORKER
from order_helpers import dispatched, handled, move

from ccengine.clock import ManualClock
from ccengine.hotline.work_order import OrderStatus
from ccengine.rows import OrderFilter
from ccengine.services import order_visits, visits, work_orders
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.order_visits import VisitResult

S = OrderStatus


async def test_visit_waits_for_the_inspection_and_is_claimed_by_one(ctx: Context, clock: ManualClock) -> None:
    order = await handled(ctx)
    assert (await work_orders.get(ctx, ADMIN, order.id)).visits == ()
    await move(ctx, SUPERVISOR, order, "inspect")
    assert await visits.waiting(ctx, SUPERVISOR) == ()
    clock.moment += timedelta(minutes=30)
    (visit,) = [one.visit for one in await visits.waiting(ctx, SUPERVISOR)]
    assert (visit.order_id, visit.round, visit.kind) == (order.id, 1, "phone")
    taken = await asyncio.gather(*(_claim(ctx, visit.id) for _ in range(4)))
    assert sorted(taken) == [False, False, False, True]
    assert await visits.waiting(ctx, SUPERVISOR) == ()
    clock.moment += timedelta(minutes=15)  # who took it never came back
    assert [one.visit.id for one in await visits.waiting(ctx, SUPERVISOR)] == [visit.id]


async def _claim(ctx: Context, visit_id: int) -> bool:
    now = ctx.clock.now()
    async with ctx.store() as uow:
        taken = await uow.visits.claim(visit_id, now, now + timedelta(minutes=15))
        await uow.commit()
    return taken


@pytest.mark.parametrize("result", [VisitResult(grade_handling=2), VisitResult(grade_handling=5, fixed=False)])
async def test_bad_grade_reopens_for_the_same_crew_and_the_second_round_closes(
    ctx: Context, clock: ManualClock, result: VisitResult
) -> None:
    order = await handled(ctx)
    order = await move(ctx, SUPERVISOR, order, "inspect")
    (visit,) = (await work_orders.get(ctx, ADMIN, order.id)).visits
    reopened = await order_visits.record_result(ctx, STRANGER, visit.id, result)
    assert (reopened.status, reopened.reopened, reopened.assigned_to) == (S.IN_PROGRESS, 1, "worker")
    assert not {"handled", "inspected", "item_cleared"} & set(reopened.stamps)
    with pytest.raises(Conflict, match="one vote"):
        await order_visits.record_result(ctx, STRANGER, visit.id, VisitResult(grade_handling=5))
    mine = await work_orders.find(ctx, WORKER, OrderFilter(crew_of="worker", open_only=True))
    assert [one.id for one in mine.items] == [order.id]
    await move(ctx, WORKER, reopened, "handle")
    again = await move(ctx, SUPERVISOR, reopened, "inspect")
    with pytest.raises(Conflict, match="No grade yet"):
        await move(ctx, SUPERVISOR, again, "close")  # the first round's grade is not the second's
    good = VisitResult(grade_handling=4, grade_call=5, fixed=True, remark="很好")
    closed = await order_visits.record_for_order(ctx, AGENT, order.id, good)
    visits = (await work_orders.get(ctx, ADMIN, order.id)).visits
    assert closed.status is S.CLOSED
    assert [(one.round, one.status, one.grade_handling, one.grade_call) for one in visits] == [
        (1, "done", result.grade_handling, None),
        (2, "done", 4, 5),
    ]


@pytest.mark.parametrize(
    ("result", "field"),
    [
        (VisitResult(grade_handling=0), "grade_handling"),
        (VisitResult(grade_handling=6), "grade_handling"),
        (VisitResult(grade_handling=3, grade_call=9), "grade_call"),
        (VisitResult(grade_handling=3, remark="a\x00"), "remark"),
    ],
)
async def test_impossible_grade_is_refused_by_its_field(ctx: Context, result: VisitResult, field: str) -> None:
    order = await handled(ctx)
    with pytest.raises(Invalid) as refused:
        await order_visits.record_for_order(ctx, AGENT, order.id, result)
    assert refused.value.field == field


async def test_customer_is_not_asked_before_the_work_is_done(ctx: Context) -> None:
    order = await dispatched(ctx)
    with pytest.raises(Conflict, match="after the work"):
        await order_visits.record_for_order(ctx, AGENT, order.id, VisitResult(grade_handling=5))
    with pytest.raises(NotFound):
        await order_visits.record_result(ctx, AGENT, 999, VisitResult(grade_handling=5))
    with pytest.raises(NotAllowed):
        await order_visits.record_for_order(ctx, WORKER, order.id, VisitResult(grade_handling=5))
