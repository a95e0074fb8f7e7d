"""Today's figures from the rows, by the formulas that are printed with them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from call_helpers import AGENT, SUPERVISOR, abandoned, answered, batch, opened, unqueued
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.rows import AnomalyRow, QuarantinedLine
from ccengine.services import call_records, changes, figures, health
from ccengine.services.context import Context
from ccengine.services.errors import NotAllowed
from ccengine.values import Direction, Outcome


async def test_day_without_calls_has_no_quotients(ctx: Context) -> None:
    today = await figures.today(ctx)
    assert (today["offered"], today["average_wait_seconds"], today["service_level_percent"]) == (0, None, None)


async def test_figures_follow_their_formulas(ctx: Context) -> None:
    await call_records.store_records(
        ctx,
        batch(
            answered("repair"),
            answered("repair", wait_seconds=20.0),
            answered("repair", wait_seconds=21.0),
            abandoned(36.0),
            abandoned(4.9),
            unqueued(Outcome.SELF_SERVICE, "balance"),
            unqueued(Outcome.MENU_HANGUP),
            answered("repair", started_at=START - timedelta(days=1)),
            answered(direction=Direction.OUTBOUND),
            opened(),
        ),
    )
    today = await figures.today(ctx)
    assert {name: value for name, value in today.items() if name != "formula"} == {
        "offered": 5,
        "answered": 3,
        "abandoned": 1,
        "served": 1,
        "average_wait_seconds": 14.7,
        "service_level_percent": 50.0,
    }
    assert set(today["formula"]) == set(today) - {"formula"}


async def test_day_begins_at_local_midnight(ctx: Context, clock: ManualClock) -> None:
    midnight = START.replace(hour=16)
    await call_records.store_records(
        ctx, batch(answered(started_at=midnight - timedelta(seconds=1)), answered(started_at=midnight))
    )
    assert (await figures.today(ctx))["offered"] == 1
    clock.moment = midnight
    assert (await figures.today(ctx))["offered"] == 1


async def test_health_names_positions_and_waiting_work(ctx: Context) -> None:
    lines = (QuarantinedLine(node="n1", file="cel", offset=1, reason="torn", raw="x"),)
    rows = [AnomalyRow(at=START, kind="lost_tail", call_id=None, detail={"n": n}) for n in range(2)]
    rows.append(AnomalyRow(at=START - timedelta(days=1), kind="old", call_id=None, detail={}))
    await call_records.store_records(ctx, batch(offset=77, quarantined=lines, anomalies=tuple(rows)))
    facts = await health.check(ctx)
    assert facts["ok"]
    assert (facts["anomalies_today"], facts["quarantined_lines"]) == ({"lost_tail": 2}, 1)
    assert len(await health.find_anomalies(ctx, SUPERVISOR)) == 3
    with pytest.raises(NotAllowed):
        await health.find_anomalies(ctx, AGENT)
    assert facts["journal"] == [{"node": "n1", "file": "cel", "offset": 77}]


async def test_changes_are_told_in_order_and_forgotten_later(ctx: Context, clock: ManualClock) -> None:
    begin = await changes.last_id(ctx)
    record = answered("repair")
    await call_records.store_records(ctx, batch(record))
    told = await changes.after(ctx, begin)
    assert {row.topic for row in told} == {"call", "order"}
    assert [row.id for row in told] == sorted(row.id for row in told)
    assert await changes.after(ctx, told[-1].id) == ()
    clock.moment += timedelta(days=3)
    await changes.forget_old(ctx)
    assert [row.id for row in await changes.after(ctx, 0)] == [told[-1].id]


async def test_talks_are_graded_by_agent_with_coverage_apart_from_the_work(ctx: Context) -> None:
    await call_records.store_records(
        ctx,
        batch(
            answered("repair", agent_number="8001", grade=5),
            answered("repair", agent_number="8001", grade=2),
            answered("repair", agent_number="8001"),
            answered("repair", agent_number="8002"),
            answered(direction=Direction.OUTBOUND, agent_number="8002", grade=1),
            abandoned(36.0),
        ),
    )
    since, until = START - timedelta(hours=1), START + timedelta(hours=1)
    ann, bob, total = await figures.talk_grades(ctx, SUPERVISOR, since, until)
    assert (ann.answered, ann.graded, ann.satisfaction_percent, ann.coverage_percent) == (3, 2, 70.0, 66.7)
    assert (bob.answered, bob.satisfaction_percent, bob.coverage_percent) == (1, None, 0.0)
    assert (total.agent_number, total.answered, total.satisfaction_percent) == ("", 4, 70.0)
    with pytest.raises(NotAllowed):
        await figures.talk_grades(ctx, AGENT, since, until)
