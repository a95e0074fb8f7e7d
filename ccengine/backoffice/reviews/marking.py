"""The page on which a talk is marked: its recording, the form, what the call was about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import agent_names, refresh_people
from ccengine.backoffice.catalogue_names import refresh_catalogue
from ccengine.backoffice.forms import integer, read_form, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import call_records, review_forms, talk_reviews
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.talk_reviews import RIGHT, Marking

_GIVEN = "given_"


@page(RIGHT)
async def show(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The form, full marks to begin with; for a talk that has a review, a correction of it."""
    return await _show(request, person, {}, {}, 200)


async def _show(
    request: web.Request, person: SignedIn, form: Mapping[str, str], errors: dict[str, str], status: int
) -> web.Response:
    ctx, actor = request.app[CTX], person.actor
    await refresh_people(request.app)
    await refresh_catalogue(request.app)
    detail = await call_records.get_call(ctx, actor, request.match_info["call_id"])
    known = await talk_reviews.history(ctx, actor, detail.call.record.call_id)
    return render(
        request,
        "reviews/mark.html",
        status=status,
        detail=detail,
        now=await review_forms.form(ctx, actor),
        standing=known[0] if known else None,
        sample=_sample(form.get("sample", "") or request.query.get("sample", "")),
        form=form,
        errors=errors,
        agent_names=await agent_names(request.app),
        **helpers(request),
    )


def _sample(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) < 16 else ""


def given_points(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the version of the form that was shown, and the points given for each item. Raises Invalid."""
    given = {name.removeprefix(_GIVEN): integer(name, text) for name, text in form.items() if name.startswith(_GIVEN)}
    return {"form_version": integer("given", form["form_version"]), "given": given}


@page(RIGHT)
async def save(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Keep the marks and go on: back to the sample they belong to, or to the review."""
    form, call_id = await read_form(request), request.match_info["call_id"]
    try:
        corrects = integer("given", form["corrects"]) if form["corrects"] else None
        marking = Marking(**given_points(form), comment=form["comment"], corrects=corrects, reason=form["reason"])
        row = await talk_reviews.mark_talk(request.app[CTX], person.actor, call_id, marking)
    except (Invalid, Conflict) as error:
        return await _show(request, person, form, *refused(request, error))
    sample = _sample(form["sample"])
    return go(f"/reviews/samples/{sample}" if sample else f"/reviews/{row.id}", "done.review_saved")
