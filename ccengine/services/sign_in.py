"""Signing in to the pages: own sessions in the database, throttling that survives a restart; users and their passwords.

What does not live here: what a password must be like (passwords.py), cookies and CSRF checks (backoffice/), API tokens
(tokens.py).
"""

from __future__ import annotations

import hashlib
import math
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ccengine.rows import SessionRow, UserRow
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound, SignInFailed, Throttled
from ccengine.services.guard import guarded, required_text
from ccengine.services.passwords import (
    NOBODY,
    Standing,
    check_new,
    check_unused,
    hash_password,
    standing,
    verify,
)
from ccengine.services.rights import check_roles, require
from ccengine.store_port import AlreadyExists, UnitOfWork

WINDOW = timedelta(minutes=15)
FAILURES_PER_USER_AND_IP = 5
FAILURES_PER_USER = 20
FAILURES_PER_IP = 60
#: A session's last_seen_at is written at most this often, so that reading a page is seldom a write.
TOUCH_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in person. `token` goes into the cookie and is only known at sign-in ("" afterwards)."""

    token: str = field(repr=False)
    csrf_token: str = field(repr=False)
    actor: Actor
    user: UserRow
    expires_at: datetime
    standing: Standing


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@guarded
async def sign_in(ctx: Context, user_name: str, password: str, ip: str) -> Session:
    """Sign in. Errors: SignInFailed (it is not said what was wrong), Throttled(retry_after_seconds), Unavailable."""
    user_name, ip = user_name[:64], ip[:64]
    attempt, user = await _begin_attempt(ctx, user_name, ip)
    stored = user.password_hash if user is not None else NOBODY
    right = await verify(stored, password[:1024])
    async with ctx.store() as uow:
        now = ctx.clock.now()
        ok = right and user is not None and user.active
        if ok:
            await uow.users.attempt_succeeded(attempt)
        actor = _actor(user) if user is not None else Actor(kind="user", name=user_name)
        await note(ctx, uow, actor, "sign_in" if ok else "sign_in_failed", f"user:{user_name}", {"ip": ip})
        session = await _open_session(ctx, uow, user, ip, now) if ok and user is not None else None
        await uow.users.delete_expired(now)
        await uow.commit()
    if session is None:
        raise SignInFailed()
    return session


async def _begin_attempt(ctx: Context, user_name: str, ip: str) -> tuple[int, UserRow | None]:
    """Keep an attempt and return its id and the user. Errors: Throttled."""
    async with ctx.store() as uow:
        # Counted as failed before the password is looked at, so that a hundred at once are a hundred, not one.
        await uow.calls.lock("sign-in")
        await _throttle(ctx, uow, user_name, ip)
        attempt = await uow.users.add_attempt(ctx.clock.now(), user_name, ip, False)
        user = await uow.users.by_name(user_name)
        await uow.commit()
    return attempt, user


async def _throttle(ctx: Context, uow: UnitOfWork, user_name: str, ip: str) -> None:
    now = ctx.clock.now()
    limits = (
        (user_name, ip, FAILURES_PER_USER_AND_IP),
        (user_name, None, FAILURES_PER_USER),
        (None, ip, FAILURES_PER_IP),
    )
    for by_name, by_ip, most in limits:
        failures = await uow.users.failures(since=now - WINDOW, user_name=by_name, ip=by_ip)
        if len(failures) >= most:
            free_at = sorted(failures)[-most] + WINDOW
            raise Throttled(max(1, math.ceil((free_at - now).total_seconds())))


async def _open_session(ctx: Context, uow: UnitOfWork, user: UserRow, ip: str, now: datetime) -> Session:
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    expires_at = now + timedelta(hours=ctx.settings.web.session_hours)
    row = SessionRow(
        token_hash=token_hash(token),
        user_id=user.id,
        csrf_token=csrf,
        ip=ip,
        created_at=now,
        last_seen_at=now,
        expires_at=expires_at,
    )
    await uow.users.insert_session(row)
    return Session(
        token=token,
        csrf_token=csrf,
        actor=_actor(user),
        user=user,
        expires_at=expires_at,
        standing=standing(ctx.settings.passwords, user, now, now),
    )


def _actor(user: UserRow) -> Actor:
    return Actor(kind="user", name=user.user_name, roles=user.roles, agent_number=user.agent_number)


@guarded
async def session_of(ctx: Context, token: str) -> Session | None:
    """Return the session of a cookie's token, or None when there is none (any more). Errors: Unavailable."""
    if not token:
        return None
    now, hashed = ctx.clock.now(), token_hash(token)
    async with ctx.store.reading() as uow:
        row = await uow.users.session(hashed)
        user = await uow.users.get(row.user_id) if row is not None else None
    if row is None or user is None or not user.active or row.expires_at <= now:
        return None
    if row.last_seen_at + timedelta(minutes=ctx.settings.web.idle_minutes) <= now:
        return None
    if now - row.last_seen_at >= TOUCH_AFTER:
        async with ctx.store() as uow:
            await uow.users.touch_session(hashed, now)
            await uow.commit()
    return Session(
        token="",
        csrf_token=row.csrf_token,
        actor=_actor(user),
        user=user,
        expires_at=row.expires_at,
        standing=standing(ctx.settings.passwords, user, row.created_at, now),
    )


