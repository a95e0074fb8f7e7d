"""Drafts: what somebody typed into a form and has not sent survives reload, sign-out and another machine.

What does not live here: the forms.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from ccengine.rows import Draft
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid
from ccengine.services.guard import guarded
from ccengine.services.rights import require

KEEP = timedelta(days=30)
_FIELDS_MOST, _VALUE_LONGEST, _FORM_LONGEST = 60, 4000, 64


@guarded
async def get(ctx: Context, actor: Actor, form: str) -> Draft | None:
    """Return one's own draft of a form. Errors: NotAllowed(orders.create), Unavailable."""
    require(actor, "orders.create")
    async with ctx.store.reading() as uow:
        return await uow.desk.draft(_owner(actor), form[:_FORM_LONGEST])


@guarded
async def save(ctx: Context, actor: Actor, form: str, values: Mapping[str, str]) -> None:
    """Keep one's own draft of a form; one without any text is forgotten. Errors: NotAllowed, Invalid, Unavailable."""
    require(actor, "orders.create")
    if not 0 < len(form) <= _FORM_LONGEST or len(values) > _FIELDS_MOST:
        raise Invalid("form", "表单内容过多，草稿未保存", "That is too much for a draft")
    kept = {name[:64]: value[:_VALUE_LONGEST] for name, value in values.items() if value.strip()}
    now = ctx.clock.now()
    async with ctx.store() as uow:
        if kept:
            await uow.desk.save_draft(_owner(actor), form, kept, now)
        else:
            await uow.desk.delete_draft(_owner(actor), form)
        await uow.desk.delete_drafts_before(now - KEEP)
        await uow.commit()


@guarded
async def forget(ctx: Context, actor: Actor, form: str) -> None:
    """Throw a draft away: it was sent, or is not wanted any more. Errors: NotAllowed, Unavailable."""
    require(actor, "orders.create")
    async with ctx.store() as uow:
        if await uow.desk.delete_draft(_owner(actor), form[:_FORM_LONGEST]):
            await uow.commit()


def _owner(actor: Actor) -> str:
    return f"{actor.kind}:{actor.name}"
