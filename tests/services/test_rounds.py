"""Inspection rounds: opened once by plan, done, corrected without losing a word, told when late, counted."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import date, timedelta

import pytest
from call_helpers import AGENT, DISPATCHER, STRANGER, SUPERVISOR, WORKER
from order_helpers import CHIEF, MATE, OUTSIDER, with_crew
from sqlalchemy import delete, update

from ccengine.clock import ManualClock
from ccengine.hotline.inspection_round import Item, Result
from ccengine.rows import RoundDetail, RoundFilter
from ccengine.services import notices, round_plans, rounds, work_orders
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.round_plans import NewRoundPlan
from ccengine.services.rounds import NewRecord
from ccengine.store.tables.rounds import round_records, round_results
from ccengine.store_port import AlreadyExists

TODAY = date(2026, 11, 20)  # a Friday
PLAN = NewRoundPlan(
    name="机房巡检",
    place="调度中心机房",
    unit_code="crew_east",
    order_type="defect",
    rhythm="weeks",
    first_on=TODAY,
    grace_days=1,
    items=(Item(name="温度", expected="18–27 ℃"), Item(name="告警灯")),
)
GOOD = NewRecord(results=(Result(position=0, normal=True), Result(position=1, normal=True)), note="一切正常")
HOT = NewRecord(results=(Result(position=0, normal=False, remark="31 ℃"), Result(position=1, normal=True)))


async def _one(ctx: Context) -> int:
    await round_plans.save(ctx, SUPERVISOR, PLAN)
    await round_plans.open_due(ctx)
    return (await rounds.find(ctx, WORKER, RoundFilter())).items[0].id


async def test_plan_and_day_make_one_round_however_many_engines_look(ctx: Context, clock: ManualClock) -> None:
    await with_crew(ctx)
    plan = await round_plans.save(ctx, SUPERVISOR, PLAN)
    assert plan.next_on == TODAY
    assert sum(await asyncio.gather(*(round_plans.open_due(ctx) for _ in range(3)))) == 1
    (row,) = (await rounds.find(ctx, WORKER, RoundFilter(state="pending", mine="worker"))).items
    assert (row.due_on, row.until_on, row.items) == (TODAY, TODAY + timedelta(days=1), PLAN.items)
    assert (await rounds.find(ctx, WORKER, RoundFilter(mine="outsider"))).items == ()
    assert [one.kind for one in (await notices.find(ctx, WORKER)).items] == ["round_due"]
    clock.moment += timedelta(days=15)  # no engine ran meanwhile: what was due is due all the same
    assert (await round_plans.open_due(ctx), await round_plans.open_due(ctx)) == (2, 0)
    assert (await round_plans.plan(ctx, WORKER, plan.id)).next_on == TODAY + timedelta(days=21)


async def test_plan_older_than_a_year_is_still_changed_and_stopped(ctx: Context, clock: ManualClock) -> None:
    await with_crew(ctx)
    plan = await round_plans.save(ctx, SUPERVISOR, PLAN)
    clock.moment += timedelta(days=800)
    changed = await round_plans.save(ctx, SUPERVISOR, dataclasses.replace(PLAN, name="机房周检"), plan.id)
    assert (changed.name, changed.first_on, changed.next_on) == ("机房周检", TODAY, TODAY)
    with pytest.raises(Invalid, match="first day"):
        moved = dataclasses.replace(PLAN, first_on=TODAY + timedelta(days=1))
        await round_plans.save(ctx, SUPERVISOR, moved, plan.id)
    assert (await round_plans.save(ctx, SUPERVISOR, dataclasses.replace(PLAN, active=False), plan.id)).next_on is None
    assert (await round_plans.save(ctx, SUPERVISOR, PLAN, plan.id)).next_on == TODAY + timedelta(days=805)


async def test_plan_is_changed_by_who_may_and_open_rounds_stay_as_they_were(ctx: Context) -> None:
    round_id = await _one(ctx)
    (plan,) = await round_plans.plans(ctx, AGENT)
    other = dataclasses.replace(PLAN, items=(Item(name="湿度"),), rhythm="months")
    changed = await round_plans.save(ctx, SUPERVISOR, other, plan.id, plan.version)
    assert (changed.items, changed.version, changed.next_on) == (other.items, 2, TODAY)
    assert await round_plans.open_due(ctx) == 0  # that day's round is there already
    assert (await rounds.get(ctx, AGENT, round_id)).round.items == PLAN.items
    stopped = await round_plans.save(ctx, SUPERVISOR, dataclasses.replace(other, active=False), plan.id)
    assert stopped.next_on is None and await round_plans.open_due(ctx) == 0
    with pytest.raises(Conflict):
        await round_plans.save(ctx, SUPERVISOR, other, plan.id, plan.version)
    with pytest.raises(NotAllowed):
        await round_plans.save(ctx, DISPATCHER, other)
    for field, value in (
        *(("name", " "), ("items", ()), ("items", (Item(name=" "),)), ("rhythm", "often"), ("every", 0)),
        *(("unit_code", "nobody"), ("person", "nobody"), ("order_type", "x"), ("first_on", date(2020, 1, 1))),
    ):
        with pytest.raises(Invalid) as error:
            await round_plans.save(ctx, SUPERVISOR, dataclasses.replace(PLAN, **{field: value}))
        assert error.value.field == field


async def test_record_stands_for_ever_and_a_correction_is_a_record_more(ctx: Context) -> None:
    await with_crew(ctx)
    round_id = await _one(ctx)
    for stranger in (STRANGER, AGENT, DISPATCHER, OUTSIDER, dataclasses.replace(WORKER, kind="api")):
        with pytest.raises(NotAllowed):
            await rounds.record(ctx, stranger, round_id, GOOD)
    both = await asyncio.gather(
        *(rounds.record(ctx, actor, round_id, GOOD) for actor in (WORKER, MATE)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["Conflict", "RoundDetail"]
    for stranger, refused in ((DISPATCHER, NotAllowed), (CHIEF, Conflict)):  # the chief's round, but not his record
        with pytest.raises(refused):
            await rounds.record(ctx, stranger, round_id, dataclasses.replace(HOT, reason="换我来写"))
    wrote = WORKER if isinstance(both[0], RoundDetail) else MATE
    for reader, may in ((wrote, True), (CHIEF, False), (AGENT, False), (SUPERVISOR, True)):
        assert (await rounds.get(ctx, reader, round_id)).may_record is may
    with pytest.raises(Invalid) as error:
        await rounds.record(ctx, wrote, round_id, dataclasses.replace(GOOD, results=GOOD.results[:1], reason="漏填"))
    assert error.value.field == "item_1"
    detail = await rounds.record(ctx, SUPERVISOR, round_id, dataclasses.replace(HOT, reason="抄错了温度"))
    with pytest.raises(Conflict):
        await rounds.record(ctx, wrote, round_id, dataclasses.replace(GOOD, reason="还是正常"))
    assert [(one.revision, one.reason, one.note) for one in detail.records] == [
        (2, "抄错了温度", ""),
        (1, "", "一切正常"),
    ]
    assert (detail.round.faults, detail.round.done_on) == (1, TODAY) and detail.round.done_by != "user:8001"
    for statement in (update(round_records).values(note="x"), delete(round_results)):
        with pytest.raises(AlreadyExists, match="append-only"):
            async with ctx.store() as uow:
                await uow.rounds._db.execute(statement)  # type: ignore[attr-defined]
    with pytest.raises(NotFound):
        await rounds.record(ctx, WORKER, 99, GOOD)


async def test_fault_becomes_one_order_that_leads_back_to_its_round(ctx: Context) -> None:
    await with_crew(ctx)
    round_id = await _one(ctx)
    assert (await rounds.waiting(ctx, WORKER), await rounds.waiting(ctx, OUTSIDER)) == (1, 0)
    with pytest.raises(Conflict):
        await rounds.open_order(ctx, WORKER, round_id, 0)
    await rounds.record(ctx, WORKER, round_id, HOT)
    assert [await notices.unseen_count(ctx, reader) for reader in (WORKER, MATE)] == [0, 0]
    assert await rounds.waiting(ctx, WORKER) == 0
    orders = await asyncio.gather(*(rounds.open_order(ctx, WORKER, round_id, 0) for _ in range(2)))
    assert orders[0].id == orders[1].id
    assert (orders[0].type, orders[0].source, orders[0].form, orders[0].title) == (
        *("defect", "inspection", "internal"),
        "巡检异常：调度中心机房 温度",
    )
    assert "31 ℃" in orders[0].description and "18–27 ℃" in orders[0].description
    detail = await rounds.get(ctx, AGENT, round_id)
    assert [(one.position, one.number) for one in detail.orders] == [(0, orders[0].number)]
    back = await rounds.of_order(ctx, AGENT, orders[0].id)
    assert back is not None and back.id == round_id
    assert (await work_orders.get(ctx, AGENT, orders[0].id)).order.created_by == "user:worker"
    with pytest.raises(Conflict):
        await rounds.open_order(ctx, WORKER, round_id, 1)
    corrected = await rounds.record(ctx, WORKER, round_id, dataclasses.replace(GOOD, reason="温度计坏了"))
    assert corrected.round.faults == 1  # an order came of it: the figures keep it
    assert (await rounds.figures(ctx, AGENT, TODAY, TODAY))[0].figures.faults == 1


async def test_late_round_is_told_once_and_figures_say_how_many_were_in_time(ctx: Context, clock: ManualClock) -> None:
    await with_crew(ctx)
    round_id = await _one(ctx)
    assert await round_plans.tell_overdue(ctx) == 0
    await rounds.record(ctx, WORKER, round_id, HOT)
    clock.moment += timedelta(days=7)
    await round_plans.open_due(ctx)
    clock.moment += timedelta(days=2)
    assert (await round_plans.tell_overdue(ctx), await round_plans.tell_overdue(ctx)) == (1, 0)
    for reader in (WORKER, SUPERVISOR):
        assert "round_overdue" in [one.kind for one in (await notices.find(ctx, reader)).items]
    (late,) = (await rounds.find(ctx, WORKER, RoundFilter(state="overdue", since=TODAY, until=date(2026, 12, 1)))).items
    clock.moment += timedelta(days=5)
    await round_plans.open_due(ctx)
    (one,) = await rounds.figures(ctx, AGENT, TODAY, date(2026, 12, 31))
    found = one.figures
    assert (found.on_time, found.late, found.missing, found.waiting, found.faults) == (1, 0, 1, 1, 1)
    assert found.rate_percent == 50.0
    await rounds.record(ctx, WORKER, late.id, GOOD)
    assert (await rounds.figures(ctx, AGENT, TODAY, date(2026, 12, 31)))[0].figures.late == 1
    batches = [batch async for batch in rounds.batches(ctx, AGENT, RoundFilter(state="faults"))]
    assert [row.id for row in batches[0].rounds] == [round_id] and batches[0].records[round_id].results[0].remark
    with pytest.raises(Invalid):
        await rounds.figures(ctx, AGENT, TODAY, date(2026, 1, 1))
