"""Saved queries for customers, on both databases: shared, checked, asked anew at each load."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ccengine.clock import ManualClock
from ccengine.hotline.outage import DISTRICTS
from ccengine.rows import CustomerQuery, NewCampaign, SavedCustomerQuery, TargetFilter
from ccengine.services import campaign_targets, campaigns, customer_queries
from ccengine.services.context import ENGINE, Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound

OWING = CustomerQuery(arrears_from_fen=5000)


async def _load(ctx: Context, campaign_id: int, query: SavedCustomerQuery) -> int:
    started, wanted = await customer_queries.begin_load(ctx, ENGINE, campaign_id, query.id)
    done = await campaign_targets.load_query(ctx, started, wanted)
    assert (done.state, done.file_name, done.source) == ("done", query.name, "customers")
    return done.accepted


async def test_query_is_asked_anew_at_each_load_and_the_count_foretells_it(ctx: Context) -> None:
    saved = await customer_queries.save(ctx, ENGINE, " 欠费 50 元以上 ", OWING)
    assert saved.name == "欠费 50 元以上"
    many = await customer_queries.count(ctx, ENGINE, saved.query)
    first = await campaigns.create(ctx, ENGINE, NewCampaign(name="一", kind="broadcast"))
    assert 0 < await _load(ctx, first.id, saved) <= many
    async with ctx.store() as uow:
        (one,) = await uow.targets.customers_matching({"arrears_from_fen": 5000}, "", 1)
        await uow.customers.insert_many(
            [replace(one, account="19999991", phone="13999999991", meter_number="M19999991")]
        )
        await uow.commit()
    assert await customer_queries.count(ctx, ENGINE, saved.query) == many + 1
    assert await _load(ctx, first.id, saved) == 1, "what is new, and nobody twice"
    async with ctx.store.reading() as uow:
        (target,) = (await uow.targets.find(first.id, TargetFilter(number="13999999991"), None, 5)).items
        entry = next(entry for entry in (await uow.audit.find(None, 9)).items if entry.action == "campaigns.import")
    assert target.account == "19999991"
    assert (entry.detail["name"], entry.detail["arrears_from_fen"]) == (saved.name, 5000)


async def test_conditions_narrow_the_count_and_days_count_from_now(ctx: Context, clock: ManualClock) -> None:
    async def count(**conditions: object) -> int:
        return await customer_queries.count(ctx, ENGINE, CustomerQuery(**conditions))  # type: ignore[arg-type]

    everybody, owing = await count(), await count(arrears_from_fen=1)
    assert everybody > owing > await count(arrears_from_fen=1, overdue_days=3650) == 0
    districts = [await count(district=one) for one in DISTRICTS]
    assert sum(districts) == everybody
    overdue = await count(overdue_days=30)
    clock.moment += timedelta(days=400)
    assert await count(overdue_days=30) >= overdue
    assert await count(silent_days=0) == everybody


async def test_query_is_changed_by_anybody_who_may_and_by_one_at_a_time(ctx: Context) -> None:
    saved = await customer_queries.save(ctx, ENGINE, "甲", OWING)
    boss = Actor(kind="user", name="zhang", roles=frozenset({"supervisor"}))
    changed = await customer_queries.change(ctx, boss, saved.id, "乙", CustomerQuery(silent_days=60), saved.version)
    assert (changed.name, changed.query.silent_days, changed.version) == ("乙", 60, 2)
    assert (changed.created_by, changed.changed_by) == ("engine:engine", "user:zhang")
    with pytest.raises(Conflict):
        await customer_queries.change(ctx, ENGINE, saved.id, "丙", OWING, saved.version)
    await customer_queries.delete(ctx, boss, saved.id)
    for act in (customer_queries.get, customer_queries.delete):
        with pytest.raises(NotFound):
            await act(ctx, ENGINE, saved.id)
    async with ctx.store.reading() as uow:
        actions = [entry.action for entry in (await uow.audit.find(None, 3)).items]
    assert actions == ["customer_queries.delete", "customer_queries.change", "customer_queries.save"]


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        ("", OWING, "name"),
        ("x" * 101, OWING, "name"),
        ("a\x00b", OWING, "name"),
        ("甲", OWING, "name"),
        ("x", CustomerQuery(arrears_from_fen=-1), "arrears_from_fen"),
        ("x", CustomerQuery(overdue_days=3651), "overdue_days"),
        ("x", CustomerQuery(silent_days=-1), "silent_days"),
        ("x", CustomerQuery(district="' or 1=1"), "district"),
    ],
)
async def test_wrong_query_is_refused_by_field(ctx: Context, name: str, query: CustomerQuery, field: str) -> None:
    await customer_queries.save(ctx, ENGINE, "甲", OWING)
    other = await customer_queries.save(ctx, ENGINE, "乙", OWING)
    with pytest.raises(Invalid) as refused:
        await customer_queries.save(ctx, ENGINE, name, query)
    assert refused.value.field == field
    with pytest.raises(Invalid):
        await customer_queries.change(ctx, ENGINE, other.id, name, query)
    assert {*await _names(ctx)} == {"甲", "乙"}


async def test_who_may_look_may_not_change_and_agents_see_nothing(ctx: Context) -> None:
    saved = await customer_queries.save(ctx, ENGINE, "甲", OWING)
    looker = Actor(kind="user", name="d", roles=frozenset({"dispatcher"}))
    assert [one.id for one in await customer_queries.all_queries(ctx, looker)] == [saved.id]
    agent = Actor(kind="user", name="a", roles=frozenset({"agent"}))
    with pytest.raises(NotAllowed):
        await customer_queries.all_queries(ctx, agent)
    with pytest.raises(NotAllowed):
        await customer_queries.count(ctx, agent, OWING)
    for denied in (
        customer_queries.save(ctx, looker, "乙", OWING),
        customer_queries.change(ctx, looker, saved.id, "乙", OWING),
        customer_queries.delete(ctx, looker, saved.id),
        customer_queries.begin_load(ctx, looker, 1, saved.id),
    ):
        with pytest.raises(NotAllowed):
            await denied


async def test_stopped_campaign_takes_no_query(ctx: Context) -> None:
    saved = await customer_queries.save(ctx, ENGINE, "甲", OWING)
    campaign = await campaigns.create(ctx, ENGINE, NewCampaign(name="x", kind="survey"))
    await campaigns.move(ctx, ENGINE, campaign.id, "archive")
    with pytest.raises(Conflict):
        await customer_queries.begin_load(ctx, ENGINE, campaign.id, saved.id)
    with pytest.raises(NotFound):
        await customer_queries.begin_load(ctx, ENGINE, 999, saved.id)


async def _names(ctx: Context) -> list[str]:
    return [one.name for one in await customer_queries.all_queries(ctx, ENGINE)]
