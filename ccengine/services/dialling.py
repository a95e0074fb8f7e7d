"""Planning calls: which targets are called now, committed with their times before the PBX hears of them.

Caps, opt-outs and attempts are rows read and written in one fenced transaction, so that neither a restart nor a
second engine makes one call more. What does not live here: sending (engine/dialler.py), how a call came out
(attempt_results.py), what the rules say (hotline/).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccengine.hotline.campaign import DropReason, Flow, TargetState
from ccengine.hotline.pacing import AgentPicture
from ccengine.hotline.retry import next_time
from ccengine.hotline.work_calendar import WorkCalendar
from ccengine.rows import AttemptRow, CampaignRow, DialLimits, TargetRow
from ccengine.services.agent_pacing import calls_for_agents
from ccengine.services.context import Context
from ccengine.services.guard import guarded
from ccengine.store_port import UnitOfWork

#: How far ahead calls are committed; a stop is felt after this time at the latest.
AHEAD = timedelta(seconds=0.25)
#: The PBX refuses to dial for an attempt that reaches it later than this after its time.
VALID = timedelta(seconds=5)
#: Calls are spaced this much wider than the cap asks for: what is sent evenly arrives a little unevenly.
SPARE = 1.015


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A call that is committed and must be sent at its time, and not closer than `step_seconds` to the one before."""

    attempt_id: int
    call_id: str
    number: str
    slot_at: datetime
    valid_until: datetime
    ring_seconds: int
    flow: str
    queue: str
    agent_seconds: float
    step_seconds: float
    early_media: bool = False
    machine_detection: bool = False

    @property
    def leg_id(self) -> str:
        """The name of the call's first channel: ours, so that a doubtful call can be looked up."""
        return leg_id_of(self.call_id)


def leg_id_of(call_id: str) -> str:
    """Return the name of the first channel of an attempt's call."""
    return f"cc-out-{call_id}"


@dataclass(slots=True, kw_only=True)
class _Plan:
    """What one round has found out and used up so far."""

    campaign: CampaignRow
    targets: list[TargetRow]
    open_calls: int
    begun: int
    last_slot_at: datetime | None
    room: int


@guarded
async def anything_due(ctx: Context) -> bool:
    """Say, without taking the right to write, whether any running campaign may have a target to call now."""
    now = ctx.clock.now()
    async with ctx.store.reading() as uow:
        limits = await uow.attempts.limits(ctx.settings.site.node, lock=False)
        if limits is not None and limits.stopped_at is not None:
            return False
        for campaign in await uow.campaigns.running():
            if await uow.targets.due(campaign.id, now + AHEAD, 1):
                return True
    return False


@guarded
async def reserve(ctx: Context, not_before: datetime, agents: Mapping[str, AgentPicture]) -> tuple[Placement, ...]:
    """Commit the calls of the next moment, none for before `not_before`, and return them in order of their times.

    Nothing is returned that is not committed; nothing at all while somebody stopped dialling. Errors: Unavailable;
    Fenced when another engine has the role by now.
    """
    now = ctx.clock.now()
    async with ctx.store() as uow:
        limits = await limits_of(ctx, uow)
        if limits.stopped_at is not None:
            return ()
        calendar = WorkCalendar(timezone=ctx.settings.site.timezone, days=await uow.rules.calendar())
        plans = await _plans(ctx, uow, limits, agents, now)
        placements, last_slot = await _fill(ctx, uow, limits, plans, calendar, max(now, not_before))
        if last_slot is not None:
            await uow.attempts.save_limits(replace(limits, last_slot_at=last_slot))
        await uow.commit()
    return tuple(placements)


async def limits_of(ctx: Context, uow: UnitOfWork) -> DialLimits:
    """Return this node's caps, made from the settings at their first use."""
    node = ctx.settings.site.node
    limits = await uow.attempts.limits(node, lock=True)
    if limits is None:
        dial = ctx.settings.dial
        limits = DialLimits(node=node, calls_per_second=dial.calls_per_second, channels=dial.channels)
        await uow.attempts.save_limits(limits)
    return limits


async def _plans(
    ctx: Context, uow: UnitOfWork, limits: DialLimits, agents: Mapping[str, AgentPicture], now: datetime
) -> list[_Plan]:
    """Return the campaigns that may begin calls, with their targets and how many calls each has room for."""
    unended = await uow.attempts.unended(ctx.settings.site.node)
    begun = await uow.attempts.begun_since(now - timedelta(minutes=1))
    room_on_trunk = limits.channels - len(unended)
    plans: list[_Plan] = []
    for campaign in await uow.campaigns.running():
        mine = [one for one in unended if one.campaign_id == campaign.id]
        room = min(room_on_trunk, campaign.rules.channels - len(mine))
        room = min(room, await calls_for_agents(ctx, uow, campaign, mine, agents.get(campaign.queue), room))
        if room <= 0:
            continue
        calling = {one.number for one in unended}
        due = await uow.targets.due(campaign.id, now, min(room, _ahead(limits)) + len(calling))
        plans.append(
            _Plan(
                campaign=campaign,
                targets=[one for one in due if one.number not in calling],
                open_calls=len(mine),
                begun=begun.get(campaign.id, 0),
                last_slot_at=campaign.last_slot_at,
                room=room,
            )
        )
    return plans


def _ahead(limits: DialLimits) -> int:
    """Return how many calls a round can begin at most, with some to spare for those that turn out not to be called."""
    return int(limits.calls_per_second * AHEAD.total_seconds()) + 10


