"""Committed changes in order, for those who push them to pages or connectors.

What does not live here: pushing.
"""

from __future__ import annotations

from datetime import timedelta

from ccengine.rows import OutboxRow
from ccengine.services.context import Context
from ccengine.services.guard import guarded

KEEP = timedelta(days=2)


@guarded
async def last_id(ctx: Context) -> int:
    """Return the newest change's id, 0 when there is none: where a new reader begins. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return await uow.outbox.last_id()


@guarded
async def after(ctx: Context, change_id: int, limit: int = 200) -> tuple[OutboxRow, ...]:
    """Return the changes after an id, oldest first. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return await uow.outbox.after(change_id, limit)


@guarded
async def forget_old(ctx: Context) -> None:
    """Drop changes that everybody has had time to read. Errors: Unavailable."""
    async with ctx.store() as uow:
        await uow.outbox.forget(ctx.clock.now() - KEEP)
        await uow.commit()
