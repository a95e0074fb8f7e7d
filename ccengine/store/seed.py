"""What a fresh database is filled with: shipped rules, the calendar, districts; for the demo also people and customers.

What does not live here: the sample itself (sample_customers.py). Everything here may run again and changes nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chinese_calendar.constants import Holiday, holidays, workdays

from ccengine.hotline import disposition, opening_rule, order_catalogue_defaults, sla_defaults, talk_review
from ccengine.hotline.outage import DISTRICTS
from ccengine.hotline.work_calendar import DayKind
from ccengine.rows import AgentRow, DeviceRow, PolicyRow, ReviewFormRow
from ccengine.services.context import Context
from ccengine.services.guard import guarded
from ccengine.services.passwords import hash_password
from ccengine.store.sample_customers import sample_customers
from ccengine.store_port import UnitOfWork

_ENGINE = "engine:engine"
_FIRST_YEAR = 2025
_BATCH = 1000
#: A user: name, what they are called, role, agent number.
_Person = tuple[str, str, str, str | None]
#: Users of the demo.
_PEOPLE: tuple[_Person, ...] = (
    ("admin", "系统管理员", "administrator", None),
    ("supervisor", "值班班长", "supervisor", None),
    ("dispatcher", "调度员", "dispatcher", None),
    ("worker", "外勤抢修员", "field_worker", None),
)
#: This one of the demo's agents leads the shift as well.
_LEADER = "8004"
_AGENT_NAMES = ("周晓芸", "陈立新", "沈佳怡", "吴国强", "郑静", "冯浩然", "蒋雨欣", "韩梅")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A sign-in that was just made; the password is kept nowhere else."""

    user: str
    password: str = field(repr=False)
    role: str
    agent_number: str | None


@guarded
async def seed_defaults(ctx: Context) -> None:
    """Add the shipped opening rules, dispositions, lists for orders, the form for talks, calendar days and districts
    where missing; what an administrator changed stays. Errors: Unavailable."""
    async with ctx.store() as uow:
        await uow.outages.add_districts(tuple((code, zh, en) for code, (zh, en) in DISTRICTS.items()))
        if not await uow.rules.opening_rules():
            for rule in opening_rule.DEFAULTS:
                await uow.rules.save_rule(rule)
        if not await uow.rules.dispositions():
            for position, choice in enumerate(disposition.DEFAULTS, start=1):
                await uow.rules.save_disposition(replace(choice, position=10 * position))
        known = await uow.catalogue.read()
        for code in order_catalogue_defaults.DEFAULTS:
            if known.get(code.kind, code.code) is None:
                await uow.catalogue.save(code, None)
        await _seed_calendar(uow)
        await _seed_policies(ctx, uow)
        if await uow.talk_reviews.form() is None:
            now = ctx.clock.now()
            await uow.talk_reviews.add_form(ReviewFormRow(form=talk_review.DEFAULT, created_at=now, created_by=_ENGINE))
        await uow.commit()


async def _seed_calendar(uow: UnitOfWork) -> None:
    """Holidays, and the make-up workdays 调休 at weekends, as far as the State Council has announced them."""
    known = await uow.rules.calendar()
    names = {holiday.value: holiday.chinese for holiday in Holiday}
    for source, kind in ((holidays, DayKind.HOLIDAY), (workdays, DayKind.WORKDAY)):
        for day, name in source.items():
            if day.year >= _FIRST_YEAR and day not in known:
                await uow.rules.set_day(day, kind, names.get(name, name))


async def _seed_policies(ctx: Context, uow: UnitOfWork) -> None:
    known = {row.policy.code for row in await uow.sla.policies()}
    for policy in () if known else sla_defaults.DEFAULTS:
        await uow.sla.add_policy(PolicyRow(policy=policy, created_at=ctx.clock.now(), created_by=_ENGINE))


@guarded
async def seed_sample(ctx: Context, customers: int = 10_000) -> int:
    """Add the sample customers to an empty file; return how many were added. Errors: Unavailable."""
    async with ctx.store() as uow:
        if await uow.customers.count():
            return 0
        rows = await asyncio.to_thread(lambda: tuple(sample_customers(customers, ctx.clock.now().date())))
        for start in range(0, len(rows), _BATCH):
            await uow.customers.insert_many(rows[start : start + _BATCH])
        await uow.commit()
    return len(rows)


@guarded
async def seed_people(
    ctx: Context,
    agents: int = 4,
    first_agent: int = 8001,
    first_extension: int = 1001,
    *,
    names: Sequence[str] = _AGENT_NAMES,
    reset: bool = False,
) -> tuple[Credential, ...]:
    """Add the demo's agents (called `names`), devices and users, each user with a password made up here.

    Returns the sign-ins made now: none for users who were there, unless `reset`, which gives them new passwords.
    Errors: Unavailable.
    """
    people: list[_Person] = [*_PEOPLE]
    async with ctx.store() as uow:
        for index in range(agents):
            number, extension = str(first_agent + index), str(first_extension + index)
            people.append(await _seed_agent(uow, number, extension, names[index % len(names)]))
        await _seed_browser_phones(ctx, uow, {person[3] for person in people})
        known = {user.user_name: user.id for user in await uow.users.list()}
        await uow.commit()
    wanted = [person for person in people if reset or person[0] not in known]
    passwords = [secrets.token_urlsafe(12) for _ in wanted]
    await _seed_users(ctx, wanted, known, await asyncio.gather(*(hash_password(password) for password in passwords)))
    return tuple(
        Credential(user=user, password=password, role=role, agent_number=agent)
        for (user, _, role, agent), password in zip(wanted, passwords, strict=True)
    )


async def _seed_agent(uow: UnitOfWork, number: str, extension: str, name: str) -> _Person:
    if await uow.agents.get(number) is None:
        await uow.agents.save(AgentRow(number=number, name=name, extension=extension))
    device = DeviceRow(extension=extension, sip_user=extension, label=f"分机 {extension}", default_agent=number)
    await uow.agents.save_device(device)
    return number, name, "agent", number


async def _seed_browser_phones(ctx: Context, uow: UnitOfWork, agents: set[str | None]) -> None:
    """Add those of the settings' phones in the browser that are these agents' and not known yet."""
    pbx, known = ctx.settings.pbx, {device.extension for device in await uow.agents.devices()}
    for extension in pbx.phones_in_browser:
        if extension not in known and (number := pbx.devices[extension]) in agents:
            label = f"浏览器电话 {extension}"
            row = DeviceRow(extension=extension, sip_user=extension, label=label, default_agent=number)
            await uow.agents.save_device(row)


async def _seed_users(ctx: Context, wanted: Sequence[_Person], known: Mapping[str, int], hashes: Sequence[str]) -> None:
    """Add the users who are not known, and give those who are the new password."""
    async with ctx.store() as uow:
        if not (await uow.catalogue.read()).members:  # else the demo's field worker would have no task
            for crew in ("crew_east", "crew_west"):
                await uow.catalogue.set_members(crew, ("worker",))
        for (user, name, role, agent), hashed in zip(wanted, hashes, strict=True):
            if user in known:
                await uow.users.set_password(known[user], hashed, ctx.clock.now())
            else:
                roles = {role, "supervisor"} if agent == _LEADER else {role}
                await uow.users.insert(user, hashed, name, frozenset(roles), agent, ctx.clock.now())
        await uow.commit()
