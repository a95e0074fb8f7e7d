"""Campaigns: set up, run, load with targets, look at; the trunk's caps and switch; numbers that must not be called.

What does not live here: where targets come from (campaign_lists.py), files (campaign_files.py).
"""

from __future__ import annotations

from typing import Any

from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.backoffice.api.models import campaigns as m
from ccengine.backoffice.api.models.campaign_lists import CustomerTargetsBody
from ccengine.hotline.campaign import legal_moves
from ccengine.rows import (
    CampaignRow,
    CustomerQuery,
    DialLimits,
    ImportRow,
    NewCampaign,
    OptOutRow,
    Page,
    TargetFilter,
    TargetRow,
)
from ccengine.services import campaign_targets, campaign_views, campaigns, preview
from ccengine.services.campaign_views import CampaignDetail
from ccengine.services.rights import shown_number


def _fields(row: CampaignRow) -> dict[str, Any]:
    names = [
        "id",
        "name",
        "kind",
        "flow",
        "queue",
        "state",
        "weight",
        "note",
        "version",
        "created_by",
        "created_at",
        "started_at",
        "stopped_at",
    ]
    values = {name: getattr(row, name) for name in names}
    return {**values, "rules": row.rules.as_data(), "legal_moves": list(legal_moves(row.state))}


def _campaign(row: CampaignRow) -> m.Campaign:
    return m.Campaign(**_fields(row))


def import_fields(row: ImportRow) -> dict[str, Any]:
    """Return what a client is told of a load."""
    names = [
        "id",
        "source",
        "file_name",
        "state",
        "rows_read",
        "rows_total",
        "accepted",
        "refused",
        "error",
        "started_at",
        "ended_at",
    ]
    return {name: getattr(row, name) for name in names}


def _detail(found: CampaignDetail) -> m.CampaignDetail:
    figures = found.figures
    return m.CampaignDetail(
        **_fields(found.campaign),
        targets=dict(figures.targets),
        results=dict(figures.results),
        dropped=dict(figures.dropped),
        remaining=found.remaining,
        calls_in_progress=figures.open_attempts,
        hit_percent=found.hit_percent,
        abandoned_percent=found.abandoned_percent,
        promised_fen=figures.promised_fen,
        paid_fen=figures.paid_fen,
        ends_at=found.ends_at,
        hours=[m.HourCount(since=at, begun=begun, reached=reached) for at, begun, reached in found.hours],
        districts=[
            m.DistrictCount(district=name, attempts=many, reached=reached, promised_fen=fen)
            for name, many, reached, fen in found.districts
        ],
        amounts=[
            m.AmountCount(from_fen=least, attempts=many, reached=reached, promised_fen=fen)
            for least, many, reached, fen in found.amounts
        ],
        imports=[m.TargetImport(**import_fields(one)) for one in found.imports],
    )


def _target(row: TargetRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in m.Target.model_fields} | {"values": dict(row.values)}


def _limits(ask: Ask, row: DialLimits) -> m.DialLimits:
    names = ("calls_per_second", "channels", "stopped_at", "stopped_by")
    return m.DialLimits(**{name: getattr(row, name) for name in names}, caller_ids=list(campaigns.caller_ids(ask.ctx)))


def _new(body: m.CampaignBody) -> NewCampaign:
    values = body.model_dump(exclude={"expected_version"})
    return NewCampaign(**values | {"kind": body.kind.value, "flow": body.flow.value if body.flow else ""})


async def list_campaigns(ask: Ask) -> m.CampaignList:
    """List campaigns, newest first."""
    page = await campaign_views.find(ask.ctx, ask.actor, ask.query.state, ask.query.cursor, ask.query.limit)
    return m.CampaignList(items=[_campaign(row) for row in page.items], next=page.next)


async def create_campaign(ask: Ask) -> m.Campaign:
    """Set up a campaign as a draft."""
    return _campaign(await campaigns.create(ask.ctx, ask.actor, _new(ask.body)))


async def get_campaign(ask: Ask) -> m.CampaignDetail:
    """Get one campaign with its figures."""
    return _detail(await campaign_views.detail(ask.ctx, ask.actor, ask.path["id"]))


async def change_campaign(ask: Ask) -> m.Campaign:
    """Change a campaign that is a draft or paused."""
    row = await campaigns.change(ask.ctx, ask.actor, ask.path["id"], _new(ask.body), ask.body.expected_version)
    return _campaign(row)


