"""Planning calls: which targets are called now, committed with their times before the PBX hears of them.

Caps, opt-outs and attempts are rows read and written in one fenced transaction, so that neither a restart nor a
second engine makes one call more. What does not live here: sending (engine/dialler.py), how a call came out
(attempt_results.py), what the rules say (hotline/).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from ccengine.hotline.campaign import CampaignKind, Rules, shown_number
from ccengine.hotline.pacing import AgentPicture
from ccengine.hotline.work_calendar import WorkCalendar
from ccengine.rows import AttemptRow, CampaignRow, DialLimits, OpenCall, TargetRow
from ccengine.services.agent_pacing import calls_for_agents
from ccengine.services.context import Context
from ccengine.services.dial_checks import Known, known_of, may_be_called
from ccengine.services.guard import guarded
from ccengine.store_port import UnitOfWork
from ccengine.values import BEGUN_BY_US_PREFIX

#: How far ahead calls are committed; a stop is felt after this time at the latest.
AHEAD = timedelta(seconds=0.4)
#: The PBX refuses to dial for an attempt that reaches it later than this after its time.
VALID = timedelta(seconds=5)
#: Calls are spaced this much wider than the cap asks for; what the wire needs beyond that is seen to at sending.
SPARE = 1.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A call that is committed and must be sent at its time, or later where the caps of trunk and campaign want it.

    `caller_id`: the number of the site's that is shown instead of the hotline; empty: the hotline.
    """

    attempt_id: int
    campaign_id: int
    call_id: str
    number: str
    slot_at: datetime
    valid_until: datetime
    ring_seconds: int
    flow: str
    queue: str
    agent_seconds: float
    trunk_per_second: float
    campaign_per_second: float
    early_media: bool = False
    machine_detection: bool = False
    recording_notice: bool = False
    caller_id: str = ""

    @property
    def leg_id(self) -> str:
        """The name of the call's first channel: ours, so that a doubtful call can be looked up."""
        return leg_id_of(self.call_id)


def leg_id_of(call_id: str) -> str:
    """Return the name of the first channel of an attempt's call."""
    return f"{BEGUN_BY_US_PREFIX}{call_id}"


def call_of_leg(leg_id: str) -> str:
    """Return the call whose first channel has this name, "" for any other channel."""
    name = leg_id.removesuffix(";2")
    return name.removeprefix(BEGUN_BY_US_PREFIX) if name.startswith(BEGUN_BY_US_PREFIX) else ""


@dataclass(slots=True, kw_only=True)
class _Plan:
    """What one round has found out and used up so far."""

    campaign: CampaignRow
    targets: list[TargetRow]
    known: Known
    begun: int
    last_slot_at: datetime | None
    room: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """Who is called, for which campaign, when."""

    campaign: CampaignRow
    target: TargetRow
    slot_at: datetime


@guarded
async def anything_due(ctx: Context) -> bool:
    """Say, without taking the right to write, whether any running campaign may have a target to call now."""
    async with ctx.store.reading() as uow:
        return await uow.at_once(partial(_anything_due, ctx, uow))


async def _anything_due(ctx: Context, uow: UnitOfWork) -> bool:
    now = ctx.clock.now()
    limits = await uow.attempts.limits(ctx.settings.site.node, lock=False)
    if limits is not None and limits.stopped_at is not None:
        return False
    for campaign in await uow.campaigns.running():
        if campaign.kind is not CampaignKind.PREVIEW and await uow.targets.due(campaign.id, now + AHEAD, 1):
            return True
    return False


@guarded
async def reserve(
    ctx: Context, not_before: datetime, agents: Mapping[str, AgentPicture], arrived: Collection[str] = ()
) -> tuple[Placement, ...]:
    """Commit the calls of the next moment, none for before `not_before`, and return them in order of their times.

    `agents`: by queue; `arrived`: the calls whose people have come to a queue or an agent.
    Nothing is returned that is not committed; nothing at all while somebody stopped dialling. Errors: Unavailable;
    Fenced when another engine has the role by now.
    """
    now = ctx.clock.now()
    if not_before > now + AHEAD:
        return ()
    async with ctx.store() as uow:
        limits = await limits_of(ctx, uow)
        if limits.stopped_at is not None:
            return ()
        calendar = WorkCalendar(timezone=ctx.settings.site.timezone, days=await uow.rules.calendar())
        open_calls = await uow.attempts.open_calls(ctx.settings.site.node)
        plans = await _plans(ctx, uow, limits, agents, arrived, open_calls)
        room = limits.channels - len(open_calls)
        chosen = await _choose(ctx, uow, limits, plans, room, calendar, max(now, not_before), now + AHEAD)
        placements = await _commit_to(ctx, uow, limits, chosen)
        await uow.commit()
    return placements


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
    ctx: Context,
    uow: UnitOfWork,
    limits: DialLimits,
    agents: Mapping[str, AgentPicture],
    arrived: Collection[str],
    open_calls: Sequence[OpenCall],
) -> list[_Plan]:
    """Return the campaigns that may begin calls, with their targets and how many calls each has room for."""
    now = ctx.clock.now()
    begun = await uow.attempts.begun_since(now - timedelta(minutes=1))
    calling = {one.number for one in open_calls}
    plans: list[_Plan] = []
    for campaign in await uow.campaigns.running():
        if campaign.kind is CampaignKind.PREVIEW:  # people call there (preview.py)
            continue
        mine = [one for one in open_calls if one.campaign_id == campaign.id]
        room = min(limits.channels - len(open_calls), campaign.rules.channels - len(mine))
        room = min(room, await calls_for_agents(ctx, uow, campaign, mine, agents.get(campaign.queue), room, arrived))
        if room <= 0:
            continue
        others = len(open_calls) - len(mine)  # of another campaign: its number may be one of ours
        due = await uow.targets.due(campaign.id, now, min(room, _ahead(limits)) + others)
        targets = [one for one in due if one.number not in calling]
        plans.append(
            _Plan(
                campaign=campaign,
                targets=targets,
                known=await known_of(ctx, uow, campaign, targets),
                begun=begun.get(campaign.id, 0),
                last_slot_at=campaign.last_slot_at,
                room=room,
            )
        )
    return plans


