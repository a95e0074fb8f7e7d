"""What was heard before the answer decides an attempt's result anew, once, and what follows for its target."""

from __future__ import annotations

from datetime import timedelta

from campaign_helpers import attempts, record_of, reserve_now, running, tell

from ccengine.clock import ManualClock
from ccengine.hotline.campaign import TargetState
from ccengine.hotline.dial_result import Result
from ccengine.rows import AttemptRow, CampaignRow, TargetFilter, TargetRow
from ccengine.services import attempt_results
from ccengine.services.context import Context
from ccengine.services.dialling import Placement
from ccengine.values import Heard

NUMBERS = ("13800000001", "13800000002", "13800000003")
REFUSED = ("dialled", {"status": "NOANSWER", "cause": "19", "sip": "SIP 480 Unavailable"})


async def _target(ctx: Context, campaign: CampaignRow, attempt: AttemptRow) -> TargetRow:
    async with ctx.store.reading() as uow:
        page = await uow.targets.find(campaign.id, TargetFilter(number=attempt.number), None, 2)
    return page.items[0]


async def _ended(ctx: Context, call: Placement) -> AttemptRow:
    await tell(ctx, record_of(ctx, call, end_cause=19), REFUSED)
    return await attempts(ctx, call.call_id)


async def test_announcement_decides_the_result_anew_and_the_retry_with_it(ctx: Context, clock: ManualClock) -> None:
    campaign = await running(ctx, list(NUMBERS), early_media=True)
    off, vacant, unknown = [await _ended(ctx, one) for one in await reserve_now(ctx)]
    waiting = await attempt_results.to_be_heard(ctx, 10)
    assert [one.heard for one in waiting] == ["pending"] * 3 and off.result == "no_answer"
    found = {"score": 0.97, "phrase": "已关机"}
    assert await attempt_results.take_heard(ctx, off.id, Heard.SWITCHED_OFF, found) is Result.SWITCHED_OFF
    assert await attempt_results.take_heard(ctx, vacant.id, Heard.VACANT, {}) is Result.VACANT
    assert await attempt_results.take_heard(ctx, unknown.id, Heard.UNKNOWN, {}) is None
    assert await attempt_results.to_be_heard(ctx, 10) == ()
    assert await attempt_results.take_heard(ctx, off.id, Heard.VACANT, {}) is None, "once"
    kept = await attempts(ctx, off.call_id)
    assert (kept.result, kept.heard, kept.listened) == ("switched_off", "switched_off", {"early": found})
    assert (kept.status, kept.cause, kept.sip_text) == (off.status, off.cause, off.sip_text), "raw values stay"
    row = await _target(ctx, campaign, off)
    assert (row.state, row.result) == (TargetState.WAITING, "switched_off")
    assert row.next_at - clock.now() == timedelta(minutes=240)
    row = await _target(ctx, campaign, vacant)
    assert (row.state, row.result) == (TargetState.DONE, "vacant")
    assert (await _target(ctx, campaign, unknown)).result == "no_answer"


async def test_late_finding_leaves_alone_a_target_that_is_called_again(ctx: Context, clock: ManualClock) -> None:
    campaign = await running(ctx, [NUMBERS[0]], early_media=True, retry_minutes={"no_answer": 1})
    first = await _ended(ctx, (await reserve_now(ctx))[0])
    clock.moment += timedelta(minutes=2)
    assert len(await reserve_now(ctx)) == 1
    await attempt_results.take_heard(ctx, first.id, Heard.VACANT, {})
    assert (await attempts(ctx, first.call_id)).result == "vacant"
    assert (await _target(ctx, campaign, first)).state is TargetState.CALLING


async def test_answered_call_keeps_its_result_and_nobody_listens_where_the_campaign_does_not_ask(ctx: Context) -> None:
    await running(ctx, [NUMBERS[0]], early_media=True)
    (call,) = await reserve_now(ctx)
    machine = ("machine_check", {"status": "MACHINE", "cause": "LONGGREETING-1500-1500"})
    await tell(ctx, record_of(ctx, call, answered_at=call.slot_at), ("dialled", {"status": "ANSWER"}), machine)
    attempt = await attempts(ctx, call.call_id)
    assert attempt.result == "machine" and attempt.listened["machine"]["cause"].startswith("LONGGREETING")
    assert await attempt_results.take_heard(ctx, attempt.id, Heard.BUSY, {}) is None
    assert (await attempts(ctx, call.call_id)).result == "machine"
    await running(ctx, [NUMBERS[1]])
    assert (await _ended(ctx, (await reserve_now(ctx))[0])).heard == ""
