"""The desk's list: free conditions, quick filters, saved queries, drafts, export; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ccengine.clock import ManualClock
from ccengine.rows import NewOrder, OrderFilter, OrderRow
from ccengine.services import drafts, order_lists, saved_queries, similar_orders, work_orders
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid, NotAllowed, NotFound
from ccengine.services.similar_orders import Matter

AGENT = Actor(kind="user", name="8001", roles=frozenset({"agent"}))
OTHER = Actor(kind="user", name="8002", roles=frozenset({"agent"}))
BOSS = Actor(kind="user", name="admin", roles=frozenset({"administrator"}))


async def _new(ctx: Context, **values: str) -> OrderRow:
    given = {"type": "repair", "title": "水管漏水", "category": "leak", "contact_number": "13812345678", **values}
    return await work_orders.register(ctx, AGENT, NewOrder(**given))  # type: ignore[arg-type]


async def _numbers(ctx: Context, where: str = "", **wanted: object) -> list[str]:
    filter_ = OrderFilter(groups=order_lists.conditions(where), **wanted)  # type: ignore[arg-type]
    return [row.number for row in (await work_orders.find(ctx, AGENT, filter_)).items]


async def test_conditions_combine_freely(ctx: Context, clock: ManualClock) -> None:
    leak = await _new(ctx, address="老城区解放路128号", district="laocheng")
    clock.moment += timedelta(days=9)
    bill = await _new(
        ctx, type="billing", title="水费太高", category="bill", form="12345", contact_number="057188001234"
    )
    cases = {
        "category.is.leak,bill": [bill, leak],
        "category.not.leak": [bill],
        "address.has.解放路": [leak],
        "address.has.28号": [leak],
        "address.without.解放路": [bill],
        "text.has.jfl": [leak],
        "contact_number.tail.1234": [bill],
        "contact_number.is.13812345678": [leak],
        "created.days.5": [bill],
        "created.since.2026-11-20;created.until.2026-11-20": [leak],
        "handled.none.": [bill, leak],
        "overdue.is.yes": [leak],
        "overdue.is.no": [bill],
        "form.is.12345;category.is.leak": [],
        "form.is.12345|category.is.leak": [bill, leak],
        "type.is.billing;text.has.水费|overdue.is.yes;address.has.解放": [bill, leak],
        f"number.has.{leak.number[4:]}": [leak],
        "by_call.is.yes": [],
        "assigned.is.no;open.is.yes;suspended.is.no;reopened.is.no;incident.is.no": [bill, leak],
    }
    for where, expected in cases.items():
        assert await _numbers(ctx, where) == [one.number for one in expected], where
    assert await _numbers(ctx, "category.is.leak,bill", type="billing") == [bill.number]


async def test_impossible_conditions_are_refused(ctx: Context) -> None:
    with pytest.raises(Invalid, match="no such field"):
        order_lists.conditions("password.is.x")


async def test_quick_filters_count_what_they_find(ctx: Context, clock: ManualClock) -> None:
    first, second = await _new(ctx), await _new(ctx, title="家中无水")
    await work_orders.take(ctx, AGENT, second.id)
    counts = await order_lists.tab_counts(ctx, AGENT)
    assert (counts["open"], counts["registered"], counts["accepted"], counts["mine"], counts["overdue"]) == (
        2,
        1,
        1,
        1,
        0,
    )
    clock.moment += timedelta(days=30)
    counts = await order_lists.tab_counts(ctx, AGENT)
    assert counts["overdue"] == 2 and set(counts) == set(order_lists.TABS)
    for tab, many in counts.items():
        found = await work_orders.find(ctx, AGENT, OrderFilter(**order_lists.tab_filter(ctx, AGENT, tab)))
        assert len(found.items) == many, tab
    assert first.number in [row.number for row in found.items]


async def test_saved_query_is_ones_own_until_it_is_shared(ctx: Context) -> None:
    saved = await saved_queries.save(ctx, AGENT, "老城区漏水", "where=category.is.leak", False)
    assert await saved_queries.of(ctx, AGENT) == (saved,)
    assert await saved_queries.of(ctx, OTHER) == ()
    with pytest.raises(NotFound):
        await saved_queries.delete(ctx, OTHER, saved.id)
    shared = await saved_queries.save(ctx, AGENT, "老城区漏水", "where=category.is.leak", True)
    assert shared.id == saved.id
    assert await saved_queries.of(ctx, OTHER) == (shared,)
    with pytest.raises(NotAllowed):
        await saved_queries.delete(ctx, OTHER, shared.id)
    await saved_queries.delete(ctx, BOSS, shared.id)
    assert await saved_queries.of(ctx, AGENT) == ()


async def test_draft_is_kept_per_person_and_forgotten_when_sent(ctx: Context, clock: ManualClock) -> None:
    await drafts.save(ctx, AGENT, "order-", {"title": "水管", "address": " ", "description": "x" * 9000})
    draft = await drafts.get(ctx, AGENT, "order-")
    assert draft is not None and draft.values["title"] == "水管" and len(draft.values["description"]) == 4000
    assert "address" not in draft.values
    assert await drafts.get(ctx, OTHER, "order-") is None
    await drafts.save(ctx, AGENT, "order-", {"title": ""})
    assert await drafts.get(ctx, AGENT, "order-") is None
    await drafts.save(ctx, AGENT, "order-", {"title": "旧的"})
    clock.moment += drafts.KEEP + timedelta(days=1)
    await drafts.save(ctx, OTHER, "order-", {"title": "新的"})
    assert await drafts.get(ctx, AGENT, "order-") is None


async def test_export_hands_out_every_order_once_and_needs_the_right(ctx: Context) -> None:
    expected = {(await _new(ctx, title=f"第 {index} 单")).number for index in range(5)}
    with pytest.raises(NotAllowed):
        await order_lists.begin_export(ctx, AGENT, "")
    await order_lists.begin_export(ctx, BOSS, "tab=all")
    found = [row.number async for batch in order_lists.batches(ctx, BOSS, OrderFilter()) for row in batch]
    assert sorted(found) == sorted(expected)


async def test_similar_orders_are_of_the_same_place_or_customer(ctx: Context, clock: ManualClock) -> None:
    first = await _new(ctx, address="老城区解放路128号3幢", contact_number="13800000001")
    await _new(ctx, address="老城区解放路12号", contact_number="13800000002")
    matter = Matter(type="repair", category="leak", address="解放路128号门口", contact_number="13900000009")
    found = await similar_orders.find(ctx, AGENT, matter)
    assert [(one.order.id, one.reason) for one in found] == [(first.id, "same_place")]
    assert await similar_orders.find(ctx, AGENT, replace(matter, category="meter_fault")) == ()
    again = await similar_orders.find(ctx, AGENT, Matter(contact_number="138-0000-0001"))
    assert [(one.order.id, one.reason) for one in again] == [(first.id, "same_customer")]
    assert await similar_orders.find(ctx, AGENT, similar_orders.matter_of(first), but=first.id) == ()
    clock.moment += similar_orders.WINDOW + timedelta(hours=1)
    assert await similar_orders.find(ctx, AGENT, matter) == ()