def _ahead(limits: DialLimits) -> int:
    """Return how many calls a round can begin at most, with some to spare for those that turn out not to be called."""
    return int(limits.calls_per_second * AHEAD.total_seconds()) + 10


async def _choose(
    ctx: Context,
    uow: UnitOfWork,
    limits: DialLimits,
    plans: list[_Plan],
    room_on_trunk: int,
    calendar: WorkCalendar,
    not_before: datetime,
    until: datetime,
) -> list[_Chosen]:
    """Give the next times on the trunk to the campaigns by their weights."""
    step = timedelta(seconds=SPARE / limits.calls_per_second)
    last_slot, chosen = limits.last_slot_at, list[_Chosen]()
    calling: set[str] = set()
    while plans and len(chosen) < room_on_trunk:
        slot = max(not_before, last_slot + step) if last_slot is not None else not_before
        plan = min(plans, key=lambda one: (_own_slot(one, slot), (one.begun + 1) / one.campaign.weight))
        own = _own_slot(plan, slot)
        if own > until:
            break
        if plan.room <= 0 or not plan.targets:
            plans.remove(plan)
            continue
        target = plan.targets.pop(0)
        if target.number in calling or not await may_be_called(ctx, uow, plan.campaign, target, plan.known, calendar):
            continue
        calling.add(target.number)
        chosen.append(_Chosen(campaign=plan.campaign, target=target, slot_at=own))
        plan.room, plan.begun, plan.last_slot_at, last_slot = plan.room - 1, plan.begun + 1, own, own
    return chosen


def _own_slot(plan: _Plan, slot: datetime) -> datetime:
    """Return when a campaign may begin its next call, not before the trunk's next time."""
    if plan.last_slot_at is None:
        return slot
    step = timedelta(seconds=SPARE / plan.campaign.rules.calls_per_second)
    return max(slot, plan.last_slot_at + step)


async def _commit_to(
    ctx: Context, uow: UnitOfWork, limits: DialLimits, chosen: Sequence[_Chosen]
) -> tuple[Placement, ...]:
    """Write down the chosen calls with their times: each an attempt, its target being called."""
    if not chosen:
        return ()
    rows = [_attempt_of(ctx, one) for one in chosen]
    ids = await uow.attempts.insert_many(rows)
    await uow.targets.mark_calling([one.target.id for one in chosen], ctx.clock.now())
    for campaign_id, slot in {one.campaign.id: one.slot_at for one in chosen}.items():
        await uow.campaigns.set_slot(campaign_id, slot)
    await uow.attempts.save_limits(replace(limits, last_slot_at=chosen[-1].slot_at))
    return tuple(
        Placement(
            attempt_id=ids[row.call_id],
            campaign_id=one.campaign.id,
            call_id=row.call_id,
            number=row.number,
            slot_at=row.slot_at,
            valid_until=row.valid_until,
            ring_seconds=one.campaign.rules.ring_seconds,
            flow=one.campaign.flow,
            queue=one.campaign.queue,
            agent_seconds=one.campaign.rules.agent_seconds,
            trunk_per_second=limits.calls_per_second,
            campaign_per_second=one.campaign.rules.calls_per_second,
            early_media=one.campaign.rules.early_media,
            machine_detection=one.campaign.rules.machine_detection,
            recording_notice=one.campaign.rules.recording_notice,
            caller_id=other_number(ctx, row),
        )
        for one, row in zip(chosen, rows, strict=True)
    )


def _attempt_of(ctx: Context, one: _Chosen) -> AttemptRow:
    node = ctx.settings.site.node
    return AttemptRow(
        id=0,
        campaign_id=one.campaign.id,
        target_id=one.target.id,
        number=one.target.number,
        account=one.target.account,
        call_id=new_call_id(node, one.slot_at),
        node=node,
        state="reserved",
        slot_at=one.slot_at,
        valid_until=one.slot_at + VALID,
        rules=rules_as_used(ctx, one.campaign.rules),
    )


def rules_as_used(ctx: Context, rules: Rules) -> dict[str, object]:
    """Return the rules as they are kept with an attempt: the number that is shown is written out."""
    shown = shown_number(rules, ctx.settings.site.hotline, ctx.settings.pbx.caller_ids)
    return rules.as_data() | {"caller_id": shown}


def other_number(ctx: Context, row: AttemptRow) -> str:
    """Return the number an attempt shows instead of the hotline, "" where it shows the hotline."""
    shown = str(row.rules["caller_id"])
    return "" if shown == ctx.settings.site.hotline else shown


def new_call_id(node: str, at: datetime) -> str:
    """Return a call id as the dialplan makes them."""
    return f"{node}-{int(at.timestamp())}-{secrets.randbelow(9 * 10**17) + 10**17}"
