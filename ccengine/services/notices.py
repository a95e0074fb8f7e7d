"""What somebody was told: the bell on every page.

What does not live here: who is told what (sla_alarms.py).
"""

from __future__ import annotations

from ccengine.rows import NoticeReader, NoticeRow, Page
from ccengine.services.context import Actor, Context
from ccengine.services.errors import NotFound
from ccengine.services.guard import guarded, limited

#: From so many on it is "99+".
MANY = 100


@guarded
async def unseen_count(ctx: Context, actor: Actor) -> int:
    """Return how many notices this person has not seen, MANY at most. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return await uow.notices.unseen(_reader(actor), MANY)


@guarded
async def find(
    ctx: Context, actor: Actor, *, unseen_only: bool = False, cursor: str | None = None, limit: int = 50
) -> Page[NoticeRow]:
    """List one's own notices, newest first. Errors: Invalid(cursor, limit), Unavailable."""
    async with ctx.store.reading() as uow:
        return await uow.notices.find(_reader(actor), unseen_only, cursor, limited(limit))


@guarded
async def mark_seen(ctx: Context, actor: Actor, notice_id: int | None = None) -> None:
    """Mark one of one's own notices as seen, or (None) all of them. Errors: NotFound, Unavailable."""
    async with ctx.store() as uow:
        if not await uow.notices.mark_seen(_reader(actor), notice_id, ctx.clock.now()):
            raise NotFound("notice", notice_id)
        await uow.commit()


def _reader(actor: Actor) -> NoticeReader:
    return NoticeReader(user_name=actor.name, roles=tuple(sorted(actor.roles)))