async def _fill(
    ctx: Context, uow: UnitOfWork, limits: DialLimits, plans: list[_Plan], calendar: WorkCalendar, now: datetime
) -> tuple[list[Placement], datetime | None]:
    """Give the next times on the trunk to the campaigns by their weights."""
    step = timedelta(seconds=SPARE / limits.calls_per_second)
    last_slot, placements = limits.last_slot_at, list[Placement]()
    room_on_trunk = limits.channels - sum(plan.open_calls for plan in plans)
    calling: set[str] = set()
    while plans and len(placements) < room_on_trunk:
        slot = max(now, last_slot + step) if last_slot is not None else now
        plan = min(plans, key=lambda one: (_own_slot(one, slot), (one.begun + 1) / one.campaign.weight))
        own = _own_slot(plan, slot)
        if own > now + AHEAD:
            break
        if plan.room <= 0 or not plan.targets:
            plans.remove(plan)
            continue
        target = plan.targets.pop(0)
        if target.number in calling or not await _may_be_called(ctx, uow, plan.campaign, target, calendar):
            continue
        calling.add(target.number)
        placements.append(await _commit_to(ctx, uow, plan.campaign, target, own, step))
        plan.room, plan.begun, plan.last_slot_at, last_slot = plan.room - 1, plan.begun + 1, own, own
    return placements, last_slot if placements else None


def _own_slot(plan: _Plan, slot: datetime) -> datetime:
    """Return when a campaign may begin its next call, not before the trunk's next time."""
    if plan.last_slot_at is None:
        return slot
    step = timedelta(seconds=SPARE / plan.campaign.rules.calls_per_second)
    return max(slot, plan.last_slot_at + step)


async def _may_be_called(
    ctx: Context, uow: UnitOfWork, campaign: CampaignRow, target: TargetRow, calendar: WorkCalendar
) -> bool:
    """Look once more, in this transaction: a target that must not be called is dropped, one that may not yet waits."""
    now = ctx.clock.now()
    reason = await drop_reason(uow, campaign, target)
    if reason is not None:
        await _drop(uow, target, reason, now)
        return False
    times = (await uow.attempts.times([target.id])).get(target.id, ())
    following = next_time(campaign.rules, times, now, replace(calendar, timezone=target.timezone))
    if following.reason is not None:
        await _drop(uow, target, following.reason, now)
        return False
    earliest = following.at
    recall = timedelta(hours=campaign.rules.recall_hours)
    if recall and await uow.attempts.abandoned_since([target.number], now - recall):
        earliest = max(earliest or now, now + timedelta(hours=1))
    if earliest is not None and earliest > now:
        await uow.targets.update(target.id, {"next_at": earliest})
        return False
    return True


async def drop_reason(uow: UnitOfWork, campaign: CampaignRow, target: TargetRow) -> DropReason | None:
    """Return why somebody must not be called (any more), None when nothing speaks against it."""
    listed = (await uow.attempts.opted_out([target.number])).get(target.number)
    if listed is not None:
        return DropReason.LEGAL_HOLD if listed == "legal_hold" else DropReason.OPTED_OUT
    if campaign.flow != Flow.ARREARS:
        return None
    return await dunning_ban(uow, target.account, target.number, campaign.rules.arrears_from_fen)


async def dunning_ban(uow: UnitOfWork, account: str | None, number: str, from_fen: int) -> DropReason | None:
    """Return why an account must not be reminded of its arrears now, None when it may."""
    customer = await uow.customers.get(account) if account else None
    if customer is None:
        return DropReason.NO_ACCOUNT
    if customer.arrears_fen < max(from_fen, 1):
        return DropReason.PAID
    for order in await uow.work_orders.open_candidates(account, number):
        if order.customer_account not in (None, account):
            continue
        if order.type == "billing" and order.category == "bill_dispute":
            return DropReason.DISPUTED
        if order.type == "repair":
            return DropReason.OPEN_REPAIR
    return None


async def _drop(uow: UnitOfWork, target: TargetRow, reason: DropReason, now: datetime) -> None:
    values = {"state": TargetState.DROPPED.value, "reason": reason.value, "changed_at": now}
    await uow.targets.update(target.id, values)


async def _commit_to(
    ctx: Context, uow: UnitOfWork, campaign: CampaignRow, target: TargetRow, slot: datetime, step: timedelta
) -> Placement:
    rules = campaign.rules
    node = ctx.settings.site.node
    row = AttemptRow(
        id=0,
        campaign_id=campaign.id,
        target_id=target.id,
        number=target.number,
        account=target.account,
        call_id=new_call_id(node, slot),
        node=node,
        state="reserved",
        slot_at=slot,
        valid_until=slot + VALID,
        rules=rules.as_data(),
    )
    attempt_id = await uow.attempts.insert(row)
    await uow.targets.update(target.id, {"state": TargetState.CALLING.value, "changed_at": ctx.clock.now()})
    await uow.campaigns.set_slot(campaign.id, slot)
    return Placement(
        attempt_id=attempt_id,
        call_id=row.call_id,
        number=target.number,
        slot_at=slot,
        valid_until=row.valid_until,
        ring_seconds=rules.ring_seconds,
        flow=campaign.flow,
        queue=campaign.queue,
        agent_seconds=rules.agent_seconds,
        step_seconds=step.total_seconds(),
        early_media=rules.early_media,
        machine_detection=rules.machine_detection,
    )


def new_call_id(node: str, at: datetime) -> str:
    """Return a call id as the dialplan makes them."""
    return f"{node}-{int(at.timestamp())}-{secrets.randbelow(9 * 10**17) + 10**17}"
