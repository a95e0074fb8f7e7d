"""Lists that are loaded behind the request that began them; how far they are stands in the import's row.

What does not live here: loading (services/campaign_targets.py), addresses (targets.py, queries.py, api/).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextvars import Context as Variables
from typing import Any

import structlog
from aiohttp import web

from ccengine.services import campaign_targets
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Unavailable

_log = structlog.get_logger(__name__)
#: So many lists at once: each of them writes, and may keep a file of a hundred megabytes.
MOST = 4
AGAIN_SECONDS = 5.0


class Loads:
    """The loads of this back office. One that a restart cuts off is ended by the next start (files.end_broken)."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def refuse_more(self) -> None:
        """Raise Conflict when there are enough."""
        if len(self._tasks) >= MOST:
            raise Conflict(
                f"已有 {MOST} 份名单正在导入，请等其中一份完成",
                f"{MOST} lists are being loaded already; wait until one of them is done",
            )

    def begin(self, ctx: Context, import_id: int, work: Coroutine[Any, Any, object]) -> None:
        """Go on with an import that has begun; the request's own deadlines do not count here."""
        task = asyncio.create_task(_load(ctx, import_id, work), name=f"import-{import_id}", context=Variables())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def cut_off(self) -> None:
        """Leave what is not done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


LOADS: web.AppKey[Loads] = web.AppKey("loads", Loads)


async def _load(ctx: Context, import_id: int, work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
        return
    except Unavailable as error:
        _log.warning("loading a list stopped", action="import", import_id=import_id, error=str(error))
    except Exception:  # noqa: BLE001 - the edge of a load: whatever it was, its row must say that it is over
        _log.exception("loading a list failed", action="import", import_id=import_id)
    while True:
        try:
            await campaign_targets.cut_off(ctx, import_id)
            return
        except Unavailable:
            await asyncio.sleep(AGAIN_SECONDS)


async def keep_loads(app: web.Application) -> AsyncIterator[None]:
    """Cut off the loads when the application ends (a `cleanup_ctx`)."""
    yield
    await app[LOADS].cut_off()
