"""How many calls a campaign for agents may begin: the agents now, what its last calls taught, the pure rule.

What does not live here: the rule itself (hotline/pacing.py), the trunk's caps (dialling.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ccengine.hotline import pacing
from ccengine.hotline.campaign import FOR_AGENTS, CampaignKind
from ccengine.hotline.dial_result import REACHED
from ccengine.rows import CampaignRow, OpenCall
from ccengine.services.context import Context
from ccengine.store_port import UnitOfWork

#: Of this time the answer rate and the lengths are learnt.
_LEARN = timedelta(minutes=30)
#: Before so many attempts the shipped guess counts.
_LEAST_ATTEMPTS = 30


async def calls_for_agents(
    ctx: Context,
    uow: UnitOfWork,
    campaign: CampaignRow,
    open_calls: Sequence[OpenCall],
    picture: pacing.AgentPicture | None,
    room: int,
    arrived: Collection[str] = (),
) -> int:
    """Return how many calls may begin now; a campaign whose calls need no agent may use all its room.

    `arrived`: calls that have come to the queue or to an agent: the picture counts those. Who has answered and has not
    come there yet (hears the notice, is judged by AMD) is certain to want an agent.
    """
    if campaign.kind not in FOR_AGENTS:
        return room
    if picture is None:
        return 0
    now = ctx.clock.now()
    on_the_way = [one for one in open_calls if one.call_id not in arrived]
    if campaign.kind is CampaignKind.PROGRESSIVE:
        return pacing.progressive(picture, len(on_the_way))
    rung = [(now - one.slot_at).total_seconds() for one in on_the_way if not one.answered]
    cap = campaign.rules.abandoned_percent / 100
    seen = await experience(ctx, uow, campaign, now)
    return pacing.predictive(picture, pacing.ringing(rung, seen, len(on_the_way) - len(rung)), seen, cap)


async def experience(ctx: Context, uow: UnitOfWork, campaign: CampaignRow, now: datetime) -> pacing.Experience:
    """Return what the campaign's calls taught so far: of the last half hour, and of day and 30 days, whichever allows
    less."""
    reached = [one.value for one in REACHED]
    figures = await uow.campaigns.figures(campaign.id, day_begins(ctx, now), now - timedelta(days=30), reached)
    learnt = await uow.attempts.learnt(campaign.id, now - _LEARN, reached)
    usual = pacing.Experience()
    known = learnt.attempts >= _LEAST_ATTEMPTS
    seen = pacing.Experience(
        answer_rate=learnt.reached / learnt.attempts if known else usual.answer_rate,
        ring_seconds=learnt.ring_seconds or usual.ring_seconds,
        handle_seconds=learnt.talk_seconds + ctx.settings.pbx.wrapup_seconds
        if learnt.talk_seconds
        else usual.handle_seconds,
        wrap_seconds=ctx.settings.pbx.wrapup_seconds,
    )
    day = replace(
        seen,
        abandoned_share=share(figures.abandoned_today, figures.reached_today),
        answered=figures.reached_today,
    )
    month = replace(
        seen,
        abandoned_share=share(figures.abandoned_30_days, figures.reached_30_days),
        answered=figures.reached_30_days,
    )
    cap = campaign.rules.abandoned_percent / 100
    return min(day, month, key=lambda one: pacing.allowance(one, cap))


def share(part: int, whole: int) -> float:
    """Return part of whole, 0 where there is no whole."""
    return part / whole if whole else 0.0


def day_begins(ctx: Context, now: datetime) -> datetime:
    """Return when today began at the site."""
    local = now.astimezone(ZoneInfo(ctx.settings.site.timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