async def copy_campaign(ask: Ask) -> m.Campaign:
    """Set up a draft with the same settings and no targets."""
    return _campaign(await campaigns.copy(ask.ctx, ask.actor, ask.path["id"]))


async def move_campaign(ask: Ask) -> m.Campaign:
    """Start, pause, stop or archive a campaign."""
    body: m.CampaignMoveBody = ask.body
    row = await campaigns.move(ask.ctx, ask.actor, ask.path["id"], body.move.value, body.expected_version)
    return _campaign(row)


async def list_targets(ask: Ask) -> m.TargetList:
    """List a campaign's targets, last changed first."""
    query: m.TargetQuery = ask.query
    wanted = TargetFilter(state=query.state or "", result=query.result or "", number=query.number)
    page = await campaign_views.targets(ask.ctx, ask.actor, ask.path["id"], wanted, query.cursor, query.limit)
    return m.TargetList(items=[m.Target(**_target(row)) for row in page.items], next=page.next)


async def get_target(ask: Ask) -> m.TargetDetail:
    """Get one target with each call to it."""
    found = await campaign_views.target(ask.ctx, ask.actor, ask.path["id"], ask.path["target"])
    names = list(m.Attempt.model_fields)
    calls = [
        m.Attempt(
            **{name: getattr(one, name) for name in names}
            | {"said": list(one.said), "rules": dict(one.rules), "listened": dict(one.listened)}
        )
        for one in found.attempts
    ]
    return m.TargetDetail(**_target(found.target), calls=calls)


async def add_targets(ask: Ask) -> m.LoadedTargets:
    """Add targets to a campaign; those that are not taken are told with the reason."""
    rows = [(one.number, one.name, one.account or "") for one in ask.body.targets]
    done, refusals = await campaign_targets.add_targets(ask.ctx, ask.actor, ask.path["id"], rows)
    told = [m.Refusal(row=one.row, text=one.text, reason=one.reason) for one in refusals]
    return m.LoadedTargets(**import_fields(done), refusals=told)


async def add_customers(ask: Ask) -> m.TargetImport:
    """Add the customers who fit a query to a campaign."""
    body: CustomerTargetsBody = ask.body
    query = CustomerQuery(**body.model_dump() | {"district": body.district or ""})
    return m.TargetImport(
        **import_fields(await campaign_targets.load_customers(ask.ctx, ask.actor, ask.path["id"], query))
    )


async def get_limits(ask: Ask) -> m.DialLimits:
    """Get the trunk's caps and the state of the switch."""
    return _limits(ask, await campaigns.limits(ask.ctx, ask.actor))


async def set_limits(ask: Ask) -> m.DialLimits:
    """Set the trunk's caps for all campaigns together."""
    return _limits(ask, await campaigns.set_limits(ask.ctx, ask.actor, ask.body.calls_per_second, ask.body.channels))


async def switch(ask: Ask) -> m.DialLimits:
    """Stop all new calls within a second, or let running campaigns go on."""
    act = campaigns.stop_all if ask.body.stopped else campaigns.resume_all
    return _limits(ask, await act(ask.ctx, ask.actor))


async def list_opt_outs(ask: Ask) -> m.OptOutList:
    """List the numbers that must not be called, newest first."""
    query: m.OptOutQuery = ask.query
    page = await campaign_views.opt_outs(ask.ctx, ask.actor, query.number, query.cursor, query.limit)
    return _opt_outs(page)


def _opt_outs(page: Page[OptOutRow]) -> m.OptOutList:
    names = list(m.OptOut.model_fields)
    items = [m.OptOut(**{name: getattr(row, name) for name in names}) for row in page.items]
    return m.OptOutList(items=items, next=page.next)


async def add_opt_out(ask: Ask) -> m.OptOut:
    """Put a number on the list of those that must not be called."""
    body: m.OptOutBody = ask.body
    row = await campaigns.add_opt_out(ask.ctx, ask.actor, body.number, body.kind, body.note)
    return m.OptOut(**{name: getattr(row, name) for name in m.OptOut.model_fields})


async def lift_legal_hold(ask: Ask) -> m.OptOutList:
    """Take a number's legal hold away; an opt-out stays for ever. Get the newest of the list."""
    await campaigns.lift_legal_hold(ask.ctx, ask.actor, ask.body.number)
    return _opt_outs(await campaign_views.opt_outs(ask.ctx, ask.actor))


