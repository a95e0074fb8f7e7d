"""What an administrator edits: dispositions, opening rules, the working calendar.

What does not live here: what the rules do (hotline/, opening.py).
"""

from __future__ import annotations

from datetime import date

from ccengine.hotline.disposition import Disposition
from ccengine.hotline.opening_rule import OpeningRule, check_rule
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.work_calendar import DayKind
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.rights import require


@guarded
async def dispositions(ctx: Context) -> tuple[Disposition, ...]:
    """Return the active dispositions in order, for the agent's list. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return tuple(one for one in await uow.rules.dispositions() if one.active)


@guarded
async def opening_rules(ctx: Context, actor: Actor) -> tuple[OpeningRule, ...]:
    """Return all opening rules in order. Errors: NotAllowed(rules.edit), Unavailable."""
    require(actor, "rules.edit")
    async with ctx.store.reading() as uow:
        return await uow.rules.opening_rules()


@guarded
async def save_rule(ctx: Context, actor: Actor, rule: OpeningRule) -> None:
    """Add or replace an opening rule. Errors: NotAllowed(rules.edit), Invalid(rule), Unavailable."""
    require(actor, "rules.edit")
    required_text("code", rule.code, 32)
    try:
        check_rule(rule)
    except ValueError as error:
        raise Invalid("rule", f"规则有误：{error}", str(error)) from error
    async with ctx.store() as uow:
        if rule.open is not None:
            types = tuple(one.code for one in (await uow.catalogue.read()).of(CodeKind.TYPE))
            one_of("open.type", str(rule.open["type"]), types)
        await uow.rules.save_rule(rule)
        await note(ctx, uow, actor, "rules.save", f"rule:{rule.code}")
        await uow.commit()


@guarded
async def set_day(ctx: Context, actor: Actor, day: date, kind: str | None, name: str = "") -> None:
    """Make a day a workday or holiday; None: as its weekday. Errors: NotAllowed(rules.edit), Invalid, Unavailable."""
    require(actor, "rules.edit")
    wanted = DayKind(one_of("kind", kind, tuple(one.value for one in DayKind))) if kind is not None else None
    name = required_text("name", name, 64, may_be_empty=True)
    async with ctx.store() as uow:
        await uow.rules.set_day(day, wanted, name)
        await note(ctx, uow, actor, "calendar.set_day", f"day:{day.isoformat()}", {"kind": kind or ""})
        await uow.commit()
