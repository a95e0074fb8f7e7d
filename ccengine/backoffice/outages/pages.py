"""Outage notice pages: list, publish, withdraw."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import local_moment, path_number, read_form, refused
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import district_options, helpers, options
from ccengine.backoffice.render import go, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.outage import OutageKind, is_current
from ccengine.rows import NewOutage, OutageRow
from ccengine.services import outages
from ccengine.services.errors import Invalid

_SHOWN = 100
_EMPTY = {"kind": "planned", "district": "", "starts_at": "", "ends_at": "", "area_text": "", "reason": ""}


@page("outages.view")
async def list_outages(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All notices, newest first, each with what it is now."""
    ctx = request.app[CTX]
    await refresh_people(request.app)
    found = await outages.find(ctx, person.actor, None, _SHOWN)
    now = ctx.clock.now()
    notices = [{"notice": row, "state": _state(row, now)} for row in found.items]
    return render(request, "outages/list.html", notices=notices, **helpers(request))


def _state(row: OutageRow, now: datetime) -> str:
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.ends_at <= now:
        return "over"
    if row.starts_at <= now:
        return "running"
    return "soon" if is_current(row.starts_at, row.ends_at, row.withdrawn_at, now) else "later"


@page("outages.edit")
async def new_outage(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The empty form."""
    now = request.app[CTX].clock.now()
    form = {**_EMPTY, "starts_at": request.app[PAGES].formats.input_moment(now)}
    return _form(request, form, {}, 200)


def _form(request: web.Request, form: dict[str, str], errors: dict[str, str], status: int) -> web.Response:
    kinds = options(text_for(request), "outage_kind", OutageKind)
    return render(
        request,
        "outages/new.html",
        status=status,
        form={**_EMPTY, **form},
        errors=errors,
        kinds=kinds,
        districts=district_options(request),
        **helpers(request),
    )


@page("outages.edit")
async def publish(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Publish a notice, or show the form again with the error beside its field."""
    form = await read_form(request)
    zone = request.app[PAGES].formats.zone
    try:
        notice = NewOutage(
            kind=form.get("kind", ""),
            district=form.get("district", ""),
            area_text=form.get("area_text", ""),
            reason=form.get("reason", ""),
            starts_at=local_moment("starts_at", form.get("starts_at", ""), zone),
            ends_at=local_moment("ends_at", form.get("ends_at", ""), zone),
        )
        await outages.publish(request.app[CTX], person.actor, notice)
    except Invalid as error:
        return _form(request, form, *refused(request, error))
    return go("/outages", "done.outage_published")


@page("outages.edit")
async def withdraw(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Withdraw a notice."""
    await outages.withdraw(request.app[CTX], person.actor, path_number(request))
    return go("/outages", "done.outage_withdrawn")