@guarded
async def sign_out(ctx: Context, token: str) -> None:
    """End a session; nothing happens when it is over already. Errors: Unavailable."""
    async with ctx.store() as uow:
        await uow.users.delete_session(token_hash(token))
        await uow.commit()


@guarded
async def create_user(
    ctx: Context,
    actor: Actor,
    user_name: str,
    password: str,
    *,
    display_name: str,
    roles: frozenset[str],
    agent_number: str | None = None,
) -> int:
    """Create a user, who sets an own password at the first sign-in.

    Errors: NotAllowed(users.edit), Invalid(user_name, password, roles, agent_number), Conflict.
    """
    require(actor, "users.edit")
    user_name = required_text("user_name", user_name, 64)
    display_name = required_text("display_name", display_name, 64)
    check_new(ctx.settings.passwords, password, user_name)
    check_roles("roles", roles)
    hashed = await hash_password(password)
    async with ctx.store() as uow:
        if agent_number is not None and await uow.agents.get(agent_number) is None:
            raise Invalid("agent_number", "没有这个工号", "No such agent")
        try:
            user_id = await uow.users.insert(
                user_name, hashed, display_name, roles, agent_number, ctx.clock.now(), must_change=True
            )
        except AlreadyExists:
            raise Conflict(f"用户名 {user_name} 已存在", f"The user name {user_name} is taken") from None
        await note(ctx, uow, actor, "users.create", f"user:{user_name}", {"roles": sorted(roles)})
        await uow.commit()
    return user_id


@guarded
async def change_user(
    ctx: Context,
    actor: Actor,
    user_name: str,
    *,
    display_name: str,
    roles: frozenset[str],
    agent_number: str | None = None,
) -> None:
    """Change what somebody is called, may do (from the next request on), and which agent they are.

    Errors: NotAllowed(users.edit), NotFound, Invalid(display_name, roles, agent_number), Conflict (one's own roles).
    """
    require(actor, "users.edit")
    display_name = required_text("display_name", display_name, 64)
    check_roles("roles", roles)
    async with ctx.store() as uow:
        user = await uow.users.by_name(user_name)
        if user is None:
            raise NotFound("user", user_name)
        if user_name == actor.name and actor.kind == "user" and frozenset(user.roles) != roles:
            raise Conflict("不能更改自己的角色，请另一位管理员来改", "Another administrator must change your own roles")
        if agent_number not in (None, user.agent_number) and await uow.agents.get(agent_number or "") is None:
            raise Invalid("agent_number", "没有这个工号", "No such agent")
        await uow.users.change(user.id, display_name, roles, agent_number)
        before = {"display_name": user.display_name, "roles": sorted(user.roles), "agent_number": user.agent_number}
        after = {"display_name": display_name, "roles": sorted(roles), "agent_number": agent_number}
        changed = {name: [before[name], value] for name, value in after.items() if before[name] != value}
        await note(ctx, uow, actor, "users.change", f"user:{user_name}", changed)
        await uow.commit()


