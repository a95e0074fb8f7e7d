"""The engine's task for what falls due by the day: rounds are opened, and the inventory hears what there is."""

from __future__ import annotations

import asyncio

from call_helpers import ADMIN

from ccengine.engine import due_plans
from ccengine.hotline.inspection_round import Item
from ccengine.rows import RoundFilter
from ccengine.services import inventory, round_plans, rounds
from ccengine.services.context import Context, today
from ccengine.services.round_plans import NewRoundPlan


async def test_task_opens_what_is_due_and_says_what_it_finds(ctx: Context) -> None:
    plan = NewRoundPlan(name="机房", first_on=today(ctx), items=(Item(name="温度"),))
    await round_plans.save(ctx, ADMIN, plan)
    task = asyncio.create_task(due_plans.run(ctx))
    async with asyncio.timeout(60):
        while not await inventory.compare(ctx, ADMIN):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len((await rounds.find(ctx, ADMIN, RoundFilter(state="pending"))).items) == 1
    assert {"database", "n1/engine"} <= {one.found.key for one in await inventory.compare(ctx, ADMIN)}
