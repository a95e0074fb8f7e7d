"""API tokens: issued once, stored as a hash, revocable.

What does not live here: sessions of people (sign_in.py).
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from ccengine.rows import TokenRow
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import NotFound
from ccengine.services.guard import guarded, required_text
from ccengine.services.rights import check_roles, require
from ccengine.services.sign_in import token_hash

PREFIX = "cct_"
TOUCH_AFTER = timedelta(minutes=5)


@guarded
async def issue(
    ctx: Context, actor: Actor, name: str, roles: frozenset[str], expires_at: datetime | None = None
) -> str:
    """Issue a token and return it; it is never shown again. Errors: NotAllowed(tokens.edit), Invalid, Unavailable."""
    require(actor, "tokens.edit")
    name = required_text("name", name, 64)
    check_roles("roles", roles)
    token = PREFIX + secrets.token_urlsafe(32)
    async with ctx.store() as uow:
        token_id = await uow.users.insert_token(name, token_hash(token), roles, ctx.clock.now(), expires_at)
        await note(ctx, uow, actor, "tokens.issue", f"token:{token_id}", {"name": name, "roles": sorted(roles)})
        await uow.commit()
    return token


@guarded
async def actor_of(ctx: Context, token: str) -> Actor | None:
    """Return who a bearer token stands for, None when it is unknown, revoked or expired. Errors: Unavailable."""
    if not token.startswith(PREFIX):
        return None
    now = ctx.clock.now()
    async with ctx.store.reading() as uow:
        row = await uow.users.token(token_hash(token))
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    if row.last_used_at is None or now - row.last_used_at >= TOUCH_AFTER:
        async with ctx.store() as uow:
            await uow.users.touch_token(row.id, now)
            await uow.commit()
    return Actor(kind="api", name=row.name, roles=row.roles)


@guarded
async def list_tokens(ctx: Context, actor: Actor) -> tuple[TokenRow, ...]:
    """Return all tokens, without their text. Errors: NotAllowed(tokens.edit), Unavailable."""
    require(actor, "tokens.edit")
    async with ctx.store.reading() as uow:
        return await uow.users.tokens()


@guarded
async def revoke(ctx: Context, actor: Actor, token_id: int) -> None:
    """Revoke a token at once. Errors: NotAllowed(tokens.edit), NotFound, Unavailable."""
    require(actor, "tokens.edit")
    async with ctx.store() as uow:
        if not await uow.users.revoke_token(token_id, ctx.clock.now()):
            raise NotFound("token", token_id)
        await note(ctx, uow, actor, "tokens.revoke", f"token:{token_id}")
        await uow.commit()
