"""The task that hands visits whose time has come to the dialler.

What does not live here: what that means (services/visit_calls.py), dialling (dialler.py), plans (due_plans.py).
"""

from __future__ import annotations

import asyncio

import structlog

from ccengine.services import visit_calls
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
LOOK_SECONDS = 2.0


async def run(ctx: Context) -> None:
    """Look for due visits, for ever."""
    while True:
        try:
            count = await visit_calls.queue_due(ctx)
            if count:
                log.info("customers to be asked", action="visits", visits=count)
        except Unavailable as error:
            log.warning("visits wait: the database is away", action="visits", error=str(error))
        await asyncio.sleep(LOOK_SECONDS)
