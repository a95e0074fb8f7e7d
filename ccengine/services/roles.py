"""Roles that one process holds at a time, such as being the engine of a PBX: look, take, renew, give back.

A role is taken over from a holder who gave it back, who is known to be dead, or who was watched for the whole lease
without renewing it. The watching counts, not the clocks: a step of any clock takes nobody's role away.
What does not live here: who wants which role (engine/role).
"""

from __future__ import annotations

from functools import partial

from ccengine.rows import RoleRow
from ccengine.services.context import Context
from ccengine.services.guard import guarded


@guarded
async def look(ctx: Context, name: str) -> RoleRow | None:
    """Return who holds a role; None when nobody ever did. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return await uow.roles.look(name)


@guarded
async def take(ctx: Context, name: str, holder: str, over: RoleRow | None, seconds: float) -> RoleRow | None:
    """Take a role from the one who was seen with it (None: nobody), and free the jobs that he died with.

    Returns None when the role has changed since it was looked at. Errors: Unavailable.
    """
    async with ctx.store() as uow:
        taken = await uow.roles.take(name, holder, over, seconds)
        if taken is not None:
            await uow.jobs.let_go(name, taken.fence, ctx.clock.now())
        await uow.commit()
    return taken


@guarded
async def renew(ctx: Context, held: RoleRow, seconds: float) -> RoleRow | None:
    """Say that the holder lives; None when another has the role by now. Errors: Unavailable."""
    async with ctx.store() as uow:
        return await uow.at_once(partial(uow.roles.renew, held, seconds), commit=True)


@guarded
async def give_back(ctx: Context, held: RoleRow) -> None:
    """Let a role go, so that the next one need not wait. Errors: Unavailable."""
    async with ctx.store() as uow:
        await uow.roles.give_back(held)
        await uow.commit()
