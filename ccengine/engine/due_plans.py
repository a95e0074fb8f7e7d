"""The task that opens what falls due by the day: orders of planned visits, inspection rounds; and tells what is late.

What does not live here: what that means (services/visit_plans.py, round_plans.py).
"""

from __future__ import annotations

import asyncio

import structlog

from ccengine.services import round_plans, visit_plans
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
LOOK_SECONDS = 30.0


async def run(ctx: Context) -> None:
    """Look what has fallen due, for ever."""
    while True:
        try:
            visits, rounds = await visit_plans.open_due(ctx), await round_plans.open_due(ctx)
            late = await round_plans.tell_overdue(ctx)
            if visits or rounds or late:
                log.info("planned work is due", action="plans", visits=visits, rounds=rounds, rounds_late=late)
        except Unavailable as error:
            log.warning("plans wait: the database is away", action="plans", error=str(error))
        await asyncio.sleep(LOOK_SECONDS)
