"""The task that opens what falls due by the day: the orders of planned visits.

What does not live here: what that means (services/visit_plans.py).
"""

from __future__ import annotations

import asyncio

import structlog

from ccengine.services import visit_plans
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
LOOK_SECONDS = 30.0


async def run(ctx: Context) -> None:
    """Look what has fallen due, for ever."""
    while True:
        try:
            count = await visit_plans.open_due(ctx)
            if count:
                log.info("planned visits are due", action="plans", visits=count)
        except Unavailable as error:
            log.warning("plans wait: the database is away", action="plans", error=str(error))
        await asyncio.sleep(LOOK_SECONDS)
