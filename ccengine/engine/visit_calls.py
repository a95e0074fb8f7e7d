"""The task that hands visits whose time has come to the dialler, and opens the orders of planned ones.

What does not live here: what that means (services/visit_calls.py, visit_plans.py), dialling (dialler.py).
"""

from __future__ import annotations

import asyncio

import structlog

from ccengine.services import visit_calls, visit_plans
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
LOOK_SECONDS = 2.0
#: Planned visits fall due by the day.
PLANS_SECONDS = 30.0


async def run(ctx: Context) -> None:
    """Look for due visits, for ever."""
    loop = asyncio.get_running_loop()
    plans_at = loop.time()
    while True:
        try:
            count = await visit_calls.queue_due(ctx)
            if loop.time() >= plans_at:
                count += await visit_plans.open_due(ctx)
                plans_at = loop.time() + PLANS_SECONDS
            if count:
                log.info("customers to be asked", action="visits", visits=count)
        except Unavailable as error:
            log.warning("visits wait: the database is away", action="visits", error=str(error))
        await asyncio.sleep(LOOK_SECONDS)
