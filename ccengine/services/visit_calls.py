"""Calls to be made to customers after the work: each visit whose time has come becomes a target of the running campaign
for call-backs, or at once of a campaign that somebody loads them into; who cannot be called by a machine is asked by an
agent.

What does not live here: dialling (dialling.py), what the customer says (visits.py).
"""

from __future__ import annotations

from datetime import timedelta

from ccengine.hotline.account import normal_number
from ccengine.hotline.campaign import CampaignKind, TargetState
from ccengine.hotline.list_row import Refused
from ccengine.rows import CampaignRow, ImportRow, NewTarget, Refusal, TargetFilter, TargetRow, VisitRow
from ccengine.services.campaign_targets import begin_import, finish, note_progress
from ccengine.services.campaigns import campaign_of
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict
from ccengine.services.guard import guarded
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

_AT_ONCE = 20
_BY_PHONE = ("phone",)
_TAKEN = ""


@guarded
async def queue_due(ctx: Context) -> int:
    """Hand the visits that are due to the running campaign of kind "order call-back" with the smallest id; without one
    nothing is dialled and the visits wait. Returns how many were handed over. Errors: Unavailable."""
    now = ctx.clock.now()
    async with ctx.store.reading() as uow:
        running = [one for one in await uow.campaigns.running() if one.kind is CampaignKind.ORDER_VISIT]
        due = await uow.visits.due(now, _BY_PHONE, _AT_ONCE) if running else ()
    if not due:
        return 0
    campaign = min(running, key=lambda one: one.id)
    return sum([await _queue(ctx, campaign, visit) == _TAKEN for visit in due])


@guarded
async def due_count(ctx: Context, actor: Actor) -> int:
    """Return how many visits by phone are due now, at most 1,000. Errors: NotAllowed(campaigns.view), Unavailable."""
    require(actor, "campaigns.view")
    async with ctx.store.reading() as uow:
        return len(await uow.visits.due(ctx.clock.now(), _BY_PHONE, 1000))


async def begin_load(ctx: Context, actor: Actor, campaign_id: int) -> ImportRow:
    """Begin to load the visits that are due into a campaign of kind "order call-back".

    Errors: as campaign_targets.begin_import; Conflict for a campaign of another kind.
    """
    require(actor, "campaigns.edit")
    campaign = await _campaign(ctx, campaign_id)
    if campaign.kind is not CampaignKind.ORDER_VISIT:
        raise Conflict(
            "待回访工单只能导入工单回访任务",
            "Orders due for a visit can be loaded only into a campaign of kind order call-back",
        )
    return await begin_import(ctx, actor, campaign_id, "visits", "")


async def load_due(ctx: Context, started: ImportRow) -> ImportRow:
    """Load the visits that are due into the campaign of an import that has begun. Errors: Unavailable."""
    campaign, row, accepted = await _campaign(ctx, started.campaign_id), 0, 0
    refusals: list[Refusal] = []
    while due := await _due(ctx):
        for visit in due:
            found = await _queue(ctx, campaign, visit)
            if found is None:  # somebody was faster
                continue
            row += 1
            accepted += found == _TAKEN
            if found != _TAKEN:
                refusals.append(Refusal(row=row, text=f"order {visit.order_id}", reason=found))
        await note_progress(ctx, started.id, row, accepted, refusals)
        refusals = []
    return await finish(ctx, started.id, "done")


@guarded
async def _due(ctx: Context) -> tuple[VisitRow, ...]:
    async with ctx.store.reading() as uow:
        return await uow.visits.due(ctx.clock.now(), _BY_PHONE, _AT_ONCE)


@guarded
async def _campaign(ctx: Context, campaign_id: int) -> CampaignRow:
    async with ctx.store.reading() as uow:
        return await campaign_of(uow, campaign_id)


@guarded
async def _queue(ctx: Context, campaign: CampaignRow, visit: VisitRow) -> str | None:
    """Return _TAKEN, or why this visit becomes no target; None: somebody else has it in hand."""
    now = ctx.clock.now()
    async with ctx.store() as uow:
        if not await uow.visits.claim(visit.id, now, now + timedelta(minutes=ctx.settings.orders.visit_lease_minutes)):
            return None
        order = await uow.work_orders.get(visit.order_id)
        number = normal_number(order.contact_number, ctx.settings.site.area_code) if order is not None else ""
        if order is None or not number:
            await _by_an_agent(uow, visit)
            await uow.commit()
            return Refused.BAD_NUMBER.value
        target = NewTarget(number=number, account=order.customer_account, order_id=order.id, visit_id=visit.id)
        done = _TAKEN
        if not await uow.targets.add(campaign.id, [target], now):
            done = await _again(ctx, uow, campaign, target, visit)
        await uow.commit()
    return done


async def _again(ctx: Context, uow: UnitOfWork, campaign: CampaignRow, wanted: NewTarget, visit: VisitRow) -> str:
    """Let a number that was called before be called about this visit; or say why it cannot be now (the lease runs out,
    and it comes again), or never (then an agent asks)."""
    known = await _target(uow, campaign, wanted.number)
    if known is None or known.state in (TargetState.WAITING, TargetState.CALLING):
        return Refused.DUPLICATE.value  # about another order of the same customer: one after the other
    if known.state is TargetState.DROPPED:
        await _by_an_agent(uow, visit)
        return Refused.OPTED_OUT.value
    now = ctx.clock.now()
    changes = {"visit_id": wanted.visit_id, "order_id": wanted.order_id, "account": wanted.account}
    state = {"state": TargetState.WAITING.value, "result": "", "reason": "", "next_at": now, "changed_at": now}
    await uow.targets.update(known.id, {**changes, **state})
    return _TAKEN


async def _target(uow: UnitOfWork, campaign: CampaignRow, number: str) -> TargetRow | None:
    page = await uow.targets.find(campaign.id, TargetFilter(number=number), None, 50)
    return next((one for one in page.items if one.number == number), None)


async def _by_an_agent(uow: UnitOfWork, visit: VisitRow) -> None:
    await uow.visits.update(visit.id, ("asking",), {"kind": "agent", "status": "pending"})
