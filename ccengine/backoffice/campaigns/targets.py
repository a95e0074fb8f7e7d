"""Targets and their attempts, refused rows of lists, numbers that must not be called.

What does not live here: files (files.py).
"""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.campaigns.loads import LOADS
from ccengine.backoffice.campaigns.pages import show_campaign
from ccengine.backoffice.campaigns.queries import errors_of, query_of
from ccengine.backoffice.forms import field_errors, one_of_or_none, page_links, path_number, query, read_form
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers, options
from ccengine.backoffice.render import go, language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.campaign import TargetState
from ccengine.hotline.dial_result import Result
from ccengine.rows import TargetFilter
from ccengine.services import campaign_targets, campaign_views, campaigns, visit_calls
from ccengine.services.errors import Conflict, Invalid


@page("campaigns.view")
async def list_targets(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """A campaign's targets, last changed first."""
    ctx, campaign_id = request.app[CTX], path_number(request)
    asked = query(request, ("state", "result", "number", "cursor"))
    wanted = TargetFilter(
        state=one_of_or_none(asked["state"], TargetState) or "",
        result=one_of_or_none(asked["result"], Result) or "",
        number=asked["number"],
    )
    detail = await campaign_views.detail(ctx, person.actor, campaign_id)
    found = await campaign_views.targets(ctx, person.actor, campaign_id, wanted, asked["cursor"] or None)
    text = text_for(request)
    return render(
        request,
        "campaigns/targets.html",
        c=detail.campaign,
        targets=found.items,
        asked=asked,
        states=options(text, "target_state", TargetState),
        results=options(text, "attempt_result", Result),
        **page_links({name: asked[name] for name in ("state", "result", "number")}, asked["cursor"], found.next),
        **helpers(request),
    )


@page("campaigns.view")
async def show_target(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One target with each call to it."""
    ctx, campaign_id = request.app[CTX], path_number(request)
    detail = await campaign_views.detail(ctx, person.actor, campaign_id)
    found = await campaign_views.target(ctx, person.actor, campaign_id, path_number(request, "target"))
    await refresh_people(request.app)
    return render(request, "campaigns/target.html", c=detail.campaign, found=found, **helpers(request))


@page("campaigns.view")
async def refusals(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The rows of a list that became no target."""
    ctx, campaign_id = request.app[CTX], path_number(request)
    after = query(request, ("after",))["after"]
    row = int(after) if after.isascii() and after.isdigit() and len(after) < 9 else 0
    import_id = path_number(request, "import")
    rows = await campaign_views.refusals(ctx, person.actor, campaign_id, import_id, row, 200)
    detail = await campaign_views.detail(ctx, person.actor, campaign_id)
    following = f"after={rows[-1].row}" if len(rows) == 200 else None
    return render(
        request,
        "campaigns/refusals.html",
        c=detail.campaign,
        rows=rows,
        next_query=following,
        first_query="" if row else None,
        **helpers(request),
    )


@page("campaigns.edit")
async def add_visits(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Load the orders that are due for a visit; the campaign's page shows how far it is."""
    ctx, campaign_id, loads = request.app[CTX], path_number(request), request.app[LOADS]
    loads.refuse_more()
    started = await visit_calls.begin_load(ctx, person.actor, campaign_id)
    loads.begin(ctx, started.id, visit_calls.load_due(ctx, started))
    return go(f"/campaigns/{campaign_id}", "done.targets_loading")


@page("campaigns.edit")
async def add_customers(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Load customers by a query, or show the campaign again with the error beside its field."""
    form, campaign_id = await read_form(request), path_number(request)
    try:
        wanted = query_of(form)
        await campaign_targets.load_customers(request.app[CTX], person.actor, campaign_id, wanted)
    except Invalid as error:
        return await show_campaign(request, person, form, errors_of(request, error), 422)
    return go(f"/campaigns/{campaign_id}", "done.targets_loaded")


@page("campaigns.view")
async def opt_outs(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The numbers that must not be called."""
    return await _opt_outs(request, person, {}, {}, 200)


async def _opt_outs(
    request: web.Request, person: SignedIn, form: dict[str, str], errors: dict[str, str], status: int
) -> web.Response:
    asked = query(request, ("number", "cursor"))
    found = await campaign_views.opt_outs(request.app[CTX], person.actor, asked["number"], asked["cursor"] or None)
    await refresh_people(request.app)
    return render(
        request,
        "campaigns/opt_outs.html",
        status=status,
        rows=found.items,
        asked=asked,
        form=form,
        errors=errors,
        kinds=options(text_for(request), "opt_out_kind", ("opt_out", "legal_hold")),
        **page_links({"number": asked["number"]}, asked["cursor"], found.next),
        **helpers(request),
    )


@page("campaigns.edit")
async def add_opt_out(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Add a number, or show the page again with the error beside its field."""
    form = await read_form(request)
    try:
        await campaigns.add_opt_out(
            request.app[CTX], person.actor, form.get("number", ""), form.get("kind", "opt_out"), form.get("note", "")
        )
    except Invalid as error:
        return await _opt_outs(request, person, form, field_errors(error, language_of(request)), 422)
    except Conflict as error:
        return await _opt_outs(request, person, form, {"number": error.message(language_of(request))}, 409)
    return go("/campaigns/opt-outs", "done.opt_out_added")


@page("campaigns.edit")
async def lift(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Lift a legal hold."""
    await campaigns.lift_legal_hold(request.app[CTX], person.actor, (await read_form(request)).get("number", ""))
    return go("/campaigns/opt-outs", "done.legal_hold_lifted")
