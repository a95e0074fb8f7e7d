"""Committing calls, on both databases: caps by rows, who is not called, shares by weight, the switch."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from campaign_helpers import FAST, attempts, record_of, reserve_now, running, running_with, tell

from ccengine.clock import ManualClock
from ccengine.hotline.campaign import TargetState
from ccengine.rows import CampaignRow, NewCampaign, NewOrder, NewTarget, TargetFilter, TargetRow
from ccengine.services import attempt_results, campaign_answers, campaign_views, campaigns, work_orders
from ccengine.services.context import ENGINE, Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed
from ccengine.store.attempts import AMOUNT_CLASSES

NUMBERS = [f"1380000{index:04}" for index in range(60)]


async def _targets(ctx: Context, campaign: CampaignRow) -> dict[str, TargetRow]:
    async with ctx.store.reading() as uow:
        page = await uow.targets.find(campaign.id, TargetFilter(), None, 200)
    return {row.number: row for row in page.items}


async def test_calls_are_spaced_by_rows_also_across_a_restart(ctx: Context, clock: ManualClock) -> None:
    await running(ctx, NUMBERS)
    await campaigns.set_limits(ctx, ENGINE, 20, 100)
    slots = []
    for _ in range(8):  # each round as a new process would begin it: nothing but rows is known
        slots += [one.slot_at for one in await reserve_now(ctx)]
        clock.moment += timedelta(seconds=0.1)
    assert len(slots) >= 14
    assert all(later - sooner >= timedelta(seconds=1 / 20) for sooner, later in pairwise(slots))


async def test_channels_of_trunk_and_campaign_are_never_exceeded(ctx: Context, clock: ManualClock) -> None:
    await campaigns.set_limits(ctx, ENGINE, 50, 7)
    first = await running(ctx, NUMBERS[:20], channels=4)
    await running(ctx, NUMBERS[20:])
    begun = []
    for _ in range(10):
        begun += await reserve_now(ctx)
        clock.moment += timedelta(seconds=1)
    assert len(begun) == 7
    mine = [one for one in begun if one.number in NUMBERS[:20]]
    assert len(mine) <= 4
    assert {(await attempts(ctx, one.call_id)).campaign_id for one in mine} == {first.id}
    await tell(ctx, record_of(ctx, begun[0]), ("dialled", {"status": "NOANSWER"}))
    assert len(await reserve_now(ctx)) == 1


async def test_campaigns_share_the_trunk_by_weight(ctx: Context, clock: ManualClock) -> None:
    await campaigns.set_limits(ctx, ENGINE, 50, 200)
    await running(ctx, NUMBERS[:40], weight=3)
    await running(ctx, [f"1390000{index:04}" for index in range(40)], weight=1)
    begun = []
    for _ in range(3):
        begun += await reserve_now(ctx)
        clock.moment += timedelta(seconds=0.25)
    heavy = sum(one.number in NUMBERS for one in begun)
    assert abs(heavy - 0.75 * len(begun)) <= 1


async def test_slow_campaign_keeps_its_own_pace_and_does_not_slow_the_other(ctx: Context, clock: ManualClock) -> None:
    await campaigns.set_limits(ctx, ENGINE, 20, 200)
    await running(ctx, NUMBERS[:40], calls_per_second=1)
    await running(ctx, [f"1390000{index:04}" for index in range(40)])
    begun = []
    for _ in range(6):
        begun += await reserve_now(ctx)
        clock.moment += timedelta(seconds=0.25)
    slow = [one.slot_at for one in begun if one.number in NUMBERS]
    assert len(slow) == 2 and slow[1] - slow[0] >= timedelta(seconds=1)
    assert len(begun) >= 28


async def test_switch_stops_all_new_calls_at_once_and_is_audited(ctx: Context, clock: ManualClock) -> None:
    await running(ctx, NUMBERS)
    assert await reserve_now(ctx)
    await campaigns.stop_all(ctx, ENGINE)
    assert await reserve_now(ctx) == ()
    await campaigns.resume_all(ctx, ENGINE)
    clock.moment += timedelta(seconds=1)
    assert await reserve_now(ctx)
    async with ctx.store.reading() as uow:
        actions = [entry.action for entry in (await uow.audit.find(None, 5)).items]
    assert actions[:2] == ["campaigns.resume_all", "campaigns.stop_all"]


async def test_nobody_is_called_outside_the_hours(ctx: Context, clock: ManualClock) -> None:
    campaign = await running(ctx, NUMBERS[:3], hours="workdays 9:00-18:00")
    clock.moment += timedelta(hours=9)  # seven in the evening
    assert await reserve_now(ctx) == ()
    waiting = await _targets(ctx, campaign)
    assert {row.next_at.astimezone().isoformat() for row in waiting.values()}
    assert all(row.next_at > clock.now() and row.state is TargetState.WAITING for row in waiting.values())


async def test_opted_out_and_held_numbers_are_dropped_with_the_reason(ctx: Context) -> None:
    await campaigns.add_opt_out(ctx, ENGINE, "+86 138-0000-0000")
    await campaigns.add_opt_out(ctx, ENGINE, NUMBERS[1], "legal_hold", "案件 12")
    campaign = await running(ctx, NUMBERS[:3])
    assert [one.number for one in await reserve_now(ctx)] == [NUMBERS[2]]
    rows = await _targets(ctx, campaign)
    assert (rows[NUMBERS[0]].reason, rows[NUMBERS[1]].reason) == ("opted_out", "legal_hold")
    await campaigns.lift_legal_hold(ctx, ENGINE, NUMBERS[1])
    with pytest.raises(Conflict):
        await campaigns.add_opt_out(ctx, ENGINE, NUMBERS[0])


async def test_who_paid_disputes_or_reported_a_fault_is_not_dunned(ctx: Context) -> None:
    async with ctx.store.reading() as uow:
        owing = list(await uow.targets.customers_matching({"arrears_from_fen": 1}, "", 4))
        (square,) = [one for one in await uow.targets.customers_matching({}, "", 50) if not one.arrears_fen][:1]
    await work_orders.register(
        ctx, ENGINE, NewOrder(type="billing", category="bill_dispute", title="异议", customer_account=owing[0].account)
    )
    await work_orders.register(ctx, ENGINE, NewOrder(type="repair", title="漏水", customer_account=owing[1].account))
    people = [*owing[:3], square]
    targets = [NewTarget(number=one.phone, account=one.account) for one in people]
    targets.append(NewTarget(number="13999999999", account="99999999"))
    campaign = await running_with(ctx, targets, kind="broadcast")
    assert [one.number for one in await reserve_now(ctx)] == [owing[2].phone]
    rows = await _targets(ctx, campaign)
    reasons = [rows[one.phone].reason for one in (owing[0], owing[1], square)]
    assert [*reasons, rows["13999999999"].reason] == ["disputed", "open_repair", "paid", "no_account"]


async def test_results_are_counted_by_area_and_by_what_is_owed(ctx: Context) -> None:
    async with ctx.store.reading() as uow:
        owing = (await uow.targets.customers_matching({"arrears_from_fen": 5000}, "", 1))[0]
    campaign = await running_with(ctx, [NewTarget(number=owing.phone, account=owing.account)], kind="broadcast")
    (call,) = await reserve_now(ctx)
    steps = (("dialled", {"status": "ANSWER"}), ("said", {"what": "promised", "value": "20261124"}))
    await tell(ctx, record_of(ctx, call, answered_at=call.slot_at), *steps)
    found = await campaign_views.detail(ctx, ENGINE, campaign.id)
    least = max(one for one in AMOUNT_CLASSES if one <= owing.arrears_fen)
    assert [one[:3] for one in found.amounts] == [(least, 1, 1)]
    assert [one[0] for one in found.districts] == [owing.district] and found.amounts[0][3] == found.districts[0][3]


async def test_number_is_not_called_by_two_campaigns_at_once(ctx: Context) -> None:
    await running(ctx, NUMBERS[:1])
    await running(ctx, NUMBERS[:1])
    assert len(await reserve_now(ctx)) == 1
    assert await reserve_now(ctx) == ()


async def test_result_settles_the_attempt_and_the_target_waits_for_its_next_time(
    ctx: Context, clock: ManualClock
) -> None:
    campaign = await running(ctx, NUMBERS[:1])
    (call,) = await reserve_now(ctx)
    record = record_of(ctx, call, end_cause=17)
    steps = ("dialled", {"status": "BUSY", "cause": "17", "sip": "SIP 486 Busy Here"})
    await tell(ctx, record, steps)
    attempt = await attempts(ctx, call.call_id)
    assert (attempt.state, attempt.result, attempt.status, attempt.cause) == ("ended", "busy", "BUSY", 17)
    assert (attempt.sip_text, attempt.ring_seconds) == ("SIP 486 Busy Here", 20.0)
    assert attempt.rules["calls_per_second"] == FAST["calls_per_second"]
    row = (await _targets(ctx, campaign))[NUMBERS[0]]
    assert (row.state, row.attempts, row.result) == (TargetState.WAITING, 1, "busy")
    assert await reserve_now(ctx) == ()
    clock.moment += timedelta(minutes=15)
    (again,) = await reserve_now(ctx)
    await tell(ctx, record, steps)  # the journal is read again: nothing changes
    assert (await _targets(ctx, campaign))[NUMBERS[0]].state is TargetState.CALLING
    assert (await attempts(ctx, again.call_id)).state == "reserved"


async def test_key_is_done_at_once_and_once_and_the_journal_makes_up_for_a_lost_one(ctx: Context) -> None:
    first = await running(ctx, NUMBERS[:2])
    other = await running(ctx, [NUMBERS[0], NUMBERS[5]])
    called = {one.number: one for one in await reserve_now(ctx)}
    call = called[NUMBERS[0]]
    await campaign_answers.say(ctx, call.call_id, "opted_out")
    await campaign_answers.say(ctx, call.call_id, "opted_out")
    assert (await _targets(ctx, first))[NUMBERS[0]].reason == "opted_out"
    assert (await _targets(ctx, other))[NUMBERS[0]].state is TargetState.DROPPED
    await tell(ctx, record_of(ctx, call, answered_at=call.slot_at), ("dialled", {"status": "ANSWER"}))
    row = (await _targets(ctx, first))[NUMBERS[0]]
    assert (row.state, row.result) == (TargetState.DROPPED, "opted_out")
    lost = called[NUMBERS[1]]  # its key reached the journal only
    steps = (("dialled", {"status": "ANSWER"}), ("said", {"what": "disputed", "value": ""}))
    await tell(ctx, record_of(ctx, lost, answered_at=lost.slot_at), *steps)
    assert (await attempts(ctx, lost.call_id)).result == "disputed"
    async with ctx.store.reading() as uow:
        (order,) = await uow.work_orders.for_call(lost.call_id)
    assert (order.type, order.category, order.rule) == ("billing", "bill_dispute", "campaign_dispute")


async def test_attempt_nobody_knows_of_is_given_back_and_one_that_is_told_is_not(
    ctx: Context, clock: ManualClock
) -> None:
    campaign = await running(ctx, NUMBERS[:2])
    lost, told = await reserve_now(ctx)
    assert await attempt_results.doubtful(ctx) == ()
    clock.moment += timedelta(seconds=10)
    open_record = record_of(ctx, told, final=False, ended_at=None, outcome=None)
    await tell(ctx, open_record)
    (doubt,) = await attempt_results.doubtful(ctx)
    assert doubt.call_id == lost.call_id
    both = [(await attempts(ctx, one.call_id)).id for one in (lost, told)]
    assert await attempt_results.give_up(ctx, both) == (lost.call_id,)
    rows = await _targets(ctx, campaign)
    assert (rows[lost.number].state, rows[lost.number].attempts) == (TargetState.WAITING, 0)
    assert rows[told.number].state is TargetState.CALLING
    assert [one.number for one in await reserve_now(ctx)] == [lost.number]


async def test_campaign_moves_by_the_table_and_needs_the_right(ctx: Context) -> None:
    agent = Actor(kind="user", name="a", roles=frozenset({"agent"}))
    with pytest.raises(NotAllowed):
        await campaigns.create(ctx, agent, NewCampaign(name="x", kind="survey"))
    row = await campaigns.create(ctx, ENGINE, NewCampaign(name="x", kind="survey"))
    with pytest.raises(NotAllowed):
        await campaigns.move(ctx, agent, row.id, "start")
    with pytest.raises(Conflict) as refused:
        await campaigns.move(ctx, ENGINE, row.id, "pause")
    assert refused.value.legal_moves == ("start", "archive")
    for what, state in (("start", "running"), ("pause", "paused"), ("stop", "stopped"), ("archive", "archived")):
        assert (await campaigns.move(ctx, ENGINE, row.id, what)).state == state
    copied = await campaigns.copy(ctx, ENGINE, row.id)
    assert (copied.state, copied.kind) == ("draft", "survey")


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"ring_seconds": 5}, "rules.ring_seconds"),
        ({"calls_per_second": True}, "rules.calls_per_second"),
        ({"attempts_in_all": 2.5}, "rules.attempts_in_all"),
        ({"hours": "nine to five"}, "rules.hours"),
        ({"retry_minutes": {"busy": -1}}, "rules.retry_minutes"),
        ({"surprise": 1}, "rules.surprise"),
        ({"abandoned_percent": "3"}, "rules.abandoned_percent"),
    ],
)
async def test_wrong_rule_is_refused_by_name(ctx: Context, rules: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await campaigns.create(ctx, ENGINE, NewCampaign(name="x", kind="survey", rules=rules))
    assert refused.value.field == field
