"""PINs 电话口令: with agent number and PIN a person on duty is known on any phone, to record an announcement.

Guessing is counted before it is looked at: five wrong ones shut the number for half an hour, thirty shut everybody's. A
wrong PIN, an unknown number and a locked one all look alike and take alike long. Every attempt is audited.
What does not live here: the conversation (ivr/announce.py), passwords of the pages (sign_in.py).
"""

from __future__ import annotations

import re
from datetime import timedelta

from ccengine.rows import UserRow
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid, NotAllowed, NotFound
from ccengine.services.guard import guarded
from ccengine.services.passwords import NOBODY, hash_password, verify
from ccengine.services.rights import may, require
from ccengine.store_port import UnitOfWork
from ccengine.values import AGENT_NUMBER_PATTERN, mask_number

WINDOW = timedelta(minutes=30)
FAILURES_PER_NUMBER = 5
FAILURES_OF_ALL = 30
RIGHT = "announcements.edit"
_PIN = re.compile(r"[0-9]{6,8}\Z")
_FROM = "phone-pin"
_RUNS = "01234567890123456789 98765432109876543210"


@guarded
async def set_pin(ctx: Context, actor: Actor, user_name: str, pin: str) -> None:
    """Set the PIN (one's own, or anybody's with users.edit) of a person who may announce; "" takes it away.

    Errors: NotAllowed, NotFound, Invalid(pin), Unavailable.
    """
    if actor.name != user_name or actor.kind != "user":
        require(actor, "users.edit")
    hashed = ""
    async with ctx.store.reading() as uow:
        user = await uow.users.by_name(user_name)
    if user is None:
        raise NotFound("user", user_name)
    if pin:
        _check(user, pin)
        hashed = await hash_password(pin)
    async with ctx.store() as uow:
        await uow.users.set_phone_pin(user.id, hashed)
        await note(ctx, uow, actor, "users.set_phone_pin" if pin else "users.drop_phone_pin", f"user:{user_name}")
        await uow.commit()


async def set_pin_of(ctx: Context, actor: Actor, number: str, pin: str) -> None:
    """Set the PIN of who has an agent number, for a program or an administrator. Errors: as `set_pin`."""
    require(actor, "users.edit")
    await set_pin(ctx, actor, await _name_of(ctx, number), pin)


@guarded
async def _name_of(ctx: Context, number: str) -> str:
    async with ctx.store.reading() as uow:
        users = [one for one in await uow.users.list() if one.agent_number == number and one.active]
    allowed = [one for one in users if may(_actor(one), RIGHT)] or users
    if not allowed:
        raise NotFound("user with the agent number", number)
    return min(allowed, key=lambda one: one.id).user_name


@guarded
async def has_pin(ctx: Context, actor: Actor) -> bool:
    """Say whether a person has a PIN. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        user = await uow.users.by_name(actor.name)
    return user is not None and bool(user.phone_pin_hash)


def _check(user: UserRow, pin: str) -> None:
    if not may(_actor(user), RIGHT):
        raise NotAllowed(RIGHT)
    if user.agent_number is None:
        raise Invalid("pin", "先要有工号，请联系管理员", "An agent number comes first; ask an administrator")
    easy = len(set(pin)) < 3 or pin in _RUNS or user.agent_number in pin
    if not _PIN.match(pin) or easy:
        raise Invalid(
            "pin",
            "口令为 6 到 8 位数字，不能是连号、重复的数字或含有工号",
            "A PIN has 6 to 8 digits, no run, no repeated digit, and not the agent number",
        )


def _actor(user: UserRow) -> Actor:
    return Actor(kind="user", name=user.user_name, roles=user.roles, agent_number=user.agent_number, via="phone")


@guarded
async def speaker_by_pin(ctx: Context, number: str, pin: str, *, call_id: str, caller: str) -> Actor | None:
    """Return who keyed number and PIN, None when they do not belong together, or too much was tried.

    `caller` is the number that the call shows: kept in the audit log only, it proves nothing. Errors: Unavailable.
    """
    number = number if AGENT_NUMBER_PATTERN.match(number) else "0"
    async with ctx.store() as uow:
        await uow.calls.lock("phone-pin")
        shut = await _shut(ctx, uow, number)
        attempt = 0 if shut else await uow.users.add_attempt(ctx.clock.now(), _tried(number), _FROM, False)
        user, stored = await _holder(uow, number)
        await uow.commit()
    right = await verify(stored or NOBODY, pin[:16])
    known = user if right and not shut and user is not None and stored else None
    async with ctx.store() as uow:
        if known is not None:
            await uow.users.attempt_succeeded(attempt)
        actor = _actor(known) if known is not None else Actor(kind="caller", name=f"agent:{number}")
        action = "phone_pin.known" if known is not None else ("phone_pin.locked" if shut else "phone_pin.refused")
        detail = {"call_id": call_id, "caller": mask_number(caller)}
        await note(ctx, uow, actor, action, f"agent:{number}", detail)
        await uow.commit()
    return _actor(known) if known is not None else None


async def _holder(uow: UnitOfWork, number: str) -> tuple[UserRow | None, str]:
    """Return who has this number, a PIN and the right; the one who was there first where several do."""
    for user in sorted(await uow.users.list(), key=lambda one: one.id):
        if user.agent_number == number and user.active and user.phone_pin_hash and may(_actor(user), RIGHT):
            return user, user.phone_pin_hash
    return None, ""


async def _shut(ctx: Context, uow: UnitOfWork, number: str) -> bool:
    since = ctx.clock.now() - WINDOW
    own = await uow.users.failures(since=since, user_name=_tried(number), ip=None)
    everybodys = await uow.users.failures(since=since, user_name=None, ip=_FROM)
    return len(own) >= FAILURES_PER_NUMBER or len(everybodys) >= FAILURES_OF_ALL


def _tried(number: str) -> str:
    return f"phone-pin:{number}"
