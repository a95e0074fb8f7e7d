"""Campaign pages: the list with the trunk's switch, one campaign live.

What does not live here: setting up (setup.py), targets (targets.py), files (files.py).
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import field_errors, integer, one_of_or_none, page_links, path_number, query, read_form
from ccengine.backoffice.keys import CTX, HUB
from ccengine.backoffice.names import district_options, helpers
from ccengine.backoffice.render import go, language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.campaign import FOR_AGENTS, CampaignKind, CampaignState, legal_moves
from ccengine.services import campaign_views, campaigns, customer_queries, visit_calls
from ccengine.services.campaign_views import CampaignDetail
from ccengine.services.errors import Invalid

_PLOT_HEIGHT = 72
_SIGNED_IN = ("available", "ringing", "talking", "on_hold", "wrap_up")


@page("campaigns.view")
async def list_campaigns(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All campaigns, newest first, and the trunk they share."""
    return await _list(request, person, {}, 200)


async def _list(request: web.Request, person: SignedIn, errors: dict[str, str], status: int) -> web.Response:
    ctx, asked = request.app[CTX], query(request, ("state", "cursor"))
    await refresh_people(request.app)
    state = one_of_or_none(asked["state"], CampaignState)
    found = await campaign_views.find(ctx, person.actor, state, asked["cursor"] or None)
    return render(
        request,
        "campaigns/list.html",
        status=status,
        campaigns=found.items,
        state=state or "",
        states=list(CampaignState),
        limits=await campaigns.limits(ctx, person.actor),
        errors=errors,
        **page_links({"state": asked["state"]}, asked["cursor"], found.next),
        **helpers(request),
    )


@page("campaigns.run")
async def switch(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Stop all new calls, or let running campaigns go on."""
    stopped = (await read_form(request)).get("stopped") == "1"
    act = campaigns.stop_all if stopped else campaigns.resume_all
    await act(request.app[CTX], person.actor)
    return go("/campaigns", "done.dialling_stopped" if stopped else "done.dialling_resumed")


@page("campaigns.run")
async def set_limits(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Set the trunk's caps, or show the list again with the error beside its field."""
    form = await read_form(request)
    try:
        speed = _number("calls_per_second", form.get("calls_per_second", ""))
        channels = integer("channels", form.get("channels", ""))
        await campaigns.set_limits(request.app[CTX], person.actor, speed, channels)
    except Invalid as error:
        return await _list(request, person, field_errors(error, language_of(request)), 422)
    return go("/campaigns", "done.dialling_limits")


def _number(field: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Invalid(field, "请输入数字", "This must be a number") from None


@page("campaigns.view")
async def show(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One campaign, live."""
    return await show_campaign(request, person, {}, {}, 200)


async def show_campaign(
    request: web.Request, person: SignedIn, form: dict[str, str], errors: dict[str, str], status: int
) -> web.Response:
    """Render the campaign's page, perhaps with a form that was refused."""
    ctx = request.app[CTX]
    await refresh_people(request.app)
    found = await campaign_views.detail(ctx, person.actor, path_number(request))
    return render(
        request,
        "campaigns/show.html",
        status=status,
        form=form,
        errors=errors,
        districts=district_options(request),
        visits_due=await visit_calls.due_count(ctx, person.actor) if found.campaign.kind == "order_visit" else None,
        queries=[(one.id, one.name) for one in await customer_queries.all_queries(ctx, person.actor)],
        **_shown(request, found),
        **helpers(request),
    )


@page("campaigns.view")
async def live(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The moving part of a campaign's page."""
    found = await campaign_views.detail(request.app[CTX], person.actor, path_number(request))
    return render(request, "campaigns/live.html", **_shown(request, found), **helpers(request))


def _agents(request: web.Request, found: CampaignDetail) -> dict[str, int] | None:
    """Return how many agents are free and signed in, and how many people wait for one; None where agents take no part
    or nobody can tell."""
    hub = request.app[HUB]
    if found.campaign.kind not in (*FOR_AGENTS, CampaignKind.PREVIEW) or not hub.fresh:
        return None
    states = [one["state"] for one in hub.snapshot.get("agents", [])]
    queues = [one for one in hub.snapshot.get("queues", []) if one["queue"] == found.campaign.queue]
    return {
        "free": states.count("available"),
        "there": sum(state in _SIGNED_IN for state in states),
        "waiting": sum(one["waiting"] for one in queues),
    }


def _shown(request: web.Request, found: CampaignDetail) -> dict[str, Any]:
    most = max([begun for _, begun, _ in found.hours], default=0) or 1
    bars = [
        {
            "at": at,
            "begun": begun,
            "reached": reached,
            "x": index * 26,
            "height": round(_PLOT_HEIGHT * begun / most, 1),
            "reached_height": round(_PLOT_HEIGHT * reached / most, 1),
        }
        for index, (at, begun, reached) in enumerate(found.hours)
    ]
    campaign = found.campaign
    return {
        "d": found,
        "agents": _agents(request, found),
        "c": campaign,
        "moves": [move.value for move in legal_moves(campaign.state)],
        "bars": bars,
        "plot_height": _PLOT_HEIGHT,
        "total": sum(found.figures.targets.values()),
        "cap_reached": found.abandoned_percent >= campaign.rules.abandoned_percent > 0,
        "loading": any(one.ended_at is None for one in found.imports),
    }


@page("campaigns.run")
async def move(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Start, pause, stop or archive."""
    form, campaign_id = await read_form(request), path_number(request)
    await campaigns.move(request.app[CTX], person.actor, campaign_id, form.get("move", ""))
    return go(f"/campaigns/{campaign_id}", "done.campaign_moved")


@page("campaigns.edit")
async def copy(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Make a draft with the same settings."""
    made = await campaigns.copy(request.app[CTX], person.actor, path_number(request))
    return go(f"/campaigns/{made.id}/edit", "done.campaign_copied")