async def next_preview(ask: Ask) -> m.PreviewTarget:
    """Get whom this agent might call next."""
    found = await preview.following(ask.ctx, ask.actor, ask.path["id"])
    target, customer = found.target, found.customer
    shown = _target(target) | {"number": shown_number(ask.actor, target.number)} if target else None
    return m.PreviewTarget(
        target=m.Target(**shown) if shown else None, arrears_fen=customer.arrears_fen if customer else None
    )


async def call_target(ask: Ask) -> m.PlacedCall:
    """Call somebody of a preview campaign: the agent's own phone rings first."""
    placed = await preview.call(ask.ctx, ask.actor, ask.door, ask.path["id"], ask.path["target"])
    return m.PlacedCall(call_id=placed)


async def skip_target(ask: Ask) -> m.PreviewTarget:
    """Skip somebody of a preview campaign, with the reason; get who is next."""
    await preview.skip(ask.ctx, ask.actor, ask.path["id"], ask.path["target"], ask.body.reason)
    return await next_preview(ask)


def endpoint(method: str, path: str, handler: Any, right: str, answer: Any, **more: Any) -> Endpoint:
    """Describe one request of the campaigns' room: ids in its path, what it may answer, the right it needs."""
    parameters = {name: RowId for name in ("id", "target", "query", "import") if f"{{{name}}}" in path}
    problems = tuple(more.pop("problems", ())) + ((404,) if parameters else ())
    return Endpoint(
        method=method,
        path=path,
        handler=handler,
        tag="campaigns",
        right=f"campaigns.{right}",
        answer=answer,
        parameters=parameters or None,
        problems=problems,
        **more,
    )


ENDPOINTS = (
    endpoint("GET", "/campaigns", list_campaigns, "view", m.CampaignList, query=m.CampaignQuery),
    endpoint("POST", "/campaigns", create_campaign, "edit", m.Campaign, body=m.CampaignBody, status=201),
    endpoint("GET", "/campaigns/{id}", get_campaign, "view", m.CampaignDetail),
    endpoint("POST", "/campaigns/{id}", change_campaign, "edit", m.Campaign, body=m.CampaignBody, problems=(409,)),
    endpoint("POST", "/campaigns/{id}/copy", copy_campaign, "edit", m.Campaign, status=201),
    endpoint(
        "POST", "/campaigns/{id}/move", move_campaign, "run", m.Campaign, body=m.CampaignMoveBody, problems=(409,)
    ),
    endpoint("GET", "/campaigns/{id}/targets", list_targets, "view", m.TargetList, query=m.TargetQuery),
    endpoint("GET", "/campaigns/{id}/targets/{target}", get_target, "view", m.TargetDetail),
    endpoint(
        "POST", "/campaigns/{id}/targets", add_targets, "edit", m.LoadedTargets, body=m.TargetsBody, problems=(409,)
    ),
    endpoint(
        "POST",
        "/campaigns/{id}/customers",
        add_customers,
        "edit",
        m.TargetImport,
        body=CustomerTargetsBody,
        problems=(409,),
    ),
    endpoint("GET", "/campaigns/{id}/preview", next_preview, "call", m.PreviewTarget, problems=(409,)),
    endpoint(
        "POST", "/campaigns/{id}/targets/{target}/call", call_target, "call", m.PlacedCall, status=201, problems=(409,)
    ),
    endpoint(
        "POST",
        "/campaigns/{id}/targets/{target}/skip",
        skip_target,
        "call",
        m.PreviewTarget,
        body=m.SkipBody,
        problems=(409,),
    ),
    endpoint("GET", "/dialling", get_limits, "view", m.DialLimits),
    endpoint("POST", "/dialling/limits", set_limits, "run", m.DialLimits, body=m.DialLimitsBody),
    endpoint("POST", "/dialling/switch", switch, "run", m.DialLimits, body=m.DialSwitchBody),
    endpoint("GET", "/opt-outs", list_opt_outs, "view", m.OptOutList, query=m.OptOutQuery),
    endpoint("POST", "/opt-outs", add_opt_out, "edit", m.OptOut, body=m.OptOutBody, status=201, problems=(409,)),
    endpoint("POST", "/opt-outs/lift", lift_legal_hold, "edit", m.OptOutList, body=m.LegalHoldBody, problems=(404,)),
)
