"""Penalties 违约金: the list, what is left of the retention money, and waiving one with a reason.

What does not live here: when a penalty arises (sla_alarms.py), amounts (hotline/penalty.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from ccengine.hotline.penalty import PenaltyKind, deducted
from ccengine.rows import Page, PenaltyRow
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, NotFound
from ccengine.services.guard import guarded, limited, required_text
from ccengine.services.rights import require


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The retention money: the whole, what penalties take, what is left; and how many of each kind stand."""

    retention_fen: int
    deducted_fen: int
    urgent: int
    individual: int

    @property
    def left_fen(self) -> int:
        """What is left."""
        return self.retention_fen - self.deducted_fen


@guarded
async def account(ctx: Context, actor: Actor) -> Account:
    """Return min(retention, 500·u + 300·c) and what it is made of. Errors: NotAllowed(penalties.view), Unavailable."""
    require(actor, "penalties.view")
    async with ctx.store.reading() as uow:
        retention = (await uow.sla.settings()).retention_fen
        counts = await uow.penalties.counts()
    urgent, individual = counts.get(PenaltyKind.URGENT, 0), counts.get(PenaltyKind.INDIVIDUAL, 0)
    taken = deducted(retention, urgent, individual)
    return Account(retention_fen=retention, deducted_fen=taken, urgent=urgent, individual=individual)


@guarded
async def find(ctx: Context, actor: Actor, cursor: str | None = None, limit: int = 50) -> Page[PenaltyRow]:
    """List penalties, newest first. Errors: NotAllowed(penalties.view), Invalid(cursor, limit), Unavailable."""
    require(actor, "penalties.view")
    async with ctx.store.reading() as uow:
        return await uow.penalties.find(cursor, limited(limit))


@guarded
async def waive(ctx: Context, actor: Actor, penalty_id: int, reason: str) -> PenaltyRow:
    """Waive a penalty; the row stays, with the reason beside it.

    Errors: NotAllowed(penalties.waive), NotFound, Invalid(reason), Conflict (waived before), Unavailable.
    """
    require(actor, "penalties.waive")
    reason = required_text("reason", reason, 500)
    async with ctx.store() as uow:
        row = await uow.penalties.get(penalty_id)
        if row is None:
            raise NotFound("penalty", penalty_id)
        if row.waived_at is not None:
            raise Conflict("这笔违约金已经减免", "This penalty has been waived already")
        await uow.penalties.waive(penalty_id, reason, f"{actor.kind}:{actor.name}", ctx.clock.now())
        await note(ctx, uow, actor, "penalties.waive", f"penalty:{penalty_id}", {"reason": reason})
        waived = await uow.penalties.get(penalty_id)
        await uow.commit()
    assert waived is not None
    return waived
