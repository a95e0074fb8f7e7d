"""Where concrete classes are picked: settings in, a store, the engine's tasks, the back office out.

What does not live here: what they do; which parts an engine has (bootstrap_engine) and the pages (bootstrap_pages).
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import structlog

from ccengine.clock import SystemClock
from ccengine.config import Settings
from ccengine.engine.daemon import Runner, run_together
from ccengine.engine.role import Role, RoleLost
from ccengine.engine.watchdog import Watchdog
from ccengine.services import place
from ccengine.services.context import Context
from ccengine.store import search_text
from ccengine.store.unit_of_work import SqlStore

log = structlog.get_logger(__name__)


@asynccontextmanager
async def context(settings: Settings) -> AsyncIterator[Context]:
    """Give the context of all use cases, its store open while the context manager is entered."""
    store = SqlStore(settings)
    try:
        yield Context(store=store, clock=SystemClock(), settings=settings)
    finally:
        await store.close()


async def run_engine(ctx: Context, dog: Watchdog, check: Callable[[], None] = lambda: None) -> None:
    """Run the engine whenever its role is ours, wait as a standby while it is another's; until cancelled.

    `check`: looks before each start whether it can work at all; raises what stops it. Errors: RoleTaken.
    """
    role = Role(ctx)
    while True:
        dog.expect("engine", lambda: role.standby_of is not None)
        dog.status = lambda: "standby: another engine is at work"
        await role.take()
        try:
            if not role.took_over:
                check()
            own = replace(ctx, store=ctx.store.fenced(role))
            await run_together({**engine_tasks(own, dog, role), "role": role.keep})
        except ExceptionGroup as group:
            lost, others = group.split(RoleLost)
            if lost is None or others is not None:
                raise
            log.error("the role is another engine's: standing by", action="role", error=str(lost.exceptions[0]))
        finally:
            await role.give_back()


def engine_tasks(ctx: Context, dog: Watchdog, role: Role) -> Mapping[str, Runner]:
    """Return the engine's long-lived tasks by name; `dog` hears when it is ready. Call it inside the running loop."""
    place.load_in_background()
    threading.Thread(target=search_text.load, name="pinyin", daemon=True).start()
    from ccengine.bootstrap_engine import EngineParts  # a third of all: only who runs an engine loads it

    return EngineParts(ctx, dog, role).tasks()


def backoffice_tasks(ctx: Context, dog: Watchdog) -> Mapping[str, Runner]:
    """Return the back office's task by name; `dog` hears when it is ready."""
    place.load_in_background()
    listening = asyncio.Event()
    dog.expect("pages", listening.is_set)
    return {"back office": partial(_serve_pages, ctx, listening, dog)}


async def _serve_pages(ctx: Context, listening: asyncio.Event, dog: Watchdog) -> None:
    """Serve pages and API until cancelled. Their code, a third of all, is loaded in a thread: an engine in the same
    process answers callers meanwhile. Raises UnsafeBinding, OSError (port taken)."""
    pages = await asyncio.to_thread(importlib.import_module, "ccengine.bootstrap_pages")
    await pages.serve(ctx, listening, dog)
