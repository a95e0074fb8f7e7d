"""The audit log: who did what to what, in the same transaction as the deed.

What does not live here: rights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ccengine.rows import AuditEntry, Page
from ccengine.services.context import Actor, Context
from ccengine.services.guard import guarded, limited
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork


async def note(
    ctx: Context, uow: UnitOfWork, actor: Actor, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Add a line to the audit log inside the caller's transaction."""
    who = f"{actor.kind}:{actor.name}"
    entry = AuditEntry(at=ctx.clock.now(), actor=who, action=action, subject=subject, detail=detail or {})
    await uow.audit.add(entry)


@guarded
async def find_entries(ctx: Context, actor: Actor, cursor: str | None = None, limit: int = 50) -> Page[AuditEntry]:
    """List the audit log, newest first. Errors: NotAllowed(audit.view), Invalid(cursor, limit), Unavailable."""
    require(actor, "audit.view")
    async with ctx.store.reading() as uow:
        return await uow.audit.find(cursor, limited(limit))
