"""Whether somebody may be called, looked at in the transaction that commits the call. Who may not is dropped or waits.

What does not live here: when a call is begun (dialling.py), what the rules say (hotline/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccengine.hotline.campaign import DropReason, Flow, TargetState
from ccengine.hotline.retry import next_time
from ccengine.hotline.work_calendar import WorkCalendar
from ccengine.rows import CampaignRow, TargetRow
from ccengine.services.context import Context
from ccengine.store_port import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a transaction knows of some targets: who is on the list of no more calls, when each was called before, who
    was abandoned a short while ago."""

    listed: Mapping[str, str]
    times: Mapping[int, tuple[datetime, ...]]
    abandoned: frozenset[str]


async def known_of(ctx: Context, uow: UnitOfWork, campaign: CampaignRow, targets: Sequence[TargetRow]) -> Known:
    """Ask for all of them at once."""
    numbers = [one.number for one in targets]
    recall = timedelta(hours=campaign.rules.recall_hours)
    return Known(
        listed=await uow.attempts.opted_out(numbers) if numbers else {},
        times=await uow.attempts.times([one.id for one in targets]) if numbers else {},
        abandoned=await uow.attempts.abandoned_since(numbers, ctx.clock.now() - recall)
        if numbers and recall
        else frozenset(),
    )


async def may_be_called(
    ctx: Context, uow: UnitOfWork, campaign: CampaignRow, target: TargetRow, known: Known, calendar: WorkCalendar
) -> bool:
    """Look once more: a target that must not be called is dropped, one that may not yet waits."""
    now = ctx.clock.now()
    reason = await _drop_reason(uow, campaign, target, known)
    if reason is not None:
        await _drop(uow, target, reason, now)
        return False
    times = known.times.get(target.id, ())
    following = next_time(campaign.rules, times, now, replace(calendar, timezone=target.timezone))
    if following.reason is not None:
        await _drop(uow, target, following.reason, now)
        return False
    earliest = following.at
    if target.number in known.abandoned:
        earliest = max(earliest or now, now + timedelta(hours=1))
    if earliest is not None and earliest > now:
        await uow.targets.update(target.id, {"next_at": earliest})
        return False
    return True


async def _drop_reason(uow: UnitOfWork, campaign: CampaignRow, target: TargetRow, known: Known) -> DropReason | None:
    """Return why somebody must not be called (any more), None when nothing speaks against it."""
    listed = known.listed.get(target.number)
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
