"""Signing in: no default password, throttling that lasts, sessions that end; tokens that are only ever hashes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from call_helpers import ADMIN, AGENT, SUPERVISOR
from sqlalchemy import text

from ccengine.clock import ManualClock
from ccengine.services import sign_in, tokens
from ccengine.services.audit import find_entries
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound, SignInFailed, Throttled
from ccengine.store import seed
from ccengine.store.unit_of_work import SqlStore

PASSWORD = "correct horse"


@pytest.fixture
async def user(ctx: Context) -> str:
    await sign_in.create_user(
        ctx, ADMIN, "wang", PASSWORD, display_name="王", roles=frozenset({"dispatcher"}), agent_number=None
    )
    return "wang"


async def test_session_says_who_somebody_is_until_sign_out(ctx: Context, user: str) -> None:
    session = await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")
    again = await sign_in.session_of(ctx, session.token)
    assert again is not None
    assert (again.actor.name, again.actor.roles) == ("wang", frozenset({"dispatcher"}))
    assert (again.csrf_token, again.token) == (session.csrf_token, "")
    await sign_in.sign_out(ctx, session.token)
    assert await sign_in.session_of(ctx, session.token) is None


@pytest.mark.parametrize("token", ["", "x", "\ud800", "a" * 10_000])
async def test_made_up_token_is_nobody(ctx: Context, token: str) -> None:
    assert await sign_in.session_of(ctx, token) is None
    assert await tokens.actor_of(ctx, token) is None
    assert await tokens.actor_of(ctx, f"cct_{token}") is None


async def test_session_ends_when_idle_and_after_its_longest_time(ctx: Context, clock: ManualClock, user: str) -> None:
    idle = await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")
    busy = await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")
    for _ in range(3):
        clock.moment += timedelta(hours=7)
        assert await sign_in.session_of(ctx, busy.token) is not None
    assert await sign_in.session_of(ctx, idle.token) is None
    clock.moment += timedelta(hours=4)
    assert await sign_in.session_of(ctx, busy.token) is None


async def test_wrong_password_and_unknown_user_are_told_alike(ctx: Context, user: str) -> None:
    messages = set()
    for name in (user, "nobody", "wa\x00ng", "\ud800"):
        with pytest.raises(SignInFailed) as failed:
            await sign_in.sign_in(ctx, name, "wrong", "127.0.0.1")
        messages.add(failed.value.message("zh"))
    assert len(messages) == 1


async def test_five_failures_bar_user_and_address_for_a_quarter_hour(
    ctx: Context, clock: ManualClock, user: str
) -> None:
    for _ in range(5):
        with pytest.raises(SignInFailed):
            await sign_in.sign_in(ctx, user, "wrong", "127.0.0.1")
    with pytest.raises(Throttled) as barred:
        await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")
    assert barred.value.retry_after_seconds == 900
    assert (await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.2")).actor.name == user
    clock.moment += timedelta(minutes=15)
    assert (await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")).actor.name == user


async def test_guesses_at_once_are_counted_one_by_one(ctx: Context, user: str) -> None:
    results = await asyncio.gather(
        *(sign_in.sign_in(ctx, user, f"guess {n}", "127.0.0.1") for n in range(12)), return_exceptions=True
    )
    assert [type(result) for result in results].count(SignInFailed) == 5
    assert [type(result) for result in results].count(Throttled) == 7


async def test_success_forgets_the_failures_before_it(ctx: Context, clock: ManualClock, user: str) -> None:
    for _ in range(2):
        for _ in range(4):
            clock.moment += timedelta(seconds=1)
            with pytest.raises(SignInFailed):
                await sign_in.sign_in(ctx, user, "wrong", "127.0.0.1")
        clock.moment += timedelta(seconds=1)
        await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")


async def test_many_failures_from_one_address_bar_it_for_all_names(ctx: Context, user: str) -> None:
    async with ctx.store() as uow:
        for n in range(sign_in.FAILURES_PER_IP):
            await uow.users.add_attempt(ctx.clock.now(), f"u{n}", "127.0.0.9", False)
        await uow.commit()
    with pytest.raises(Throttled):
        await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.9")


async def test_barred_user_is_out_at_once(ctx: Context, user: str) -> None:
    session = await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")
    await sign_in.set_active(ctx, ADMIN, user, False)
    assert await sign_in.session_of(ctx, session.token) is None
    with pytest.raises(SignInFailed):
        await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")


async def test_new_password_ends_all_sessions(ctx: Context, user: str) -> None:
    session = await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")
    await sign_in.set_password(ctx, session.actor, user, "another long one")
    assert await sign_in.session_of(ctx, session.token) is None
    with pytest.raises(SignInFailed):
        await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")
    with pytest.raises(NotAllowed):
        await sign_in.set_password(ctx, AGENT, user, "another long one")


@pytest.mark.parametrize(
    ("differing", "field"),
    [
        ({"password": "short"}, "password"),
        ({"user_name": ""}, "user_name"),
        ({"user_name": "a\nb\x00"}, "user_name"),
        ({"roles": frozenset({"king"})}, "roles"),
        ({"roles": frozenset()}, "roles"),
        ({"agent_number": "7777"}, "agent_number"),
    ],
)
async def test_user_with_a_mistake_is_refused(ctx: Context, differing: dict[str, object], field: str) -> None:
    given: dict[str, object] = {
        "user_name": "li",
        "password": PASSWORD,
        "display_name": "李",
        "roles": frozenset({"agent"}),
    }
    given |= differing
    with pytest.raises(Invalid) as refused:
        await sign_in.create_user(ctx, ADMIN, given.pop("user_name"), given.pop("password"), **given)  # type: ignore[arg-type]
    assert refused.value.field == field


async def test_user_name_can_be_taken_once(ctx: Context, user: str) -> None:
    with pytest.raises(Conflict):
        await sign_in.create_user(ctx, ADMIN, user, PASSWORD, display_name="x", roles=frozenset({"agent"}))
    with pytest.raises(NotAllowed):
        await sign_in.create_user(ctx, SUPERVISOR, "li", PASSWORD, display_name="x", roles=frozenset({"agent"}))


async def test_sign_ins_stand_in_the_audit_log(ctx: Context, clock: ManualClock, user: str) -> None:
    await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")
    with pytest.raises(SignInFailed):
        await sign_in.sign_in(ctx, user, "wrong", "127.0.0.1")
    page = await find_entries(ctx, SUPERVISOR)
    assert [entry.action for entry in page.items] == ["sign_in_failed", "sign_in", "users.create"]


async def test_token_works_until_revoked_or_expired(ctx: Context, clock: ManualClock) -> None:
    roles = frozenset({"supervisor"})
    first = await tokens.issue(ctx, ADMIN, "pages", roles)
    short = await tokens.issue(ctx, ADMIN, "script", roles, ctx.clock.now() + timedelta(hours=1))
    actor = await tokens.actor_of(ctx, first)
    assert actor is not None
    assert (actor.kind, actor.name, actor.roles) == ("api", "pages", roles)
    assert await tokens.actor_of(ctx, short) is not None
    clock.moment += timedelta(hours=1)
    assert await tokens.actor_of(ctx, short) is None
    (row, _) = await tokens.list_tokens(ctx, ADMIN)
    await tokens.revoke(ctx, ADMIN, row.id)
    assert await tokens.actor_of(ctx, first) is None
    with pytest.raises(NotFound):
        await tokens.revoke(ctx, ADMIN, row.id)


async def test_neither_passwords_nor_tokens_are_stored(ctx: Context, store: SqlStore, user: str) -> None:
    token = await tokens.issue(ctx, ADMIN, "t", frozenset({"agent"}))
    session = await sign_in.sign_in(ctx, user, PASSWORD, "127.0.0.1")
    secrets = (token, PASSWORD, session.token)
    async with store.reader.connect() as connection:
        for table in ("users", "web_sessions", "api_tokens", "audit_log"):
            rows = (await connection.execute(text(f"SELECT * FROM {table}"))).all()
            assert rows
            assert not any(secret in str(row) for row in rows for secret in secrets)


async def test_seeded_people_get_passwords_of_their_own_once(ctx: Context) -> None:
    made = await seed.seed_people(ctx, agents=2)
    assert [(one.user, one.role) for one in made] == [
        ("admin", "administrator"),
        ("supervisor", "supervisor"),
        ("dispatcher", "dispatcher"),
        ("worker", "field_worker"),
        ("8001", "agent"),
        ("8002", "agent"),
    ]
    assert len({one.password for one in made}) == 6
    session = await sign_in.sign_in(ctx, "8001", made[4].password, "127.0.0.1")
    assert session.actor.agent_number == "8001"
    assert await seed.seed_people(ctx, agents=2) == ()
    again = await seed.seed_people(ctx, agents=2, reset=True)
    assert len(again) == 6
    with pytest.raises(SignInFailed):
        await sign_in.sign_in(ctx, "8001", made[4].password, "127.0.0.1")
