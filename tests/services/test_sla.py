"""Deadlines of orders in both databases: born, moved, reopened; told once; penalties; policies; the calendar."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from ccengine.clock import ManualClock
from ccengine.engine.sla_clock import AT_ONCE, LOOK_SECONDS, SlaClock
from ccengine.hotline.running_time import parse_limit
from ccengine.hotline.sla import Step
from ccengine.rows import NewOrder, OrderRow, SlaSettings
from ccengine.services import notices, penalties, sla, sla_alarms, work_calendar, work_orders
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.order_moves import MoveRequest, make_move
from ccengine.store.tables.sla import order_lost_stamps
from ccengine.store.unit_of_work import SqlStore

AGENT = Actor(kind="user", name="8001", roles=frozenset({"agent"}))
DISPATCHER = Actor(kind="user", name="dispatcher", roles=frozenset({"dispatcher"}))
SUPERVISOR = Actor(kind="user", name="supervisor", roles=frozenset({"supervisor"}))
ADMIN = Actor(kind="user", name="admin", roles=frozenset({"administrator"}))
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def _order(ctx: Context, type_: str = "repair", priority: str = "urgent", category: str = "") -> OrderRow:
    return await work_orders.register(
        ctx, ADMIN, NewOrder(type=type_, title="测试", priority=priority, category=category)
    )


async def _dues(ctx: Context, order: OrderRow) -> dict[str, datetime | None]:
    rows = await sla.deadlines_of(ctx, AGENT, order.id)
    return {f"{row.deadline.step}{row.deadline.round or ''}": row.deadline.due_at for row in rows}


async def _told(ctx: Context, reader: Actor) -> list[tuple[str, str, int]]:
    page = await notices.find(ctx, reader)
    return [(row.detail["step"], row.kind, row.level) for row in page.items if row.kind != "calendar"]


async def test_order_has_its_deadlines_from_birth_and_says_when_it_is_due(ctx: Context, clock: ManualClock) -> None:
    order = await _order(ctx)
    start = clock.moment
    assert await _dues(ctx, order) == {"accept": start + 10 * MINUTE, "handle": start + 4 * HOUR}
    assert order.due_at == start + 4 * HOUR
    clock.moment += 5 * MINUTE
    moved = await work_orders.transition(ctx, ADMIN, order.id, "dispatched")
    assert (await _dues(ctx, moved))["acknowledge"] == start + 35 * MINUTE


async def test_reopened_order_has_a_new_limit_and_says_so(ctx: Context, clock: ManualClock) -> None:
    order = await _order(ctx)
    await work_orders.transition(ctx, ADMIN, order.id, "handled")
    clock.moment += 48 * HOUR
    reopened = await work_orders.transition(ctx, ADMIN, order.id, "in_progress", "又漏了")
    assert (await _dues(ctx, order))["handle1"] == reopened.due_at == clock.moment + 4 * HOUR


async def test_what_falls_due_is_told_once_to_the_right_people(ctx: Context, clock: ManualClock) -> None:
    order = await _order(ctx)
    await work_orders.take(ctx, AGENT, order.id)
    hand = SlaClock(ctx)
    for _ in range(60):  # ten minutes at a time, some of them looked at twice
        await hand.step()
        await hand.step()
        clock.moment += 10 * MINUTE
    assert await _told(ctx, DISPATCHER) == [
        ("handle", "escalation", 2),
        ("handle", "breach", 0),
        ("handle", "warning", 0),
    ]
    assert await _told(ctx, AGENT) == [("handle", "breach", 0), ("handle", "warning", 0)]
    assert await _told(ctx, ADMIN) == [("handle", "escalation", 3)]
    assert [kind for _, kind, _ in await _told(ctx, SUPERVISOR)] == ["escalation", "escalation"]
    assert (await _told(ctx, Actor(kind="user", name="8002", roles=frozenset({"agent"})))) == []


async def test_clock_that_was_away_tells_what_it_missed(ctx: Context, clock: ManualClock) -> None:
    order = await _order(ctx)
    clock.moment += 5 * HOUR
    await work_orders.transition(ctx, ADMIN, order.id, "handled")
    clock.moment += 90 * HOUR
    await SlaClock(ctx).step()
    told = await _told(ctx, DISPATCHER)
    assert ("accept", "breach", 0) in told and ("handle", "breach", 0) in told
    assert not any(step in ("accept", "handle") and kind == "escalation" for step, kind, _ in told)


async def test_two_clocks_at_once_tell_everything_once(ctx: Context, clock: ManualClock) -> None:
    for _ in range(12):
        await _order(ctx)
    clock.moment += 5 * HOUR
    rung = 0
    while many := sum(found for found, _ in await asyncio.gather(*(sla_alarms.ring_due(ctx, 5) for _ in range(4)))):
        rung += many
    assert rung == 24  # acceptance and handling of each
    async with ctx.store.reading() as uow:
        assert await uow.sla.next_ring() is not None
    assert len([one for one in await _told(ctx, DISPATCHER) if one[1] == "breach"]) == 24


async def test_clock_waits_for_the_next_deadline_but_never_long(ctx: Context, clock: ManualClock) -> None:
    hand = SlaClock(ctx)
    assert await hand.step() == LOOK_SECONDS
    await _order(ctx)
    assert await hand.step() == LOOK_SECONDS
    clock.moment += 8 * MINUTE - timedelta(seconds=0.4)
    assert 0 < await hand.step() <= 0.41
    clock.moment += HOUR  # set forward: what is due by the wall clock is told, and nothing waits for ever
    await hand.step()
    clock.moment -= 2 * HOUR
    assert await hand.step() == LOOK_SECONDS
    assert len(await _told(ctx, DISPATCHER)) == 1
    assert AT_ONCE > 1


async def test_breach_of_a_contract_limit_costs_once_and_can_be_waived(ctx: Context, clock: ManualClock) -> None:
    await work_calendar.save_settings(ctx, ADMIN, SlaSettings(retention_fen=70_000))
    for _ in range(2):
        await _order(ctx, "other", "urgent")
    policy = (await sla.find_policies(ctx, ADMIN))[0].policy
    urgent = replace(policy, code="contract", position=1, categories=(), types=("other",), penalty="urgent")
    urgent = replace(urgent, limits={Step.HANDLE: parse_limit("1h")})
    await sla.save_policy(ctx, ADMIN, sla.PolicyChange(policy=urgent, expected_version=0))
    clock.moment += MINUTE
    for _ in range(2):
        await _order(ctx, "other", "urgent")
    clock.moment += 2 * HOUR
    hand = SlaClock(ctx)
    await hand.step()
    await hand.step()
    account = await penalties.account(ctx, ADMIN)
    assert (account.urgent, account.deducted_fen, account.left_fen) == (2, 70_000, 0)
    rows = (await penalties.find(ctx, SUPERVISOR)).items
    with pytest.raises(Invalid):
        await penalties.waive(ctx, ADMIN, rows[0].id, "  ")
    with pytest.raises(NotAllowed):
        await penalties.waive(ctx, SUPERVISOR, rows[0].id, "台风")
    waived = await penalties.waive(ctx, ADMIN, rows[0].id, "台风")
    assert (waived.waived_reason, waived.waived_by) == ("台风", "user:admin")
    with pytest.raises(Conflict):
        await penalties.waive(ctx, ADMIN, rows[0].id, "again")
    with pytest.raises(NotFound):
        await penalties.waive(ctx, ADMIN, 99_999, "none")
    assert (await penalties.account(ctx, ADMIN)).left_fen == 20_000


async def test_order_keeps_the_policy_version_it_was_born_with(ctx: Context, clock: ManualClock) -> None:
    old = await _order(ctx)
    rows = await sla.find_policies(ctx, ADMIN)
    policy = next(row.policy for row in rows if row.policy.code == "repair_urgent")
    clock.moment += MINUTE
    shorter = replace(policy, limits={**policy.limits, Step.HANDLE: parse_limit("2h")})
    saved = await sla.save_policy(ctx, ADMIN, sla.PolicyChange(policy=shorter, expected_version=1))
    assert saved.policy.version == 2
    with pytest.raises(Conflict):
        await sla.save_policy(ctx, ADMIN, sla.PolicyChange(policy=shorter, expected_version=1))
    new = await _order(ctx)
    assert new.due_at == clock.moment + 2 * HOUR
    changed = await work_orders.change(ctx, ADMIN, old.id, {"priority": "high"})
    assert changed.due_at == old.created_at + 12 * HOUR
    back = await work_orders.change(ctx, ADMIN, old.id, {"priority": "urgent"})
    assert back.due_at == old.created_at + 4 * HOUR
    assert {row.policy_version for row in await sla.deadlines_of(ctx, AGENT, old.id)} == {1}
    assert [row.policy.version for row in await sla.versions_of(ctx, ADMIN, "repair_urgent")] == [2, 1]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("code", {"code": "Bad Code"}),
        ("limits", {"limits": {}}),
        ("warn_percent", {"warn_percent": 100}),
        ("penalty", {"penalty": "huge"}),
        ("priorities", {"priorities": ("soon",)}),
        ("warn_roles", {"warn_roles": ()}),
        ("warn_roles", {"warn_roles": ("nobody",)}),
        ("name_zh", {"name_zh": " "}),
    ],
)
async def test_policy_with_a_mistake_is_refused_by_field(ctx: Context, field: str, changes: dict[str, object]) -> None:
    known = (await sla.find_policies(ctx, ADMIN))[0].policy
    policy = replace(known, **{"code": "new", **changes})  # type: ignore[arg-type]
    with pytest.raises(Invalid) as refused:
        await sla.save_policy(ctx, ADMIN, sla.PolicyChange(policy=policy, expected_version=0))
    assert refused.value.field == field


async def test_only_administrators_see_and_change_policies(ctx: Context) -> None:
    with pytest.raises(NotAllowed):
        await sla.find_policies(ctx, SUPERVISOR)
    with pytest.raises(NotAllowed):
        await work_calendar.set_days(ctx, SUPERVISOR, date(2026, 12, 1), date(2026, 12, 1), "holiday")


async def test_changed_calendar_moves_the_deadlines_that_run(ctx: Context, clock: ManualClock) -> None:
    clock.moment = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday
    order = await _order(ctx, "billing", "normal")
    assert order.due_at == datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    days = await work_calendar.set_days(ctx, ADMIN, date(2026, 11, 23), date(2026, 11, 24), "holiday", "演练")
    assert days == 2
    hand = SlaClock(ctx)
    while await hand.step() == 0.0:
        pass
    assert (await work_orders.get(ctx, ADMIN, order.id)).order.due_at == datetime(2026, 11, 27, 2, 0, tzinfo=UTC)


async def test_missing_calendar_of_next_year_is_told_once(ctx: Context, clock: ManualClock) -> None:
    view = await work_calendar.year(ctx, AGENT, 2027)
    assert (view.known, view.missing, view.days) == (False, (2027,), ())
    assert (await work_calendar.year(ctx, AGENT)).known
    for _ in range(3):
        await SlaClock(ctx).step()
    found = await notices.find(ctx, ADMIN)
    assert [(row.kind, row.detail["year"]) for row in found.items] == [("calendar", 2027)]
    await work_calendar.set_days(ctx, ADMIN, date(2027, 1, 1), date(2027, 1, 3), "holiday", "元旦")
    assert await work_calendar.missing(ctx) == ()


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("office_hours", SlaSettings(office_hours="nine to five")),
        ("retention_fen", SlaSettings(retention_fen=-1)),
        ("satisfied_from", SlaSettings(satisfied_from=6)),
    ],
)
async def test_settings_with_a_mistake_are_refused_by_field(ctx: Context, field: str, wanted: SlaSettings) -> None:
    with pytest.raises(Invalid) as refused:
        await work_calendar.save_settings(ctx, ADMIN, wanted)
    assert refused.value.field == field


async def test_notices_are_seen_one_by_one_or_all(ctx: Context, clock: ManualClock) -> None:
    for _ in range(3):
        await _order(ctx)
    clock.moment += 9 * MINUTE
    await SlaClock(ctx).step()
    assert await notices.unseen_count(ctx, DISPATCHER) == 3
    first = (await notices.find(ctx, DISPATCHER)).items[0]
    await notices.mark_seen(ctx, DISPATCHER, first.id)
    await notices.mark_seen(ctx, DISPATCHER, first.id)
    unseen = await notices.find(ctx, DISPATCHER, unseen_only=True)
    assert len(unseen.items) == await notices.unseen_count(ctx, DISPATCHER) == 2
    other = Actor(kind="user", name="dispatcher2", roles=frozenset({"dispatcher"}))
    assert await notices.unseen_count(ctx, other) == 3
    await notices.mark_seen(ctx, DISPATCHER)
    assert await notices.unseen_count(ctx, DISPATCHER) == 0
    with pytest.raises(NotFound):
        await notices.mark_seen(ctx, AGENT, first.id)


async def test_stamps_that_were_taken_back_are_kept(ctx: Context, store: SqlStore, clock: ManualClock) -> None:
    order = await _order(ctx)
    handled_at, lost = clock.moment, order_lost_stamps.c
    await work_orders.transition(ctx, ADMIN, order.id, "handled")
    clock.moment += HOUR
    await work_orders.transition(ctx, ADMIN, order.id, "in_progress", "又漏了")
    async with store.reading() as uow:
        assert uow._db is not None
        kept = select(lost.name, lost.at, lost.until).where(lost.order_id == order.id)
        assert [tuple(row) for row in await uow._db.execute(kept)] == [("handled", handled_at, clock.moment)]


async def test_waiting_for_the_customer_stops_the_clock_and_adds_exactly_its_length(
    ctx: Context, clock: ManualClock
) -> None:
    order = await _order(ctx)
    start = clock.moment
    await work_orders.take(ctx, ADMIN, order.id)
    for wait, reason in ((3 * HOUR, "waiting_customer"), (HOUR, "weather")):
        clock.moment += 10 * MINUTE
        await make_move(ctx, ADMIN, order.id, "suspend", MoveRequest(reason=reason))
        stopped = (await _dues(ctx, order))["handle"] is None
        assert stopped == (reason == "waiting_customer")
        clock.moment += wait
        await SlaClock(ctx).step()
        await make_move(ctx, ADMIN, order.id, "resume", MoveRequest())
    assert (await _dues(ctx, order))["handle"] == start + 4 * HOUR + 3 * HOUR
    shown = (await work_orders.get(ctx, ADMIN, order.id)).order
    assert shown.due_at == start + 7 * HOUR
    assert [one for one in await _told(ctx, DISPATCHER) if one[0] == "handle"] == []


@pytest.mark.parametrize("table", ["sla_policies", "penalties", "penalty_waivers"])
async def test_append_only_rows_refuse_change_and_deletion(
    ctx: Context, clock: ManualClock, store: SqlStore, table: str
) -> None:
    await _order(ctx, "change", "urgent")
    clock.moment += 2 * HOUR
    await SlaClock(ctx).step()
    await penalties.waive(ctx, ADMIN, (await penalties.find(ctx, ADMIN)).items[0].id, "台风")
    column = {"sla_policies": "position", "penalties": "amount_fen", "penalty_waivers": "reason"}[table]
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(IntegrityError, match="append-only"):
            async with store.writer.begin() as connection:
                await connection.execute(text(statement))
