"""Passwords: what new ones must be like, none of the last ones, their age, the first change; stored as hashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from call_helpers import ADMIN
from sqlalchemy import text
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.config.web import Passwords
from ccengine.rows import UserRow
from ccengine.services import passwords, sign_in
from ccengine.services.audit import find_entries
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, Throttled
from ccengine.services.passwords import EXPIRED, FIRST, Standing, check_new, kinds_of, made_up, standing
from ccengine.store.unit_of_work import SqlStore

HERE = "127.0.0.1"
WANG = Actor(kind="user", name="wang", roles=frozenset({"dispatcher"}))


def user(**more: object) -> UserRow:
    known = {"id": 1, "user_name": "wang", "display_name": "", "roles": frozenset(), "agent_number": None}
    given = {"active": True, "password_hash": "x", "password_set_at": START}
    return UserRow(**(known | given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(("password", "kinds"), [("abc", 1), ("aB", 2), ("aB1", 3), ("aB1-", 4), ("密码", 1), ("", 0)])
def test_kinds_are_counted(password: str, kinds: int) -> None:
    assert kinds_of(password) == kinds


@pytest.mark.parametrize("password", ["short-1", "onlysmallletters", "xx-wang-2026", "WANG-2026-x", "x" * 1025])
def test_password_against_the_rules_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        check_new(Passwords(), password, "wang")
    check_new(Passwords(kinds=4), "Good-enough-1", "wang")
    check_new(Passwords(), "li-has-a-short-name", "li")


def test_password_too_long_is_told_so_in_its_own_words() -> None:
    with pytest.raises(Invalid) as refused:
        check_new(Passwords(), "x" * 1025, "wang")
    assert "最多 1024 位" in str(vars(refused.value)) and "at most 1024 characters" in str(vars(refused.value))


@pytest.mark.parametrize("rules", [Passwords(), Passwords(kinds=4, min_length=30)])
def test_password_made_up_is_as_the_rules_want(rules: Passwords) -> None:
    assert len({made_up(rules) for _ in range(50)}) == 50
    check_new(rules, made_up(rules), "wang")


def test_age_counts_at_sign_in_and_is_told_before() -> None:
    rules, day = Passwords(), timedelta(days=1)
    for days, found in ((0, None), (75, None), (76, 14), (89, 1)):
        now = START + days * day
        assert standing(rules, user(), now, now) == Standing(days_left=found)
    end = START + 90 * day
    assert standing(rules, user(), end, end) == Standing(must_change=EXPIRED)
    assert standing(rules, user(), end - day, end + day) == Standing(days_left=0), "nobody is thrown out of a shift"
    assert standing(Passwords(max_age_days=0), user(), end, end) == Standing()
    assert standing(rules, user(password_must_change=True), START, START) == Standing(must_change=FIRST)
    assert standing(rules, user(password_set_at=None), START, START) == Standing(must_change=EXPIRED)


async def test_first_password_is_changed_then_none_of_the_last_is_taken(
    ctx: Context, clock: ManualClock, store: SqlStore
) -> None:
    clock.moment = START
    ctx = replace(ctx, settings=ctx.settings.model_copy(update={"passwords": Passwords(history=2)}))
    first = "given-by-admin-1"
    await sign_in.create_user(ctx, ADMIN, "wang", first, display_name="王", roles=WANG.roles)
    session = await sign_in.sign_in(ctx, "wang", first, HERE)
    assert session.standing.must_change == FIRST
    other = await sign_in.sign_in(ctx, "wang", first, HERE)
    with pytest.raises(Invalid) as refused:
        await sign_in.change_password(ctx, WANG, "wrong", "My-own-password-1", HERE)
    assert refused.value.field == "current"
    for again in (first, "nokinds" * 3):
        with pytest.raises(Invalid) as refused:
            await sign_in.change_password(ctx, WANG, first, again, HERE)
        assert refused.value.field == "password"
    changed = await sign_in.change_password(ctx, WANG, first, "My-own-password-1", HERE)
    assert changed.standing == Standing()
    for ended in (session, other):
        assert await sign_in.session_of(ctx, ended.token) is None
    assert await sign_in.session_of(ctx, changed.token) is not None
    now = "My-own-password-1"
    for number in range(2, 4):
        with pytest.raises(Invalid):
            await sign_in.change_password(ctx, WANG, now, "My-own-password-1", HERE)
        await sign_in.change_password(ctx, WANG, now, now := f"My-own-password-{number}", HERE)
    await sign_in.change_password(ctx, WANG, now, "My-own-password-1", HERE)  # three ago: taken again
    async with store.reading() as uow:
        kept = (await uow._db.execute(text("SELECT password_hash FROM old_passwords"))).scalars().all()  # type: ignore[attr-defined]
    assert len(kept) == 2 and all(one.startswith("$argon2id$") for one in kept)
    told = [(entry.action, str(entry.detail)) for entry in (await find_entries(ctx, ADMIN)).items]
    assert not any("password-" in detail or first in detail for _, detail in told)
    assert {"users.set_password", "users.set_password_failed"} <= {action for action, _ in told}


async def test_old_password_is_changed_at_sign_in_and_a_reset_one_too(ctx: Context, clock: ManualClock) -> None:
    await sign_in.create_user(ctx, ADMIN, "wang", "given-by-admin-1", display_name="王", roles=WANG.roles)
    await sign_in.change_password(ctx, WANG, "given-by-admin-1", "My-own-password-1", HERE)
    clock.moment += timedelta(days=90)
    session = await sign_in.sign_in(ctx, "wang", "My-own-password-1", HERE)
    assert session.standing.must_change == EXPIRED
    await sign_in.set_password(ctx, ADMIN, "wang", "reset-by-admin-2")
    assert (await sign_in.sign_in(ctx, "wang", "reset-by-admin-2", HERE)).standing.must_change == FIRST
    with pytest.raises(Conflict):
        await sign_in.change_password(ctx, Actor(kind="api", name="wang"), "x", "My-own-password-2", HERE)
    for _ in range(5):
        with pytest.raises(Invalid):
            await sign_in.change_password(ctx, WANG, "guess", "My-own-password-2", HERE)
    with pytest.raises(Throttled):
        await sign_in.change_password(ctx, WANG, "guess", "My-own-password-2", HERE)
    assert await passwords.verify(passwords.NOBODY, "guess") is False
