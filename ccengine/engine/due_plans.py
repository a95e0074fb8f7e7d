"""The task that opens what falls due by the day (orders of planned visits, inspection rounds), tells what is late or
ends (rounds, warranties), and each hour says for the inventory what it finds on its machine.

What does not live here: what that means (services/visit_plans.py, round_plans.py, inventory.py).
"""

from __future__ import annotations

import asyncio

import structlog

from ccengine.engine import found
from ccengine.services import inventory, round_plans, visit_plans
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
LOOK_SECONDS = 30.0
FOUND_SECONDS = 3600.0


async def run(ctx: Context) -> None:
    """Look what has fallen due, for ever."""
    loop = asyncio.get_running_loop()
    found_at = loop.time()
    while True:
        try:
            visits, rounds = await visit_plans.open_due(ctx), await round_plans.open_due(ctx)
            late, ends = await round_plans.tell_overdue(ctx), await inventory.tell_warranties(ctx)
            if visits or rounds or late or ends:
                told = {"rounds_late": late, "warranties": ends}
                log.info("planned work is due", action="plans", visits=visits, rounds=rounds, **told)
            if loop.time() >= found_at:
                await inventory.note_found(ctx, await asyncio.to_thread(found.look, ctx.settings))
                found_at = loop.time() + FOUND_SECONDS
        except Unavailable as error:
            log.warning("plans wait: the database is away", action="plans", error=str(error))
        await asyncio.sleep(LOOK_SECONDS)
