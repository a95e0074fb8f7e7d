"""Whatever the order in which journal, live view and agents tell of the same calls: the same records and orders."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from call_helpers import AGENT, abandoned, answered, batch, opened, unqueued, with_parts
from store_fixtures import START

from ccengine.hotline.opening_rule import DEFAULTS, evaluate
from ccengine.rows import CallFilter, OrderFilter
from ccengine.services import call_records, work_orders
from ccengine.services.context import ENGINE, Context
from ccengine.services.work_orders import OrderChoice
from ccengine.values import CallRecord, Outcome

Step = Callable[[], Awaitable[object]]
#: Agents choose only dispositions of a type that nobody else's order could already cover.
_CHOICES = ("complaint_service", "suggestion", "nuisance")


def _finals(chance: random.Random) -> list[CallRecord]:
    made = []
    for n in range(12):
        start = START + timedelta(minutes=n)
        number = f"1390000{n:04d}"
        kind = chance.choice(("repair", "person", "abandoned", "message", "self", "short"))
        if kind in ("repair", "person"):
            made.append(with_parts(answered(kind, started_at=start, caller_number=number)))
        elif kind in ("abandoned", "short"):
            made.append(abandoned(12.0 if kind == "abandoned" else 2.0, started_at=start, caller_number=number))
        else:
            outcome = Outcome.VOICE_MESSAGE if kind == "message" else Outcome.SELF_SERVICE
            made.append(unqueued(outcome, "repair", started_at=start, caller_number=number))
    return made


def _steps(ctx: Context, chance: random.Random, final: CallRecord) -> tuple[list[Step], str | None]:
    """Return what is told of one call, some of it twice, and the agent's choice if there was one."""
    begun = opened(call_id=final.call_id, started_at=final.started_at, caller_number=final.caller_number)
    waiting = dataclasses.replace(begun, menu_path=final.menu_path)
    steps: list[Step] = [
        lambda record=record: call_records.store_records(ctx, batch(record))  # type: ignore[misc]
        for record in (begun, waiting, final, final)
    ]
    if chance.random() < 0.5:
        steps.append(lambda: call_records.store_live_record(ctx, final))
    choice = chance.choice(_CHOICES) if final.agent_number and chance.random() < 0.5 else None
    if choice is not None:
        chosen = OrderChoice(disposition=choice)
        steps.insert(
            chance.randrange(len(steps) + 1), lambda: work_orders.choose_for_call(ctx, AGENT, final.call_id, chosen)
        )
    return steps, choice


def _expected(final: CallRecord, choice: str | None) -> str | None:
    types = {"complaint_service": "complaint", "suggestion": "suggestion", "nuisance": None}
    if choice is not None:
        return types[choice]
    intent = evaluate(DEFAULTS, final)
    return intent.type if intent else None


@pytest.mark.parametrize("seed", range(6))
async def test_calls_told_in_any_order_and_all_at_once_end_alike(ctx: Context, seed: int) -> None:
    chance = random.Random(seed)
    finals = _finals(chance)
    told = {final.call_id: _steps(ctx, chance, final) for final in finals}

    async def tell(steps: list[Step]) -> None:
        for step in steps:
            await step()

    await asyncio.gather(*(tell(steps) for steps, _ in told.values()))
    rows = {
        row.record.call_id: row for row in (await call_records.find_calls(ctx, ENGINE, CallFilter(), None, 200)).items
    }
    orders = {order.id: order for order in (await work_orders.find(ctx, ENGINE, OrderFilter(), None, 200)).items}
    for final in finals:
        row, choice = rows[final.call_id], told[final.call_id][1]
        assert row.record == final
        live = [orders[one.id] for one in row.orders if one.status != "closed"]
        wanted = _expected(final, choice)
        assert [order.type for order in live] == ([wanted] if wanted else [])
        assert len(row.orders) <= 1
    assert len({order.call_id for order in orders.values()}) == len(orders)
    assert len({order.number for order in orders.values()}) == len(orders)


async def test_many_calls_of_one_caller_at_once_share_one_order(ctx: Context) -> None:
    records = [answered("repair", caller_number="13900009999") for _ in range(12)]
    await asyncio.gather(*(call_records.store_records(ctx, batch(record)) for record in records))
    (order,) = (await work_orders.find(ctx, ENGINE, OrderFilter())).items
    assert set(order.call_ids) == {record.call_id for record in records}


async def test_batches_that_cross_each_other_are_all_kept(ctx: Context) -> None:
    """Two engines on one PostgreSQL take calls in opposite orders: a deadlock that must heal by itself."""
    records = [answered("repair", caller_number=f"1390000{n:04d}") for n in range(10)]
    await asyncio.gather(*(call_records.store_records(ctx, batch(*records[::step])) for step in (1, -1, 1, -1)))
    orders = (await work_orders.find(ctx, ENGINE, OrderFilter())).items
    assert sorted(order.call_id or "" for order in orders) == sorted(record.call_id for record in records)
