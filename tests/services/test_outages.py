"""Outage notices: told from two days before until the end, unless withdrawn."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest
from call_helpers import AGENT, DISPATCHER, WORKER
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.rows import NewOutage
from ccengine.services import outages
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound

NOTICE = NewOutage(
    kind="planned",
    district="gaoxin",
    area_text="江南大道以北",
    reason="管网改造",
    starts_at=START + timedelta(hours=60),
    ends_at=START + timedelta(hours=66),
)


async def test_notice_is_told_from_two_days_before_to_its_end(ctx: Context, clock: ManualClock) -> None:
    row = await outages.publish(ctx, DISPATCHER, NOTICE)
    told = []
    for hours in (0, 11, 12, 60, 65, 66):
        clock.moment = START + timedelta(hours=hours)
        told.append([one.id for one in await outages.current(ctx)])
    assert told == [[], [], [row.id], [row.id], [row.id], []]


async def test_notices_are_told_by_district_in_order(ctx: Context) -> None:
    soon = dataclasses.replace(NOTICE, starts_at=START, ends_at=START + timedelta(hours=2))
    later = await outages.publish(ctx, DISPATCHER, dataclasses.replace(soon, starts_at=START + timedelta(hours=1)))
    now = await outages.publish(ctx, DISPATCHER, soon)
    other = await outages.publish(ctx, DISPATCHER, dataclasses.replace(soon, district="laocheng", kind="burst"))
    assert [row.id for row in await outages.current(ctx, "gaoxin")] == [now.id, later.id]
    assert {row.id for row in await outages.current(ctx)} == {later.id, now.id, other.id}
    assert await outages.current(ctx, "nowhere") == ()


async def test_withdrawn_notice_is_told_no_more(ctx: Context) -> None:
    row = await outages.publish(ctx, DISPATCHER, dataclasses.replace(NOTICE, starts_at=START))
    withdrawn = await outages.withdraw(ctx, DISPATCHER, row.id)
    assert withdrawn.withdrawn_at == START
    assert await outages.current(ctx) == ()
    with pytest.raises(Conflict):
        await outages.withdraw(ctx, DISPATCHER, row.id)
    with pytest.raises(NotFound):
        await outages.withdraw(ctx, DISPATCHER, row.id + 1)
    (listed,) = (await outages.find(ctx, AGENT)).items
    assert listed == withdrawn


@pytest.mark.parametrize(
    ("differing", "field"),
    [
        ({"kind": "flood"}, "kind"),
        ({"district": "paris"}, "district"),
        ({"area_text": ""}, "area_text"),
        ({"reason": "x" * 501}, "reason"),
        ({"ends_at": NOTICE.starts_at}, "ends_at"),
        ({"starts_at": START - timedelta(hours=9), "ends_at": START}, "ends_at"),
        ({"ends_at": START + timedelta(days=40)}, "ends_at"),
        ({"starts_at": datetime(2026, 11, 20)}, "starts_at"),  # noqa: DTZ001
    ],
)
async def test_notice_with_a_mistake_is_refused(ctx: Context, differing: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await outages.publish(ctx, DISPATCHER, dataclasses.replace(NOTICE, **differing))  # type: ignore[arg-type]
    assert refused.value.field == field


async def test_rights_are_asked(ctx: Context) -> None:
    for actor in (AGENT, WORKER):
        with pytest.raises(NotAllowed):
            await outages.publish(ctx, actor, NOTICE)


async def test_districts_are_in_order(ctx: Context) -> None:
    codes = [code for code, _, _ in await outages.districts(ctx)]
    assert codes[0] == "chengdong"
    assert len(codes) == 8