@guarded
async def set_password(ctx: Context, actor: Actor, user_name: str, password: str) -> None:
    """Set one's own password, or with users.edit anybody's, who changes it at the next sign-in; all their sessions end.

    Errors: NotAllowed(users.edit), NotFound, Invalid(password), Unavailable.
    """
    own = actor.name == user_name and actor.kind == "user"
    if not own:
        require(actor, "users.edit")
    async with ctx.store.reading() as uow:
        user = await uow.users.by_name(user_name)
    if user is None:
        raise NotFound("user", user_name)
    hashed = await _new_hash(ctx, user, password)
    async with ctx.store() as uow:
        await _replace_password(ctx, uow, actor, user, hashed, must_change=not own)
        await uow.commit()


@guarded
async def change_password(ctx: Context, actor: Actor, current: str, password: str, ip: str) -> Session:
    """Change one's own password after the current one; every session of the person ends, and a new one is opened.

    Errors: Invalid(current, password), Conflict (no person), Throttled (guessing), Unavailable.
    """
    if actor.kind != "user":
        raise Conflict("接口令牌没有密码", "A token has no password")
    attempt, user = await _begin_attempt(ctx, actor.name, ip[:64])
    if user is None or not user.active or not await verify(user.password_hash, current[:1024]):
        async with ctx.store() as uow:
            await note(ctx, uow, actor, "users.set_password_failed", f"user:{actor.name}", {"ip": ip[:64]})
            await uow.commit()
        raise Invalid("current", "当前密码不正确", "The current password is wrong")
    async with ctx.store() as uow:  # whoever knows the password is not guessing, also when the new one is refused
        await uow.users.attempt_succeeded(attempt)
        await uow.commit()
    hashed = await _new_hash(ctx, user, password)
    async with ctx.store() as uow:
        await _replace_password(ctx, uow, actor, user, hashed, must_change=False)
        changed = await uow.users.get(user.id)
        assert changed is not None
        session = await _open_session(ctx, uow, changed, ip[:64], ctx.clock.now())
        await uow.commit()
    return session


async def _new_hash(ctx: Context, user: UserRow, password: str) -> str:
    """Return the hash of a password that the rules allow. Errors: Invalid(password)."""
    rules = ctx.settings.passwords
    check_new(rules, password, user.user_name)
    async with ctx.store.reading() as uow:
        older = await uow.users.old_passwords(user.id, rules.history)
    await check_unused(rules, password, (user.password_hash, *older))
    return await hash_password(password)


async def _replace_password(
    ctx: Context, uow: UnitOfWork, actor: Actor, user: UserRow, hashed: str, *, must_change: bool
) -> None:
    await uow.users.keep_password(user.id, user.password_hash, ctx.clock.now(), ctx.settings.passwords.history)
    await uow.users.set_password(user.id, hashed, ctx.clock.now(), must_change=must_change)
    await uow.users.delete_sessions_of(user.id)
    await note(ctx, uow, actor, "users.set_password", f"user:{user.user_name}", {"must_change": must_change})


@guarded
async def set_active(ctx: Context, actor: Actor, user_name: str, active: bool) -> None:
    """Bar or re-admit a user; barring ends all sessions. Errors: NotAllowed(users.edit), NotFound, Unavailable."""
    require(actor, "users.edit")
    async with ctx.store() as uow:
        user = await uow.users.by_name(user_name)
        if user is None:
            raise NotFound("user", user_name)
        await uow.users.set_active(user.id, active)
        if not active:
            await uow.users.delete_sessions_of(user.id)
        await note(ctx, uow, actor, "users.set_active", f"user:{user_name}", {"active": active})
        await uow.commit()


@guarded
async def list_users(ctx: Context, actor: Actor) -> tuple[UserRow, ...]:
    """Return all users. Errors: NotAllowed(users.edit), Unavailable."""
    require(actor, "users.edit")
    async with ctx.store.reading() as uow:
        return await uow.users.list()


@guarded
async def display_names(ctx: Context) -> dict[str, str]:
    """Return user name -> display name of everybody, for histories. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return {user.user_name: user.display_name for user in await uow.users.list()}
