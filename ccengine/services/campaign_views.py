"""Looking at campaigns: lists, figures with a forecast, targets with their attempts, results by district, exports.

What does not live here: changing anything (campaigns.py, campaign_targets.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccengine.hotline.account import normal_number
from ccengine.hotline.dial_result import REACHED
from ccengine.rows import (
    AttemptRow,
    CampaignFigures,
    CampaignRow,
    CustomerRow,
    ImportRow,
    OptOutRow,
    Page,
    Refusal,
    TargetFilter,
    TargetRow,
)
from ccengine.services.agent_pacing import day_begins, share
from ccengine.services.campaigns import campaign_of
from ccengine.services.context import Actor, Context
from ccengine.services.errors import NotFound
from ccengine.services.guard import guarded, limited
from ccengine.services.rights import require, shown_number

_REACHED = [one.value for one in REACHED]
_EXPORT_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignDetail:
    """A campaign with its figures. `ends_at`: when it is through at the pace of the last hour, None: not to be told."""

    campaign: CampaignRow
    figures: CampaignFigures
    remaining: int
    hit_percent: float | None
    abandoned_percent: float
    ends_at: datetime | None
    hours: tuple[tuple[datetime, int, int], ...]  # since, begun, reached
    districts: tuple[tuple[str, int, int, int], ...]  # district, attempts, reached, promised fen
    amounts: tuple[tuple[int, int, int, int], ...]  # owed from so many fen on, attempts, reached, promised fen
    imports: tuple[ImportRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDetail:
    """A target with each call to it."""

    target: TargetRow
    attempts: tuple[AttemptRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignCall:
    """What an agent who gets a campaign's call must know: which campaign, who was called, what the person has said."""

    campaign: CampaignRow
    target: TargetRow
    attempt: AttemptRow
    customer: CustomerRow | None


@guarded
async def of_call(ctx: Context, actor: Actor, call_id: str) -> CampaignCall | None:
    """Return what a campaign's call is about, None for any other call. Errors: NotAllowed(calls.view), Unavailable."""
    require(actor, "calls.view")
    async with ctx.store.reading() as uow:
        attempt = await uow.attempts.of_call(call_id)
        target = await uow.targets.get(attempt.target_id) if attempt is not None else None
        if attempt is None or target is None:
            return None
        campaign = await campaign_of(uow, attempt.campaign_id)
        customer = await uow.customers.get(attempt.account) if attempt.account else None
    return CampaignCall(campaign=campaign, target=target, attempt=attempt, customer=customer)


