"""Calls to be made to customers after the work: each visit whose time has come becomes a target of the running campaign
for call-backs, one at a time; who cannot be called by a machine is asked by an agent.

What does not live here: dialling (dialling.py), what the customer says (visits.py).
"""

from __future__ import annotations

from datetime import timedelta

from ccengine.hotline.account import normal_number
from ccengine.hotline.campaign import CampaignKind, TargetState
from ccengine.rows import CampaignRow, NewTarget, TargetFilter, TargetRow, VisitRow
from ccengine.services.context import Context
from ccengine.services.guard import guarded
from ccengine.store_port import UnitOfWork

_AT_ONCE = 20


@guarded
async def queue_due(ctx: Context) -> int:
    """Hand the visits that are due to the running campaign of kind "order call-back" with the smallest id; without one
    nothing is dialled and the visits wait. Returns how many were handed over. Errors: Unavailable."""
    now = ctx.clock.now()
    async with ctx.store.reading() as uow:
        running = [one for one in await uow.campaigns.running() if one.kind is CampaignKind.ORDER_VISIT]
        due = await uow.visits.due(now, ("phone",), _AT_ONCE) if running else ()
    if not due:
        return 0
    campaign = min(running, key=lambda one: one.id)
    return sum([await _queue(ctx, campaign, visit) for visit in due])


@guarded
async def _queue(ctx: Context, campaign: CampaignRow, visit: VisitRow) -> bool:
    now = ctx.clock.now()
    async with ctx.store() as uow:
        if not await uow.visits.claim(visit.id, now, now + timedelta(minutes=ctx.settings.orders.visit_lease_minutes)):
            return False
        order = await uow.work_orders.get(visit.order_id)
        number = normal_number(order.contact_number, ctx.settings.site.area_code) if order is not None else ""
        if order is None or not number:
            await _by_an_agent(uow, visit)
            await uow.commit()
            return False
        target = NewTarget(number=number, account=order.customer_account, order_id=order.id, visit_id=visit.id)
        done = bool(await uow.targets.add(campaign.id, [target], now)) or await _again(
            ctx, uow, campaign, target, visit
        )
        await uow.commit()
    return done


async def _again(ctx: Context, uow: UnitOfWork, campaign: CampaignRow, wanted: NewTarget, visit: VisitRow) -> bool:
    """Let a number that was called before be called about this visit; False: it cannot be now (the lease runs out, and
    it comes again), or never (then an agent asks)."""
    known = await _target(uow, campaign, wanted.number)
    if known is None or known.state in (TargetState.WAITING, TargetState.CALLING):
        return False  # about another order of the same customer: one after the other
    if known.state is TargetState.DROPPED:
        await _by_an_agent(uow, visit)
        return False
    now = ctx.clock.now()
    changes = {"visit_id": wanted.visit_id, "order_id": wanted.order_id, "account": wanted.account}
    state = {"state": TargetState.WAITING.value, "result": "", "reason": "", "next_at": now, "changed_at": now}
    await uow.targets.update(known.id, {**changes, **state})
    return True


async def _target(uow: UnitOfWork, campaign: CampaignRow, number: str) -> TargetRow | None:
    page = await uow.targets.find(campaign.id, TargetFilter(number=number), None, 50)
    return next((one for one in page.items if one.number == number), None)


async def _by_an_agent(uow: UnitOfWork, visit: VisitRow) -> None:
    await uow.visits.update(visit.id, ("asking",), {"kind": "agent", "status": "pending"})
