"""Outage notices 停水通知: publish, withdraw, list, and what callers and agents are told now.

What does not live here: how it is spoken (ivr/).
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta

from ccengine.hotline.outage import DISTRICTS, OutageKind, is_current
from ccengine.rows import NewOutage, OutageRow, Page
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, limited, one_of, required_text
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

LONGEST = timedelta(days=31)


@guarded
async def current(ctx: Context, district: str | None = None) -> tuple[OutageRow, ...]:
    """Return the notices that callers are told now, first begun first; of one district or all. Errors: Unavailable."""
    now = ctx.clock.now()
    async with ctx.store.reading() as uow:
        rows = await uow.outages.not_over(now, district)
    return tuple(row for row in rows if is_current(row.starts_at, row.ends_at, row.withdrawn_at, now))


@guarded
async def find(ctx: Context, actor: Actor, cursor: str | None = None, limit: int = 50) -> Page[OutageRow]:
    """List all notices, newest first. Errors: NotAllowed(outages.view), Invalid(cursor, limit), Unavailable."""
    require(actor, "outages.view")
    async with ctx.store.reading() as uow:
        return await uow.outages.find(cursor, limited(limit))


@guarded
async def publish(ctx: Context, actor: Actor, notice: NewOutage) -> OutageRow:
    """Publish a notice. Errors: NotAllowed(outages.edit), Invalid(field), Unavailable."""
    async with ctx.store() as uow:
        row = await publish_in(ctx, uow, actor, notice)
        await uow.commit()
    return row


async def publish_in(ctx: Context, uow: UnitOfWork, actor: Actor, notice: NewOutage) -> OutageRow:
    """Publish a notice inside the caller's transaction. Errors: as publish."""
    require(actor, "outages.edit")
    notice = _checked(ctx, notice)
    row = await uow.outages.insert(notice, actor.name, ctx.clock.now())
    detail = {name: str(value) for name, value in asdict(notice).items()}
    await note(ctx, uow, actor, "outages.publish", f"outage:{row.id}", detail)
    await uow.outbox.add("outage", {"outage_id": row.id}, ctx.clock.now())
    return row


def _checked(ctx: Context, notice: NewOutage) -> NewOutage:
    one_of("kind", notice.kind, tuple(kind.value for kind in OutageKind))
    one_of("district", notice.district, tuple(DISTRICTS))
    for name in ("starts_at", "ends_at"):
        if getattr(notice, name).tzinfo is None:
            raise Invalid(name, "时间需要带时区", f"{name} must carry a time zone")
    if notice.ends_at <= notice.starts_at:
        raise Invalid("ends_at", "结束时间要晚于开始时间", "The end must be after the beginning")
    if notice.ends_at <= ctx.clock.now():
        raise Invalid("ends_at", "结束时间已经过去", "The end is in the past")
    if notice.ends_at - notice.starts_at > LONGEST:
        raise Invalid(
            "ends_at", "停水最长 31 天，请分开发布", "An outage may last 31 days at most; publish it in parts"
        )
    return replace(
        notice,
        area_text=required_text("area_text", notice.area_text, 500),
        reason=required_text("reason", notice.reason, 500),
    )


@guarded
async def withdraw(ctx: Context, actor: Actor, outage_id: int) -> OutageRow:
    """Withdraw a notice. Errors: NotAllowed(outages.edit), NotFound, Conflict (already withdrawn), Unavailable."""
    require(actor, "outages.edit")
    async with ctx.store() as uow:
        row = await uow.outages.get(outage_id)
        if row is None:
            raise NotFound("outage notice", outage_id)
        if row.withdrawn_at is not None:
            raise Conflict("该通知已经撤回", "This notice has been withdrawn already")
        now = ctx.clock.now()
        await uow.outages.withdraw(outage_id, now)
        await note(ctx, uow, actor, "outages.withdraw", f"outage:{outage_id}")
        await uow.outbox.add("outage", {"outage_id": outage_id}, now)
        await uow.commit()
    return replace(row, withdrawn_at=now)


@guarded
async def districts(ctx: Context) -> tuple[tuple[str, str, str], ...]:
    """Return (code, Chinese name, English name) of each district in order. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return await uow.outages.districts()