@guarded
async def find(
    ctx: Context, actor: Actor, state: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[CampaignRow]:
    """List campaigns, newest first; without a state all but the archived.

    Errors: NotAllowed(campaigns.view), Invalid(cursor, limit), Unavailable.
    """
    require(actor, "campaigns.view")
    async with ctx.store.reading() as uow:
        return await uow.campaigns.find(state, cursor, limited(limit))


@guarded
async def detail(ctx: Context, actor: Actor, campaign_id: int) -> CampaignDetail:
    """Return one campaign with its figures. Errors: NotAllowed(campaigns.view), NotFound, Unavailable."""
    require(actor, "campaigns.view")
    now = ctx.clock.now()
    day = day_begins(ctx, now)
    async with ctx.store.reading() as uow:
        campaign = await campaign_of(uow, campaign_id)
        figures = await uow.campaigns.figures(campaign_id, day, now - timedelta(days=30), _REACHED)
        hours = await uow.attempts.by_hour(campaign_id, day, _REACHED)
        districts = await uow.attempts.by_district(campaign_id, _REACHED)
        amounts = await uow.attempts.by_amount(campaign_id, _REACHED)
        imports = await uow.campaigns.imports(campaign_id)
    remaining = figures.targets.get("waiting", 0) + figures.targets.get("calling", 0)
    ended_today = figures.attempts_today
    return CampaignDetail(
        campaign=campaign,
        figures=figures,
        remaining=remaining,
        hit_percent=round(100 * share(figures.reached_today, ended_today), 1) if ended_today else None,
        abandoned_percent=round(100 * share(figures.abandoned_today, figures.reached_today), 2),
        ends_at=_forecast(campaign, remaining, hours, now),
        hours=hours,
        districts=districts,
        amounts=amounts,
        imports=imports,
    )


def _forecast(
    campaign: CampaignRow, remaining: int, hours: Sequence[tuple[datetime, int, int]], now: datetime
) -> datetime | None:
    """Return when the rest would be called at the pace of the last hours with calls; retries are not foreseen."""
    begun = sum(one[1] for one in hours[-2:])
    if campaign.state != "running" or not remaining or not begun:
        return None
    since = hours[-2:][0][0]
    seconds = max((now - since).total_seconds(), 60.0)
    return now + timedelta(seconds=remaining * seconds / begun)


@guarded
async def targets(
    ctx: Context, actor: Actor, campaign_id: int, wanted: TargetFilter, cursor: str | None = None, limit: int = 50
) -> Page[TargetRow]:
    """List targets, last changed first. Errors: NotAllowed(campaigns.view), NotFound, Invalid, Unavailable."""
    require(actor, "campaigns.view")
    number = normal_number(wanted.number, ctx.settings.site.area_code) or wanted.number.strip()
    async with ctx.store.reading() as uow:
        await campaign_of(uow, campaign_id)
        page = await uow.targets.find(campaign_id, replace(wanted, number=number[:24]), cursor, limited(limit))
    return Page(items=tuple(_shown(actor, row) for row in page.items), next=page.next)


def _shown(actor: Actor, row: TargetRow) -> TargetRow:
    return replace(row, number=shown_number(actor, row.number))


@guarded
async def target(ctx: Context, actor: Actor, campaign_id: int, target_id: int) -> TargetDetail:
    """Return a target and each call to it. Errors: NotAllowed(campaigns.view), NotFound, Unavailable."""
    require(actor, "campaigns.view")
    async with ctx.store.reading() as uow:
        row = await uow.targets.get(target_id)
        if row is None or row.campaign_id != campaign_id:
            raise NotFound("target", target_id)
        attempts = await uow.attempts.of_target(target_id)
    hidden = tuple(replace(one, number=shown_number(actor, one.number)) for one in attempts)
    return TargetDetail(target=_shown(actor, row), attempts=hidden)


async def export(ctx: Context, actor: Actor, campaign_id: int) -> AsyncIterator[tuple[TargetDetail, ...]]:
    """Yield all targets with their attempts, page by page. Errors: as targets."""
    cursor: str | None = None
    while True:
        page = await targets(ctx, actor, campaign_id, TargetFilter(), cursor, _EXPORT_PAGE)
        yield tuple([await target(ctx, actor, campaign_id, row.id) for row in page.items])
        cursor = page.next
        if cursor is None:
            return


@guarded
async def load(ctx: Context, actor: Actor, campaign_id: int, import_id: int) -> ImportRow:
    """Return how far a list's loading is. Errors: NotAllowed(campaigns.view), NotFound, Unavailable."""
    require(actor, "campaigns.view")
    async with ctx.store.reading() as uow:
        row = await uow.campaigns.get_import(import_id)
    if row is None or row.campaign_id != campaign_id:
        raise NotFound("import", import_id)
    return row


@guarded
async def refusals(
    ctx: Context, actor: Actor, campaign_id: int, import_id: int, after_row: int = 0, limit: int = 200
) -> tuple[Refusal, ...]:
    """Return an import's refused rows in their order. Errors: NotAllowed(campaigns.view), NotFound, Unavailable."""
    require(actor, "campaigns.view")
    async with ctx.store.reading() as uow:
        row = await uow.campaigns.get_import(import_id)
        if row is None or row.campaign_id != campaign_id:
            raise NotFound("import", import_id)
        return await uow.campaigns.refusals(import_id, after_row, limited(limit))


@guarded
async def opt_outs(
    ctx: Context, actor: Actor, number: str = "", cursor: str | None = None, limit: int = 50
) -> Page[OptOutRow]:
    """List the numbers that must not be called, newest first. Errors: NotAllowed(campaigns.view), Invalid."""
    require(actor, "campaigns.view")
    plain = normal_number(number, ctx.settings.site.area_code) or number.strip()
    async with ctx.store.reading() as uow:
        page = await uow.attempts.opt_outs(plain[:24], cursor, limited(limit))
    return Page(items=tuple(replace(one, number=shown_number(actor, one.number)) for one in page.items), next=page.next)
