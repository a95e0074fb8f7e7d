"""Silence is told only where calls used to come at this hour, and only with a history."""

from __future__ import annotations

from datetime import timedelta

import pytest
from call_helpers import answered, batch
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.engine.silence import SilenceWatch
from ccengine.services import call_records
from ccengine.services.context import Context
from ccengine.services.silence import listen

WEEK = timedelta(days=7)


async def _calls(ctx: Context, weeks_ago: int, *minutes: float) -> None:
    begins = [START - WEEK * weeks_ago + timedelta(minutes=one) for one in minutes]
    await call_records.store_records(ctx, batch(*(answered("repair", started_at=at) for at in begins)))


async def _usual_weeks(ctx: Context, weeks: int) -> None:
    for week in range(1, weeks + 1):
        await _calls(ctx, week, -30, 3, 8, 13, 18, 23, 28)
    await _calls(ctx, 0, 0)


async def test_half_an_hour_without_a_call_where_six_used_to_come_is_an_alarm_until_one_comes(
    ctx: Context, clock: ManualClock
) -> None:
    await _usual_weeks(ctx, 3)
    watch = SilenceWatch(ctx)
    told: list[bool] = []
    watch.on_change = lambda: told.append(watch.seen.alarm)
    clock.moment = START + timedelta(minutes=15)
    await watch.step()
    assert not watch.health()["alarm"] and watch.alarms() == []
    clock.moment = START + timedelta(minutes=30)
    await watch.step()
    assert (watch.seen.minutes, watch.seen.usual) == (30, (6, 6, 6))
    assert watch.health()["alarm"] and watch.alarms()[0]["minutes"] == 30
    await _calls(ctx, 0, 30)
    await watch.step()
    assert told == [True, False]


async def test_without_history_there_is_no_alarm(ctx: Context, clock: ManualClock) -> None:
    assert (await listen(ctx)).since is None
    await _usual_weeks(ctx, 1)
    clock.moment = START + timedelta(hours=3)
    assert not (await listen(ctx)).alarm


@pytest.mark.parametrize("changes", [{"silence_minutes": 0}, {"silence_minutes": 60}])
async def test_alarm_is_a_setting(ctx: Context, clock: ManualClock, changes: dict[str, float]) -> None:
    await _usual_weeks(ctx, 3)
    clock.moment = START + timedelta(minutes=30)
    truth = ctx.settings.truth.model_copy(update=changes)
    quiet = Context(store=ctx.store, clock=clock, settings=ctx.settings.model_copy(update={"truth": truth}))
    assert not (await listen(quiet)).alarm


async def test_hour_at_which_calls_are_rare_is_no_alarm(ctx: Context, clock: ManualClock) -> None:
    for week in (1, 2, 3):
        await _calls(ctx, week, -30, 8, 13)
    await _calls(ctx, 0, 0)
    clock.moment = START + timedelta(minutes=30)
    assert not (await listen(ctx)).alarm
