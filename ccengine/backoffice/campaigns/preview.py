"""The agent's pages of preview campaigns: which there are, who is next, call or skip.

What does not live here: whether somebody may be called (services/preview.py).
"""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import path_number, read_form
from ccengine.backoffice.keys import CTX, DOOR
from ccengine.backoffice.names import helpers, options
from ccengine.backoffice.render import go, language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import preview
from ccengine.services.errors import Conflict
from ccengine.services.preview import SkipReason


@page("campaigns.call")
async def list_previews(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The preview campaigns that run; a single one is opened at once."""
    found = await preview.upcoming(request.app[CTX], person.actor)
    if len(found) == 1:
        raise web.HTTPSeeOther(f"/campaigns/{found[0].id}/preview")
    return render(request, "campaigns/previews.html", campaigns=found, **helpers(request))


@page("campaigns.call")
async def show(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Who is next."""
    return await _show(request, person, "", 200)


async def _show(request: web.Request, person: SignedIn, refused: str, status: int) -> web.Response:
    found = await preview.following(request.app[CTX], person.actor, path_number(request))
    await refresh_people(request.app)
    return render(
        request,
        "campaigns/preview.html",
        status=status,
        p=found,
        refused=refused,
        reasons=options(text_for(request), "skip_reason", SkipReason),
        **helpers(request),
    )


@page("campaigns.call")
async def call(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Ring the own phone, then the person; a refusal is said above the next one."""
    campaign_id = path_number(request)
    try:
        target_id = path_number(request, "target")
        await preview.call(request.app[CTX], person.actor, request.app[DOOR], campaign_id, target_id)
    except Conflict as error:
        return await _show(request, person, error.message(language_of(request)), 409)
    return go(f"/campaigns/{campaign_id}/preview", "done.preview_called")


@page("campaigns.call")
async def skip(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Not this one, for a reason."""
    form, campaign_id = await read_form(request), path_number(request)
    target_id = path_number(request, "target")
    try:
        await preview.skip(request.app[CTX], person.actor, campaign_id, target_id, form.get("reason", ""))
    except Conflict as error:
        return await _show(request, person, error.message(language_of(request)), 409)
    return go(f"/campaigns/{campaign_id}/preview", "done.preview_skipped")
