"""Moves of the table through the services: what each changes, each refusal with its reason and nothing changed."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest
from call_helpers import ADMIN, AGENT, DISPATCHER, STRANGER, SUPERVISOR, WORKER, answered, batch
from order_helpers import CHIEF, MATE, OUTSIDER, dispatched, handled, move, new_order, with_crew
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.order_moves import NAMES
from ccengine.hotline.work_order import OrderStatus
from ccengine.rows import OrderFilter, OrderRow
from ccengine.services import audit, call_records, catalogue, order_visits, work_orders
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound, ServiceError
from ccengine.services.order_visits import VisitResult

S = OrderStatus


async def _unchanged(ctx: Context, order: OrderRow) -> bool:
    return (await work_orders.get(ctx, ADMIN, order.id)).order == order


async def test_dispatched_order_is_on_the_list_of_its_crew_and_nobody_elses(ctx: Context) -> None:
    order = await dispatched(ctx)
    assert (order.unit, order.unit_code, order.assigned_to) == ("城东抢修队", "crew_east", "worker")

    async def tasks(name: str) -> list[int]:
        return [one.id for one in (await work_orders.find(ctx, WORKER, OrderFilter(crew_of=name))).items]

    assert await tasks("worker") == [order.id]
    assert await tasks("mate") == await tasks("outsider") == []
    order = await move(ctx, DISPATCHER, order, "reassign", unit_code="crew_east", assigned_to="", note="换班")
    assert await tasks("worker") == await tasks("mate") == [order.id]
    assert (order.status, order.assigned_to) == (S.DISPATCHED, "")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"unit_code": "nowhere"}, "unit_code"),
        ({"unit_code": "crew_east", "assigned_to": "outsider"}, "assigned_to"),
    ],
)
async def test_dispatch_to_nobody_is_refused_by_its_field(ctx: Context, request_: dict[str, str], field: str) -> None:
    await with_crew(ctx)
    order = await new_order(ctx)
    with pytest.raises(Invalid) as refused:
        await move(ctx, DISPATCHER, order, "dispatch", **request_)
    assert refused.value.field == field
    assert await _unchanged(ctx, order)


async def test_other_crews_worker_may_not_touch_an_order_until_asked_to_join(ctx: Context) -> None:
    order = await dispatched(ctx)
    with pytest.raises(Conflict, match="not your crew") as refused:
        await move(ctx, OUTSIDER, order, "acknowledge")
    assert refused.value.legal_moves == ()
    assert await _unchanged(ctx, order)
    east = (await catalogue.read(ctx)).get(CodeKind.UNIT, "drainage_office")
    assert east is not None
    await catalogue.save(ctx, ADMIN, east, east.version, ["outsider"])
    joined = await move(ctx, DISPATCHER, order, "joint", joint_units=("drainage_office",))
    assert joined.status is S.DISPATCHED
    acknowledged = await move(ctx, OUTSIDER, order, "acknowledge")
    assert acknowledged.status is S.ACKNOWLEDGED
    detail = await work_orders.get(ctx, ADMIN, order.id)
    assert [(one.unit_code, one.added_by) for one in detail.joint] == [("drainage_office", "user:dispatcher")]
    mine = await work_orders.find(ctx, OUTSIDER, OrderFilter(crew_of="outsider"))
    assert [one.id for one in mine.items] == [order.id]
    with pytest.raises(Invalid, match="no such unit"):
        await move(ctx, DISPATCHER, order, "joint", joint_units=("moon",))


async def test_returned_order_is_nobodys_again_and_keeps_the_reason(ctx: Context) -> None:
    order = await dispatched(ctx)
    with pytest.raises(Invalid) as refused:
        await move(ctx, WORKER, order, "return")
    assert refused.value.field == "note"
    assert await _unchanged(ctx, order)
    order = await move(ctx, WORKER, order, "return", note="不在辖区")
    assert (order.status, order.unit_code, order.unit, order.assigned_to) == (S.ACCEPTED, "", "", "")
    assert "dispatched" not in order.stamps


async def test_reassignment_takes_back_what_the_first_crew_stamped(ctx: Context, clock: ManualClock) -> None:
    order = await dispatched(ctx)
    order = await move(ctx, WORKER, order, "start")
    with pytest.raises(Invalid) as refused:
        await move(ctx, DISPATCHER, order, "reassign", note="换队", unit_code="crew_east", assigned_to="worker")
    assert refused.value.field == "unit_code"
    clock.moment += timedelta(hours=1)
    order = await move(ctx, DISPATCHER, order, "reassign", note="换队", unit_code="crew_west")
    assert (order.status, order.unit_code, order.assigned_to) == (S.DISPATCHED, "crew_west", "")
    assert not {"acknowledged", "in_progress"} & set(order.stamps)


async def test_suspension_is_a_pause_with_a_reason_until_work_goes_on(ctx: Context, clock: ManualClock) -> None:
    order = await dispatched(ctx)
    order = await move(ctx, WORKER, order, "suspend", reason="waiting_customer", note="用户不在家")
    assert order.suspended == "waiting_customer"
    for name in ("suspend", "start"):
        with pytest.raises(Conflict, match="resume it first"):
            await move(ctx, WORKER, order, name, note="x", reason="weather")
    clock.moment += timedelta(hours=2)
    order = await move(ctx, WORKER, order, "resume")
    with pytest.raises(Conflict, match="not suspended"):
        await move(ctx, WORKER, order, "resume")
    await move(ctx, WORKER, order, "suspend", reason="weather")
    clock.moment += timedelta(hours=1)
    order = await move(ctx, WORKER, order, "return", note="不在辖区")
    pauses = (await work_orders.get(ctx, ADMIN, order.id)).pauses
    hours = [(one.reason, (one.until - one.since) / timedelta(hours=1)) for one in pauses if one.until]
    assert (order.suspended, hours) == ("", [("waiting_customer", 2), ("weather", 1)])
    with pytest.raises(Invalid) as refused:
        await move(ctx, DISPATCHER, order, "suspend", reason="no_mood")
    assert refused.value.field == "reason"


async def test_urging_and_supervising_leave_state_and_stamps_as_they_are(ctx: Context) -> None:
    order = await dispatched(ctx)
    urged = await move(ctx, AGENT, order, "urge", note="用户来电催办")
    urged = await move(ctx, AGENT, urged, "urge")
    watched = await move(ctx, SUPERVISOR, urged, "supervise")
    assert (watched.urges, watched.supervised_by) == (2, "user:supervisor")
    assert (watched.status, watched.stamps) == (order.status, order.stamps)
    kinds = [event.kind for event in (await work_orders.get(ctx, ADMIN, order.id)).events]
    assert kinds[-3:] == ["urged", "urged", "supervised"]


@pytest.mark.parametrize(
    ("actor", "name", "right"),
    [
        (WORKER, "urge", "orders.urge"),
        (WORKER, "reassign", "orders.dispatch"),
        (WORKER, "joint", "orders.dispatch"),
        (WORKER, "not_needed", "orders.close"),
        (AGENT, "supervise", "orders.supervise"),
        (STRANGER, "acknowledge", "orders.view"),
    ],
)
async def test_move_without_the_right_is_refused_and_audited(ctx: Context, actor: Actor, name: str, right: str) -> None:
    order = await dispatched(ctx)
    with pytest.raises(NotAllowed) as refused:
        await move(ctx, actor, order, name, note="x", unit_code="crew_west")
    assert refused.value.right == right
    assert await _unchanged(ctx, order)
    if actor is not STRANGER:
        newest = (await audit.find_entries(ctx, ADMIN)).items[0]
        assert (newest.action, newest.subject) == ("orders.move_refused", f"order:{order.id}")
        assert newest.detail == {"move": name, "right": right}


async def test_request_that_needs_no_work_gets_a_receipt_and_is_archived(ctx: Context) -> None:
    order = await new_order(ctx)
    with pytest.raises(Invalid):
        await move(ctx, AGENT, order, "not_needed")
    order = await move(ctx, AGENT, order, "not_needed", note="已向用户说明，属小区内部管道")
    assert (order.status, order.resolution) == (S.ARCHIVED, "not_needed")
    assert "replied" in order.stamps
    assert list(order.stamps)[: len(S)] == [status.value for status in S]


async def test_merged_order_gives_its_calls_to_the_other_and_is_closed(ctx: Context) -> None:
    records = (answered("repair"), answered("repair", caller_number="13900003333"))
    await call_records.store_records(ctx, batch(*records))
    second, first = (await work_orders.find(ctx, ADMIN, OrderFilter())).items
    for wrong in (None, second.id):
        with pytest.raises(Invalid) as refused:
            await move(ctx, DISPATCHER, second, "merge", into=wrong)
        assert refused.value.field == "into"
    with pytest.raises(NotFound):
        await move(ctx, DISPATCHER, second, "merge", into=999)
    merged = await move(ctx, DISPATCHER, second, "merge", into=first.id)
    assert (merged.status, merged.resolution, merged.parent_id) == (S.CLOSED, "merged", first.id)
    detail = await work_orders.get(ctx, ADMIN, first.id)
    assert set(detail.order.call_ids) == {record.call_id for record in records}
    assert [event.kind for event in detail.events] == ["opened", "attached", "merged"]
    third = await new_order(ctx)
    with pytest.raises(Conflict, match="is closed"):
        await move(ctx, DISPATCHER, third, "merge", into=second.id)


async def test_nobody_inspects_their_own_work(ctx: Context) -> None:
    order = await handled(ctx)
    with pytest.raises(NotAllowed):
        await move(ctx, MATE, order, "inspect")
    detail = await work_orders.get(ctx, WORKER, order.id)
    assert "inspect" not in detail.moves
    assert "inspect" in (await work_orders.get(ctx, CHIEF, order.id)).moves
    assert (await move(ctx, CHIEF, order, "inspect")).status is S.INSPECTED


async def test_whoever_says_that_it_is_done_does_not_inspect_it(ctx: Context) -> None:
    order = await dispatched(ctx)
    order = await move(ctx, SUPERVISOR, order, "start")
    order = await move(ctx, SUPERVISOR, order, "handle")
    with pytest.raises(Conflict, match="Nobody inspects their own work") as refused:
        await move(ctx, SUPERVISOR, order, "inspect")
    assert "inspect" not in refused.value.legal_moves
    assert await _unchanged(ctx, order)
    assert (await move(ctx, DISPATCHER, order, "inspect")).status is S.INSPECTED


async def test_nobody_closes_without_a_grade_or_the_rules_tries(ctx: Context, clock: ManualClock) -> None:
    order = await handled(ctx)
    with pytest.raises(Conflict, match="inspected first"):
        await move(ctx, SUPERVISOR, order, "close")
    order = await move(ctx, SUPERVISOR, order, "inspect")
    with pytest.raises(Conflict, match="No visit is recorded"):
        await move(ctx, SUPERVISOR, order, "visit")
    for tries in range(3):
        with pytest.raises(Conflict, match="No grade yet"):
            await move(ctx, SUPERVISOR, order, "close")
        visit = await order_visits.try_for_order(ctx, AGENT, order.id)
        assert (visit.tries, visit.status) == (tries + 1, "unreachable" if tries == 2 else "pending")
    detail = await work_orders.get(ctx, ADMIN, order.id)
    assert detail.order.status is S.CLOSED
    assert "3 次未接通" in detail.events[-1].note


async def test_of_two_at_once_one_wins_and_the_other_reads_who_did_what(ctx: Context) -> None:
    order = await dispatched(ctx)
    version = order.version
    results = await asyncio.gather(
        move(ctx, WORKER, order, "acknowledge", expected_version=version),
        move(ctx, DISPATCHER, order, "return", note="派错", expected_version=version),
        return_exceptions=True,
    )
    (winner,) = [one for one in results if isinstance(one, OrderRow)]
    (loser,) = [one for one in results if isinstance(one, Conflict)]
    who = "worker师傅" if winner.status is S.ACKNOWLEDGED else "dispatcher"
    assert who in loser.message("zh") and who in loser.message("en")
    assert winner.version == version + 1


async def test_random_moves_change_an_order_by_the_table_or_not_at_all(ctx: Context, clock: ManualClock) -> None:
    """Whatever is tried by whomever: an error changes nothing, and each order is in exactly one of the indicators'
    groups (2 + 3 + 4 + 7 = 1)."""
    await with_crew(ctx)
    order, chance = await new_order(ctx), random.Random(7)
    people = (AGENT, DISPATCHER, SUPERVISOR, WORKER, CHIEF, OUTSIDER, ADMIN)
    made = 0
    for _ in range(40):
        clock.moment += timedelta(minutes=chance.randint(0, 90))
        more = {"note": "因为", "unit_code": chance.choice(["crew_east", "crew_west", None])}
        try:
            after = await move(ctx, chance.choice(people), order, chance.choice(NAMES), **more)
            made += 1
        except ServiceError:
            assert await _unchanged(ctx, order)
            graded = any(one.status == "done" for one in (await work_orders.get(ctx, ADMIN, order.id)).visits)
            if order.status in (S.HANDLED, S.INSPECTED) and not graded and chance.random() < 0.5:
                said = VisitResult(grade_handling=chance.randint(1, 5))
                after = await order_visits.record_for_order(ctx, AGENT, order.id, said)
            else:
                continue
        if after.status is S.ARCHIVED:
            after = await new_order(ctx)
        order = after
        accepted, acknowledged, handled = (name in order.stamps for name in ("accepted", "acknowledged", "handled"))
        groups = (not accepted, accepted and not acknowledged, acknowledged and not handled, handled)
        assert sum(groups) == 1
        moments = [order.stamps[status.value] for status in S if status.value in order.stamps]
        assert moments == sorted(moments)
        pauses = (await work_orders.get(ctx, ADMIN, order.id)).pauses
        assert bool(order.suspended) == any(one.until is None for one in pauses)
    assert made > 5
    assert clock.moment > START
