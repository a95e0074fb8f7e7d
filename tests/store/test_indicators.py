"""The database's sums and the pure ones agree, for any history of orders, at any cut-off, on both databases."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from ccengine.hotline.indicators import Due, OrderFacts, Stamp, VisitFact, count
from ccengine.hotline.sla import Step
from ccengine.rows import IndicatorFilter
from ccengine.services import indicators
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid, NotAllowed
from ccengine.store.tables.sla import order_deadlines, order_lost_stamps
from ccengine.store.tables.work_order_parts import order_visits
from ccengine.store.tables.work_orders import work_orders
from ccengine.store.unit_of_work import SqlStore

START = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SUPERVISOR = Actor(kind="user", name="supervisor", roles=frozenset({"supervisor"}))
STAMPS = ("accepted", "acknowledged", "handled", "item_cleared", "closed", "replied", "planned")
ALL = IndicatorFilter(since=START, until=START + 60 * DAY)


@dataclass(frozen=True, kw_only=True)
class _Order:
    """A made-up history: the rows that hold it, and the same as facts."""

    row: dict[str, Any]
    lost: Sequence[dict[str, Any]]
    deadlines: Sequence[dict[str, Any]]
    visits: Sequence[dict[str, Any]]
    facts: OrderFacts


def _orders(dice: random.Random, many: int) -> Iterator[_Order]:
    for number in range(1, many + 1):
        yield _order(dice, number)


def _order(dice: random.Random, number: int) -> _Order:
    born = START + dice.randrange(30 * 1440) * MINUTE

    def later() -> datetime:
        return born + dice.choice((0, 1, 1440, dice.randrange(10 * 1440))) * MINUTE

    row = _row(dice, number, born)
    lost: list[dict[str, Any]] = []
    stamps: dict[str, list[Stamp]] = defaultdict(list)
    for name in STAMPS:
        moments = sorted({later() for _ in range(dice.choice((0, 0, 1, 1, 1, 2, 3, 4)))})
        for at, until in zip(moments[::2], [*moments[1::2], None], strict=False):
            stamps[name].append(Stamp(at=at, until=until))
            if until is None:
                row[f"{name}_at"] = at
            else:
                lost.append({"order_id": number, "name": name, "at": at, "until": until})
    deadlines, dues = [], defaultdict(list)
    for step in dice.sample((Step.ACKNOWLEDGE, Step.HANDLE, Step.RESPOND), dice.randrange(4)):
        begins = born
        for round_ in range(dice.choice((1, 1, 1, 2))):
            due = dice.choice((None, later(), later(), born + DAY))
            deadlines.append(_deadline(number, step, round_, begins, due))
            dues[step].append(Due(since=begins, due_at=due))
            begins += dice.randrange(1, 3000) * MINUTE
    visits, told = _visits(dice, number, born)
    facts = OrderFacts(registered_at=born, type=row["type"], stamps=stamps, dues=dues, visits=told)
    return _Order(row=row, lost=lost, deadlines=deadlines, visits=visits, facts=facts)


def _row(dice: random.Random, number: int, born: datetime) -> dict[str, Any]:
    texts = (
        "title",
        "description",
        "contact_name",
        "contact_number",
        "number_key",
        "address",
        "district",
        "assigned_to",
    )
    return {name: "" for name in texts} | {
        "id": number,
        "number": f"WO20261101-{number:05d}",
        "type": dice.choice(("repair", "defect", "complaint")),
        "category": dice.choice(("leak", "burst_pipe", "")),
        "status": "registered",
        "priority": "normal",
        "form": dice.choice(("phone", "web")),
        "source": dice.choice(("customer", "12345")),
        "unit": "",
        "unit_code": dice.choice(("crew_east", "crew_west", "")),
        "created_by": "test",
        "version": 1,
        "created_at": born,
        "updated_at": born,
        "due_at": born,
        "registered_at": born,
        **{f"{name}_at": None for name in STAMPS},
    }


def _deadline(order: int, step: Step, round_: int, began: datetime, due: datetime | None) -> dict[str, Any]:
    return {
        "order_id": order,
        "step": step.value,
        "round": round_,
        "policy_code": "any",
        "policy_version": 1,
        "started_at": began,
        "due_at": due,
        "void": False,
        "level": 0,
    }


def _visits(dice: random.Random, order: int, born: datetime) -> tuple[list[dict[str, Any]], list[VisitFact]]:
    rows, facts = [], []
    at = born
    for round_ in range(1, dice.choice((1, 1, 2, 3)) + 0):
        at += dice.randrange(1, 6000) * MINUTE
        status = dice.choice(("done", "done", "unreachable", "pending", "cancelled"))
        grade = dice.choice((None, 1, 2, 3, 4, 5)) if status == "done" else None
        ended = at if status in ("done", "unreachable") else None
        rows.append(
            {
                "order_id": order,
                "round": round_,
                "kind": "phone",
                "status": status,
                "due_at": at,
                "tries": 1,
                "grade_handling": grade,
                "remark": "",
                "remark_recording": "",
                "asked_by": "",
                "created_at": born,
                "done_at": ended,
            }
        )
        if ended is not None:
            facts.append(VisitFact(at=ended, reached=status == "done", grade=grade))
    return rows, facts


async def _store(store: SqlStore, orders: Sequence[_Order]) -> None:
    async with store.writer.begin() as connection:
        for table, rows in (
            (work_orders, [order.row for order in orders]),
            (order_lost_stamps, [row for order in orders for row in order.lost]),
            (order_deadlines, [row for order in orders for row in order.deadlines]),
            (order_visits, [row for order in orders for row in order.visits]),
        ):
            if rows:
                await connection.execute(insert(table), rows)


@pytest.mark.parametrize("seed", range(4))
async def test_database_adds_up_what_the_definition_says(store: SqlStore, seed: int) -> None:
    dice = random.Random(seed)
    orders = list(_orders(dice, 150))
    await _store(store, orders)
    cut_offs = [START + dice.randrange(45 * 1440) * MINUTE for _ in range(5)]
    cut_offs += [orders[0].facts.registered_at, orders[1].facts.registered_at + DAY]
    async with store.reading() as uow:
        for cut_off in cut_offs:
            found = await uow.indicators.sums(ALL, cut_off, 4, None)
            wanted = count([order.facts for order in orders], cut_off)
            assert asdict(found[""]) == asdict(wanted), cut_off


@pytest.mark.parametrize("group", indicators.GROUPS)
async def test_parts_of_a_report_are_the_sums_of_their_own_orders(store: SqlStore, group: str) -> None:
    orders = list(_orders(random.Random(7), 120))
    await _store(store, orders)
    cut_off = START + 40 * DAY
    async with store.reading() as uow:
        found = await uow.indicators.sums(ALL, cut_off, 4, group)
    column = {"unit": "unit_code"}.get(group, group)

    def key(order: _Order) -> str:
        local = order.facts.registered_at + timedelta(hours=8)
        return f"{local:%Y-%m}" if group == "month" else str(order.row[column])

    parts: dict[str, list[OrderFacts]] = defaultdict(list)
    for order in orders:
        parts[key(order)].append(order.facts)
    assert {name: asdict(sums) for name, sums in found.items()} == {
        name: asdict(count(facts, cut_off)) for name, facts in parts.items()
    }


async def test_conditions_of_a_report_are_combined(ctx: Context, store: SqlStore) -> None:
    orders = list(_orders(random.Random(3), 400))
    await _store(store, orders)
    wanted = IndicatorFilter(
        since=START + 5 * DAY, until=START + 20 * DAY, type="repair", unit="crew_west", form="phone", source="customer"
    )
    columns = {"type": "repair", "unit_code": "crew_west", "form": "phone", "source": "customer"}
    fitting = [
        order.facts
        for order in orders
        if wanted.since <= order.facts.registered_at < wanted.until
        and all(order.row[name] == value for name, value in columns.items())
    ]
    report = await indicators.report(ctx, SUPERVISOR, wanted, cut_off=START + 50 * DAY, group_by="category")
    assert report.total["registered"] == len(fitting) > 0
    assert sum(part["registered"] or 0 for part in report.parts.values()) == len(fitting)


async def test_report_without_orders_has_zeros_and_no_rates(ctx: Context) -> None:
    report = await indicators.report(ctx, SUPERVISOR, ALL)
    assert (report.total["registered"], report.total["closed_rate"], report.parts) == (0, None, {})


async def test_report_is_refused_without_the_right_or_with_a_wrong_period(ctx: Context) -> None:
    with pytest.raises(NotAllowed):
        await indicators.report(ctx, Actor(kind="user", name="a", roles=frozenset({"agent"})), ALL)
    with pytest.raises(Invalid):
        await indicators.report(ctx, SUPERVISOR, IndicatorFilter(since=START, until=START))
    with pytest.raises(Invalid):
        await indicators.report(ctx, SUPERVISOR, ALL, group_by="colour")


async def test_made_up_orders_are_all_in_the_database(store: SqlStore) -> None:
    await _store(store, list(_orders(random.Random(1), 10)))
    async with store.reader.connect() as connection:
        assert len((await connection.execute(select(work_orders.c.id))).all()) == 10
