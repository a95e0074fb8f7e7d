"""Campaigns for agents on both databases: what their calls teach, and how many calls that lets begin."""

from __future__ import annotations

from datetime import timedelta

from campaign_helpers import record_of, running, tell

from ccengine.clock import ManualClock
from ccengine.hotline.pacing import AgentPicture
from ccengine.services.agent_pacing import experience
from ccengine.services.context import Context
from ccengine.services.dialling import Placement, reserve

NUMBERS = [f"1380000{index:04}" for index in range(90)]
PICTURE = AgentPicture(free=20, busy=8)


async def _reserve(ctx: Context, clock: ManualClock, queue: str, picture: AgentPicture) -> list[Placement]:
    """Begin the calls of one second, a round each quarter of it."""
    begun: list[Placement] = []
    for _ in range(4):
        begun += await reserve(ctx, clock.now(), {queue: picture})
        clock.moment += timedelta(seconds=0.25)
    return begun


async def test_calls_that_ring_long_and_agents_in_wrap_up_make_room_for_more(ctx: Context, clock: ManualClock) -> None:
    campaign = await running(ctx, NUMBERS, kind="predictive")
    first = await _reserve(ctx, clock, campaign.queue, PICTURE)
    assert len(first) > PICTURE.free  # half of the people are expected to answer
    soon = await _reserve(ctx, clock, campaign.queue, PICTURE)
    clock.moment += timedelta(seconds=30)
    late = await _reserve(ctx, clock, campaign.queue, PICTURE)
    assert len(late) >= len(soon) + 5
    assert await _reserve(ctx, clock, campaign.queue, AgentPicture(free=20, busy=8, wrapping=8))


async def test_those_being_talked_to_count_among_the_answered(ctx: Context, clock: ManualClock) -> None:
    campaign = await running(ctx, NUMBERS, kind="predictive")
    calls = [
        one
        for free in range(10, 50, 10)
        for one in await _reserve(ctx, clock, campaign.queue, AgentPicture(free=free, busy=4))
    ]
    assert len(calls) >= 40
    for one in calls[:30]:
        await tell(ctx, record_of(ctx, one), ("dialled", {"status": "NOANSWER"}))
    answered = [record_of(ctx, one, final=False, answered_at=one.slot_at, ended_at=None) for one in calls[30:40]]
    for record in answered:
        await tell(ctx, record)
    async with ctx.store.reading() as uow:
        seen = await experience(ctx, uow, campaign, clock.now())
    assert (seen.answer_rate, seen.ring_seconds) == (10 / 40, 12.0)  # nobody's time until the answer is known yet


async def test_who_has_answered_and_hears_the_notice_is_one_on_the_way(ctx: Context, clock: ManualClock) -> None:
    campaign = await running(ctx, NUMBERS[:4], kind="progressive")
    one_free = {campaign.queue: AgentPicture(free=1, busy=0)}
    (first,) = await reserve(ctx, clock.now(), one_free)
    await tell(ctx, record_of(ctx, first, final=False, answered_at=first.slot_at, ended_at=None))
    clock.moment += timedelta(seconds=2)
    assert await reserve(ctx, clock.now(), one_free) == ()
    (second,) = await reserve(ctx, clock.now(), one_free, {first.call_id})  # the picture has him, and one is free
    assert second.number != first.number
