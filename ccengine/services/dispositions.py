"""Dispositions 处理结果 as an administrator edits them: rows with a history, put aside and never deleted.

What does not live here: choosing one for a call (call_choice.py), what agents are offered (rules.py).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict

from ccengine.hotline.disposition import Disposition
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.rows import AuditEntry
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.rights import require
from ccengine.services.work_orders import PRIORITIES
from ccengine.store_port import UnitOfWork

_CODE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MOST = 10_000


@guarded
async def listed(ctx: Context, actor: Actor) -> tuple[Disposition, ...]:
    """Return all dispositions in order, those put aside too. Errors: NotAllowed(rules.edit), Unavailable."""
    require(actor, "rules.edit")
    async with ctx.store.reading() as uow:
        return await uow.rules.dispositions()


@guarded
async def history(ctx: Context, actor: Actor, code: str, limit: int = 20) -> tuple[AuditEntry, ...]:
    """Return who changed what in one, newest first. Errors: NotAllowed(rules.edit), Unavailable."""
    require(actor, "rules.edit")
    async with ctx.store.reading() as uow:
        return await uow.audit.of_subject(f"disposition:{code}", limit)


def fingerprint(one: Disposition | None) -> str:
    """Return a short hash of what one says, "" for none: who saves it names the one that was seen."""
    if one is None:
        return ""
    return hashlib.sha256(json.dumps(asdict(one), sort_keys=True).encode()).hexdigest()[:16]


@guarded
async def save(ctx: Context, actor: Actor, new: Disposition, seen: str | None = None) -> Disposition:
    """Add or replace one; `seen`: the fingerprint of the one that the editor saw ("": a new one).

    Errors: NotAllowed(rules.edit), Invalid(code, name_zh, name_en, order_type, category, priority, position),
    Conflict (somebody was faster, or the code is taken), Unavailable.
    """
    require(actor, "rules.edit")
    if not _CODE.fullmatch(new.code):
        raise Invalid("code", "以小写字母开头，只用小写字母、数字和下划线", "Small letters, digits and underscores")
    required_text("name_zh", new.name_zh, 64)
    required_text("name_en", new.name_en, 64)
    one_of("priority", new.priority, PRIORITIES)
    if not 0 <= new.position <= _MOST:
        raise Invalid("position", f"次序应在 0 到 {_MOST} 之间", f"A position is 0 to {_MOST}")
    async with ctx.store() as uow:
        await _check_order(uow, new)
        before = await uow.rules.disposition(new.code)
        if seen is not None and seen != fingerprint(before):
            raise Conflict(
                "处理结果刚被其他人修改，或代码已存在，请刷新后再试",
                "Somebody else changed this just now, or the code is taken; reload, try again",
            )
        await uow.rules.save_disposition(new)
        old, now = asdict(before) if before is not None else {}, asdict(new)
        changed = {name: [old.get(name), now[name]] for name in now if old.get(name) != now[name]}
        await note(ctx, uow, actor, "dispositions.save", f"disposition:{new.code}", changed)
        await uow.commit()
    return new


async def _check_order(uow: UnitOfWork, new: Disposition) -> None:
    """One that opens no order has no category; one that does names a type and a category that can be chosen."""
    lists = await uow.catalogue.read()
    if new.order_type is None:
        if new.category:
            raise Invalid("category", "不开工单时不填类别", "Without an order there is no category")
        return
    one_of("order_type", new.order_type, tuple(one.code for one in lists.of(CodeKind.TYPE)))
    if new.category and not lists.accepts(CodeKind.CATEGORY, new.category):
        raise Invalid("category", "没有这个反映类别", "There is no such category")
