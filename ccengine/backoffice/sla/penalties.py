"""The page of penalties: what is left of the retention money, each penalty, waiving one."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import page_links, path_number, query, read_form, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import penalties
from ccengine.services.errors import Invalid

_PAGE = 50


@page("penalties.view")
async def list_penalties(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All penalties, newest first."""
    return await _page(request, person, {}, 200)


async def _page(request: web.Request, person: SignedIn, errors: dict[str, str], status: int) -> web.Response:
    ctx = request.app[CTX]
    await refresh_people(request.app)
    cursor = query(request, ("cursor",))["cursor"]
    found = await penalties.find(ctx, person.actor, cursor or None, _PAGE)
    return render(
        request,
        "sla/penalties.html",
        status=status,
        account=await penalties.account(ctx, person.actor),
        page=found,
        errors=errors,
        **page_links({}, cursor, found.next),
        **helpers(request),
    )


@page("penalties.waive")
async def waive(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Waive a penalty, with the reason."""
    form = await read_form(request)
    try:
        await penalties.waive(request.app[CTX], person.actor, path_number(request), form.get("reason", ""))
    except Invalid as error:
        return await _page(request, person, *refused(request, error))
    return go("/admin/penalties", "done.penalty_waived")
