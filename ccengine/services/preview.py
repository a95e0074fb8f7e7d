"""Preview dialling 预览外呼: an agent sees who is next, and calls (the own phone rings first) or skips with a reason.

The same rules, caps, lists and attempts as in any campaign; the call is committed before the PBX hears of it.
What does not live here: who may be called at all (dial_checks.py), how a call came out (attempt_results.py).
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ccengine.hotline.campaign import CampaignKind, CampaignState, DropReason, TargetState
from ccengine.hotline.work_calendar import WorkCalendar
from ccengine.ports import EngineUnavailable, Pbx, PbxRefused, PbxUnavailable
from ccengine.rows import AttemptRow, CampaignRow, CustomerRow, DialLimits, OpenCall, TargetRow
from ccengine.services import attempt_results
from ccengine.services.agents import agent_and_device
from ccengine.services.audit import note
from ccengine.services.campaigns import campaign_of
from ccengine.services.context import Actor, Context
from ccengine.services.dial_checks import known_of, may_be_called
from ccengine.services.dialling import SPARE, leg_id_of, limits_of, new_call_id, other_number, rules_as_used
from ccengine.services.errors import Conflict, NotFound, Unavailable
from ccengine.services.guard import guarded, one_of
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

#: So long the agent's own phone rings; the call is not begun later than this after its time.
OWN_PHONE = timedelta(seconds=20)
#: A person waits for a place on the trunk no longer than this.
_MOST_WAIT = timedelta(seconds=2)
_CANDIDATES = 20
_LATER = timedelta(hours=4)


class SkipReason(StrEnum):
    """Why an agent does not call somebody now."""

    LATER = "later"  # 稍后再呼: comes back after some hours
    NO_NEED = "no_need"  # 无需呼叫
    WRONG_DATA = "wrong_data"  # 资料有误


_DROPPED = {SkipReason.NO_NEED: DropReason.SKIPPED, SkipReason.WRONG_DATA: DropReason.WRONG_DATA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Who is next, with what is known of the person and the calls made before. `target` None: nobody is due."""

    campaign: CampaignRow
    target: TargetRow | None = None
    customer: CustomerRow | None = None
    attempts: tuple[AttemptRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewTurn:
    """A call whose agent has picked up the own phone, and the caps it must wait for."""

    call_id: str
    campaign_id: int
    trunk_per_second: float
    campaign_per_second: float


@guarded
async def turn_of(ctx: Context, call_id: str) -> PreviewTurn | None:
    """Look once more, as the agent picks up: None when the person must not be called any more (dialling was stopped,
    the campaign is no longer running, no more calls to this number). Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        attempt = await uow.attempts.of_call(call_id)
        limits = await uow.attempts.limits(ctx.settings.site.node, lock=False)
        if attempt is None or attempt.state == "ended" or limits is None or limits.stopped_at is not None:
            return None
        campaign = await campaign_of(uow, attempt.campaign_id)
        if campaign.state is not CampaignState.RUNNING or await uow.attempts.opted_out([attempt.number]):
            return None
    return PreviewTurn(
        call_id=call_id,
        campaign_id=campaign.id,
        trunk_per_second=limits.calls_per_second,
        campaign_per_second=campaign.rules.calls_per_second,
    )


@guarded
async def upcoming(ctx: Context, actor: Actor) -> tuple[CampaignRow, ...]:
    """Return the preview campaigns that run. Errors: NotAllowed(campaigns.call), Unavailable."""
    require(actor, "campaigns.call")
    async with ctx.store.reading() as uow:
        return tuple(one for one in await uow.campaigns.running() if one.kind is CampaignKind.PREVIEW)


@guarded
async def following(ctx: Context, actor: Actor, campaign_id: int) -> Preview:
    """Return who this agent might call next; agents are shown different people as long as there are enough.

    Errors: NotAllowed(campaigns.call), NotFound, Conflict (no running preview campaign), Unavailable.
    """
    require(actor, "campaigns.call")
    async with ctx.store.reading() as uow:
        campaign = await _running(uow, campaign_id)
        due = await uow.targets.due(campaign.id, ctx.clock.now(), _CANDIDATES)
        if not due:
            return Preview(campaign=campaign)
        target = due[zlib.crc32((actor.agent_number or actor.name).encode()) % len(due)]
        customer = await uow.customers.get(target.account) if target.account else None
        tried = await uow.attempts.of_target(target.id)
    return Preview(campaign=campaign, target=target, customer=customer, attempts=tried)


async def call(ctx: Context, actor: Actor, pbx: Pbx, campaign_id: int, target_id: int) -> str:
    """Ring the agent's phone, then the person; return the call's id.

    Errors: NotAllowed(campaigns.call), NotFound, Conflict (somebody was faster, must not be called, no place on the
    trunk, the PBX refused), Invalid (the agent has no phone), Unavailable("pbx", "engine" or "database").
    """
    require(actor, "campaigns.call")
    if actor.agent_number is None:
        raise Conflict("您没有坐席工号，不能外呼", "You have no agent number; agents call")
    _, extension = await agent_and_device(ctx, actor.agent_number, None)
    row, ring_seconds, attempt_id = await _commit(ctx, actor, campaign_id, target_id)
    await asyncio.sleep(max(0.0, (row.slot_at - ctx.clock.now()).total_seconds()))
    variables = {**_variables(row, extension, ring_seconds), "__CC_SHOWN": other_number(ctx, row)}
    try:
        await pbx.originate(
            leg_id_of(row.call_id),
            f"PJSIP/{extension}",
            "cc-campaign-preview",
            "s",
            variables,
            OWN_PHONE.total_seconds(),
        )
    except PbxRefused as error:
        await attempt_results.give_up(ctx, [attempt_id])
        raise Conflict(f"电话交换机拒绝：{error.reason}", f"The PBX refused: {error.reason}") from error
    except EngineUnavailable as error:  # whether it was begun is cleared up by the dialler
        raise Unavailable("engine") from error
    except PbxUnavailable as error:
        raise Unavailable("pbx") from error
    return row.call_id


@guarded
async def _commit(ctx: Context, actor: Actor, campaign_id: int, target_id: int) -> tuple[AttemptRow, int, int]:
    """Write the call down with its time, under the caps; return it, how long the person is rung, and its id."""
    now, node = ctx.clock.now(), ctx.settings.site.node
    async with ctx.store() as uow:
        limits = await limits_of(ctx, uow)
        campaign = await _running(uow, campaign_id)
        if limits.stopped_at is not None:
            raise Conflict("外呼已全部停止", "All dialling is stopped")
        target = await _waiting(uow, campaign, target_id)
        slot = _slot(now, limits, campaign, target, await uow.attempts.open_calls(node))
        calendar = WorkCalendar(timezone=ctx.settings.site.timezone, days=await uow.rules.calendar())
        known = await known_of(ctx, uow, campaign, [target])
        if not await may_be_called(ctx, uow, campaign, target, known, calendar):
            await uow.commit()  # why not is kept with the target
            raise Conflict("此人现在不能呼叫，原因见名单", "This person must not be called now; the list says why")
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
            valid_until=slot + OWN_PHONE + timedelta(seconds=5),
            agent_number=actor.agent_number,
            rules=rules_as_used(ctx, campaign.rules),
        )
        ids = await uow.attempts.insert_many([row])
        await uow.targets.mark_calling([target.id], now)
        await uow.campaigns.set_slot(campaign.id, slot)
        await uow.attempts.save_limits(replace(limits, last_slot_at=slot))
        await uow.commit()
    return row, campaign.rules.ring_seconds, ids[row.call_id]


def _slot(
    now: datetime, limits: DialLimits, campaign: CampaignRow, target: TargetRow, open_calls: Sequence[OpenCall]
) -> datetime:
    """Return when the call may begin under the caps of all and of its campaign. Raises Conflict: not soon."""
    mine = sum(one.campaign_id == campaign.id for one in open_calls)
    step = timedelta(seconds=SPARE / min(limits.calls_per_second, campaign.rules.calls_per_second))
    slot = max(now, limits.last_slot_at + step) if limits.last_slot_at is not None else now
    full = len(open_calls) >= limits.channels or mine >= campaign.rules.channels or slot > now + _MOST_WAIT
    if full or target.number in {one.number for one in open_calls}:
        raise Conflict("中继线忙，请稍后再试", "The trunk is busy; try again in a moment")
    return slot


@guarded
async def skip(ctx: Context, actor: Actor, campaign_id: int, target_id: int, reason: str) -> None:
    """Do not call somebody (now), for a reason. Errors: NotAllowed(campaigns.call), NotFound, Invalid, Conflict."""
    require(actor, "campaigns.call")
    why = SkipReason(one_of("reason", reason, tuple(one.value for one in SkipReason)))
    now = ctx.clock.now()
    async with ctx.store() as uow:
        target = await _waiting(uow, await _running(uow, campaign_id), target_id)
        values: dict[str, object] = {"changed_at": now}
        if why in _DROPPED:
            values |= {"state": TargetState.DROPPED.value, "reason": _DROPPED[why].value}
        else:
            values |= {"next_at": now + _LATER}
        await uow.targets.update(target.id, values)
        await note(ctx, uow, actor, "campaigns.skip", f"campaign:{campaign_id}", {"target": target.id, "reason": why})
        await uow.commit()


async def _running(uow: UnitOfWork, campaign_id: int) -> CampaignRow:
    campaign = await campaign_of(uow, campaign_id)
    if campaign.kind is not CampaignKind.PREVIEW or campaign.state is not CampaignState.RUNNING:
        raise Conflict("不是进行中的预览外呼任务", "This is no running preview campaign")
    return campaign


async def _waiting(uow: UnitOfWork, campaign: CampaignRow, target_id: int) -> TargetRow:
    target = await uow.targets.get(target_id)
    if target is None or target.campaign_id != campaign.id:
        raise NotFound("target", target_id)
    if target.state is not TargetState.WAITING:
        raise Conflict(
            "此人刚被别人呼叫或处理，请看下一位", "Somebody else has just seen to this person; take the next"
        )
    return target


def _variables(row: AttemptRow, extension: str, ring_seconds: int) -> Mapping[str, str]:
    """Return what the dialplan is told. All of it is ours or digits."""
    return {
        "__CC_CALL_ID": row.call_id,
        "__CC_NUMBER": row.number,
        "CC_PREVIEW_AGENT": row.agent_number or "",
        "CC_PREVIEW_PHONE": extension,
        "CC_RING": str(ring_seconds),
        "CC_VALID_UNTIL": str(int(row.valid_until.timestamp())),
    }
