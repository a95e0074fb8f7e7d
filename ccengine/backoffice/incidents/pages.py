"""Incidents: what burst mode offers, what runs, and beginning one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import integer, local_moment, path_number, read_form, read_many, refused
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import incidents, work_orders
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.rights import may

_USUAL_HOURS = 6


@page("orders.view")
async def list_incidents(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """What is offered and what runs."""
    return await _page(request, person, {}, {}, 200)


async def _page(
    request: web.Request, person: SignedIn, form: Mapping[str, str], errors: Mapping[str, str], status: int
) -> web.Response:
    ctx = request.app[CTX]
    await refresh_people(request.app)
    usual_end = ctx.clock.now() + timedelta(hours=_USUAL_HOURS)
    return render(
        request,
        "incidents/list.html",
        status=status,
        offers=await incidents.offered(ctx, person.actor),
        running=await incidents.running(ctx, person.actor),
        usual_end=request.app[PAGES].formats.input_moment(usual_end),
        may_tell=may(person.actor, "outages.edit"),
        form=form,
        errors=errors,
        **helpers(request),
    )


@page("orders.dispatch")
async def begin(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Make an incident of an offer."""
    form, ids = await read_form(request), await read_many(request, "order_id")
    zone = request.app[PAGES].formats.zone
    try:
        ends_at = local_moment("ends_at", form.get("ends_at", ""), zone) if form.get("tell") == "1" else None
        new = incidents.NewIncident(
            order_ids=tuple(integer("order_ids", one) for one in ids),
            title=form.get("title", ""),
            road=form.get("road", ""),
            area_text=form.get("area_text", ""),
            reason=form.get("reason", ""),
            ends_at=ends_at,
        )
        order = await incidents.begin(request.app[CTX], person.actor, new)
    except (Invalid, Conflict) as error:
        return await _page(request, person, form, *refused(request, error, whole="order_ids"))
    return go(f"/work-orders/{order.id}", "done.incident_begun")


@page("orders.dispatch")
async def add_order(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Let one more order belong to an incident."""
    form, ctx = await read_form(request), request.app[CTX]
    try:
        order = await work_orders.by_number(ctx, person.actor, form.get("number", "").strip().upper())
        await incidents.add_order(ctx, person.actor, path_number(request), order.id)
    except NotFound:
        told = text_for(request)("incidents.no_such_order")
        return await _page(request, person, form, {"order_ids": told}, 404)
    except (Invalid, Conflict) as error:
        return await _page(request, person, form, {"order_ids": error.message(language_of(request))}, 409)
    return go("/incidents", "done.incident_joined")
