"""The call-back by phone: what a customer says on a call, and what it does to the order; one vote a visit."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from call_helpers import ADMIN, DISPATCHER, call_id
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.hotline.dial_result import Result
from ccengine.hotline.order_status import OrderStatus
from ccengine.rows import AttemptRow, NewCampaign, NewOrder, NewTarget, OrderRow, TargetFilter, VisitRow
from ccengine.services import (
    attempt_results,
    campaign_answers,
    campaigns,
    order_moves,
    visit_calls,
    visits,
    work_orders,
)
from ccengine.services.context import ENGINE, Context
from ccengine.services.errors import Conflict, NotAllowed
from ccengine.services.order_moves import MoveRequest


async def handled(ctx: Context) -> tuple[OrderRow, VisitRow]:
    """Return an order that the desk handled, and its visit."""
    order = await work_orders.register(
        ctx, DISPATCHER, NewOrder(type="billing", title="水费疑问", contact_number="13900002222")
    )
    order = await work_orders.transition(ctx, DISPATCHER, order.id, "handled")
    async with ctx.store.reading() as uow:
        return order, (await uow.visits.of_order(order.id))[-1]


async def call_about(ctx: Context, visit: VisitRow) -> AttemptRow:
    """Return an attempt of a campaign that asks about a visit."""
    campaign = await campaigns.create(ctx, ENGINE, NewCampaign(name="回访", kind="order_visit"))
    async with ctx.store() as uow:
        await uow.targets.add(campaign.id, [NewTarget(number="13900002222", visit_id=visit.id)], ctx.clock.now())
        await uow.commit()
    made = AttemptRow(
        id=0,
        campaign_id=campaign.id,
        target_id=await _only_target(ctx, campaign.id),
        number="13900002222",
        account=None,
        call_id=call_id(),
        node="n1",
        state="sent",
        slot_at=START,
        valid_until=START + timedelta(seconds=30),
    )
    async with ctx.store() as uow:
        await uow.attempts.insert_many([made])
        await uow.commit()
    async with ctx.store.reading() as uow:
        found = await uow.attempts.of_call(made.call_id)
    assert found is not None
    return found


async def _only_target(ctx: Context, campaign_id: int) -> int:
    async with ctx.store.reading() as uow:
        (target,) = (await uow.targets.find(campaign_id, TargetFilter(), None, 10)).items
    return target.id


async def over(ctx: Context, attempt: AttemptRow, result: Result) -> None:
    async with ctx.store() as uow:
        newest = await uow.attempts.get(attempt.id)
        assert newest is not None
        await attempt_results.end(ctx, uow, newest, result)
        await uow.commit()


async def now(ctx: Context, order: OrderRow) -> tuple[str, VisitRow]:
    detail = await work_orders.get(ctx, ADMIN, order.id)
    return detail.order.status.value, detail.visits[-1]


async def test_good_grade_closes_the_order_and_stands_once(ctx: Context) -> None:
    order, visit = await handled(ctx)
    attempt = await call_about(ctx, visit)
    asked = await visits.about(ctx, attempt.call_id)
    assert asked is not None and asked.number == order.number
    for what, value in (("fixed", "1"), ("graded", "5"), ("graded", "1"), ("fixed", "0")):
        await campaign_answers.say(ctx, attempt.call_id, what, value)
    await over(ctx, attempt, Result.GRADED)
    status, visit = await now(ctx, order)
    assert (status, visit.status, visit.grade_handling, visit.fixed) == ("closed", "done", 5, True)
    assert (visit.call_id, visit.asked_by, visit.grade_call) == (attempt.call_id, "caller:callee", None)
    assert await visits.about(ctx, attempt.call_id) is None


@pytest.mark.parametrize(("fixed", "grade"), [("1", "2"), ("1", "1"), ("0", "5")])
async def test_bad_grade_or_not_fixed_reopens_and_a_second_round_closes(ctx: Context, fixed: str, grade: str) -> None:
    order, visit = await handled(ctx)
    attempt = await call_about(ctx, visit)
    await campaign_answers.say(ctx, attempt.call_id, "fixed", fixed)
    await campaign_answers.say(ctx, attempt.call_id, "graded", grade)
    await over(ctx, attempt, Result.GRADED)
    status, _ = await now(ctx, order)
    assert status == "in_progress"
    await order_moves.make_move(ctx, DISPATCHER, order.id, "handle", MoveRequest(note="再次处理"))
    status, second = await now(ctx, order)
    assert (second.round, second.status) == (2, "pending")
    again = await call_about(ctx, second)
    await campaign_answers.say(ctx, again.call_id, "fixed", "1")
    await campaign_answers.say(ctx, again.call_id, "graded", "4")
    await over(ctx, again, Result.GRADED)
    assert (await now(ctx, order))[0] == "closed"


async def test_who_hangs_up_after_not_fixed_has_said_enough(ctx: Context) -> None:
    order, visit = await handled(ctx)
    attempt = await call_about(ctx, visit)
    await campaign_answers.say(ctx, attempt.call_id, "fixed", "0")
    assert (await now(ctx, order))[0] == "handled"
    await over(ctx, attempt, Result.ANSWERED)
    status, visit = await now(ctx, order)
    assert (status, visit.status, visit.fixed, visit.grade_handling) == ("in_progress", "done", False, None)


@pytest.mark.parametrize("result", [Result.NO_ANSWER, Result.BUSY, Result.ANSWERED])
async def test_calls_in_vain_are_made_again_and_end_as_the_type_says(ctx: Context, result: Result) -> None:
    order, visit = await handled(ctx)
    for tries in (1, 2, 3):
        attempt = await call_about(ctx, visit)
        if result is Result.ANSWERED:
            await campaign_answers.say(ctx, attempt.call_id, "fixed", "1")  # and hung up before the grade
        await over(ctx, attempt, result)
        status, visit = await now(ctx, order)
        assert visit.tries == tries and visit.grade_handling is None
    assert (status, visit.status) == ("closed", "unreachable")
    detail = await work_orders.get(ctx, ADMIN, order.id)
    assert detail.order.status is OrderStatus.CLOSED


async def test_call_of_another_campaign_asks_about_nothing(ctx: Context) -> None:
    assert await visits.about(ctx, call_id()) is None


async def running(ctx: Context) -> int:
    """Set up and start the campaign that makes the call-backs."""
    row = await campaigns.create(ctx, ENGINE, NewCampaign(name="工单回访", kind="order_visit"))
    await campaigns.move(ctx, ENGINE, row.id, "start")
    return row.id


async def targets(ctx: Context, campaign_id: int) -> list[tuple[str, str, int | None]]:
    async with ctx.store.reading() as uow:
        page = await uow.targets.find(campaign_id, TargetFilter(), None, 50)
    return [(one.number, one.state.value, one.visit_id) for one in page.items]


async def test_due_visits_become_targets_of_the_running_campaign_once(ctx: Context, clock: ManualClock) -> None:
    _, visit = await handled(ctx)
    clock.moment += timedelta(hours=1)
    assert await visit_calls.queue_due(ctx) == 0  # no campaign runs: the visit waits
    campaign_id = await running(ctx)
    counts = await asyncio.gather(*(visit_calls.queue_due(ctx) for _ in range(3)))
    assert sum(counts) == 1 and await visit_calls.queue_due(ctx) == 0
    assert await targets(ctx, campaign_id) == [("13900002222", "waiting", visit.id)]


async def test_due_visits_are_loaded_into_a_campaign_on_demand(ctx: Context, clock: ManualClock) -> None:
    await handled(ctx)
    await handled(ctx)
    clock.moment += timedelta(hours=1)
    row = await campaigns.create(ctx, ENGINE, NewCampaign(name="回访", kind="order_visit"))
    assert await visit_calls.due_count(ctx, ADMIN) == 2
    done = await visit_calls.load_due(ctx, await visit_calls.begin_load(ctx, ADMIN, row.id))
    assert (done.source, done.state, done.rows_read, done.accepted, done.refused) == ("visits", "done", 2, 1, 1)
    async with ctx.store.reading() as uow:
        (refusal,) = await uow.campaigns.refusals(done.id, 0, 10)
    assert refusal.reason == "duplicate", "one number is called about one order after the other"
    assert [one[:2] for one in await targets(ctx, row.id)] == [("13900002222", "waiting")]
    assert await visit_calls.due_count(ctx, ADMIN) == 0
    survey = await campaigns.create(ctx, ENGINE, NewCampaign(name="x", kind="survey"))
    with pytest.raises(Conflict):
        await visit_calls.begin_load(ctx, ADMIN, survey.id)
    with pytest.raises(NotAllowed):
        await visit_calls.begin_load(ctx, DISPATCHER, row.id)


async def test_number_is_called_about_one_order_after_the_other(ctx: Context, clock: ManualClock) -> None:
    campaign_id = await running(ctx)
    _, first = await handled(ctx)
    clock.moment += timedelta(hours=1)
    assert await visit_calls.queue_due(ctx) == 1
    _, second = await handled(ctx)
    clock.moment += timedelta(hours=1)
    assert await visit_calls.queue_due(ctx) == 0
    async with ctx.store() as uow:
        (target,) = [one for one in await uow.targets.due(campaign_id, ctx.clock.now(), 10)]
        await uow.targets.update(target.id, {"state": "done"})
        await uow.commit()
    clock.moment += timedelta(hours=1)
    assert await visit_calls.queue_due(ctx) == 1
    assert await targets(ctx, campaign_id) in (
        [("13900002222", "waiting", first.id)],
        [("13900002222", "waiting", second.id)],
    )


async def test_whom_no_machine_may_call_is_left_to_an_agent(ctx: Context, clock: ManualClock) -> None:
    campaign_id = await running(ctx)
    order, _ = await handled(ctx)
    clock.moment += timedelta(hours=1)
    assert await visit_calls.queue_due(ctx) == 1
    async with ctx.store() as uow:
        await uow.targets.drop_number("13900002222", "opted_out", ctx.clock.now())
        await uow.commit()
    clock.moment += timedelta(hours=1)
    assert await visit_calls.queue_due(ctx) == 0
    _, visit = await now(ctx, order)
    assert (visit.kind, visit.status) == ("agent", "pending")
    assert [row[1] for row in await targets(ctx, campaign_id)] == ["dropped"]
