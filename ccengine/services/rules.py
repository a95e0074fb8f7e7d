"""What an administrator edits: dispositions, opening rules, the working calendar.

What does not live here: what the rules do (hotline/, opening.py).
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import Any

from ccengine.hotline.disposition import Disposition
from ccengine.hotline.opening_rule import OpeningRule, check_rule
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.work_calendar import DayKind
from ccengine.hotline.work_order import Priority
from ccengine.rows import AuditEntry
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.rights import require

_RULE_CODE = re.compile(r"[a-z0-9][a-z0-9_]{0,31}")


@guarded
async def dispositions(ctx: Context, *, put_aside: bool = False) -> tuple[Disposition, ...]:
    """Return the active dispositions in order, for the agent's list; `put_aside`: the others too, for the names of
    what was chosen once. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return tuple(one for one in await uow.rules.dispositions() if one.active or put_aside)


@guarded
async def opening_rules(ctx: Context, actor: Actor) -> tuple[OpeningRule, ...]:
    """Return all opening rules in order. Errors: NotAllowed(rules.edit), Unavailable."""
    require(actor, "rules.edit")
    async with ctx.store.reading() as uow:
        return await uow.rules.opening_rules()


def fingerprint(rule: OpeningRule | None) -> str:
    """Return a short hash of what a rule says, "" for none: who saves a rule names the one that was seen."""
    if rule is None:
        return ""
    text = json.dumps(_as_detail(rule), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _as_detail(rule: OpeningRule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    opened = dict(rule.open) if rule.open is not None else None
    return {"position": rule.position, "when": dict(rule.when), "open": opened, "active": rule.active}


@guarded
async def rule_history(ctx: Context, actor: Actor, code: str, limit: int = 20) -> tuple[AuditEntry, ...]:
    """Return who changed what in a rule, newest first. Errors: NotAllowed(rules.edit), Unavailable."""
    require(actor, "rules.edit")
    async with ctx.store.reading() as uow:
        return await uow.audit.of_subject(f"rule:{code}", limit)


@guarded
async def save_rule(ctx: Context, actor: Actor, rule: OpeningRule, seen: str | None = None) -> None:
    """Add or replace an opening rule; `seen`: the fingerprint of the one that the editor saw ("": a new one).

    Errors: NotAllowed(rules.edit), Invalid(code, rule, open.type), Conflict (somebody was faster), Unavailable.
    """
    require(actor, "rules.edit")
    required_text("code", rule.code, 32)
    if not _RULE_CODE.fullmatch(rule.code):
        raise Invalid("code", "只能用小写字母、数字和下划线", "Use small letters, digits and underscores")
    try:
        check_rule(rule)
    except ValueError as error:
        raise Invalid("rule", f"规则有误：{error}", str(error)) from error
    async with ctx.store() as uow:
        if rule.open is not None:
            types = tuple(one.code for one in (await uow.catalogue.read()).of(CodeKind.TYPE))
            one_of("open.type", str(rule.open["type"]), types)
            one_of("priority", str(rule.open.get("priority", "normal")), tuple(one.value for one in Priority))
            category = str(rule.open.get("category", ""))
            if category and not (await uow.catalogue.read()).accepts(CodeKind.CATEGORY, category):
                raise Invalid("category", "没有这个反映类别", "There is no such category")
        before = next((one for one in await uow.rules.opening_rules() if one.code == rule.code), None)
        if seen is not None and seen != fingerprint(before):
            zh, en = (
                "规则刚被其他人修改，请刷新后再试",
                "Somebody else changed this rule just now; reload, try again",
            )
            raise Conflict(zh, en)
        await uow.rules.save_rule(rule)
        old, new = _as_detail(before), _as_detail(rule)
        detail = {name: [old.get(name), new[name]] for name in new if old.get(name) != new[name]}
        await note(ctx, uow, actor, "rules.save", f"rule:{rule.code}", detail)
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
