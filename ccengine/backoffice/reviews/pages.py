"""The list of reviews, and one review: its marks, the recording, the agent's objection and the decision."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import agent_names, refresh_people
from ccengine.backoffice.forms import day_start, field_errors, page_links, path_number, query, read_form, refused
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, language_of, render
from ccengine.backoffice.reviews.marking import given_points
from ccengine.backoffice.sessions import SignedIn
from ccengine.rows import Page, ReviewFilter, ReviewRow
from ccengine.services import call_records, review_forms, talk_reviews
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.rights import may
from ccengine.services.talk_reviews import RIGHT, Marking

_PAGE = 50
_STATES = ("fatal", "objected", "undecided")
_FILTERS = ("agent", "from", "to", "state")


@page("reviews.view")
async def list_reviews(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The reviews that stand, newest talk first; an agent's own."""
    ctx, wanted, errors = request.app[CTX], query(request, (*_FILTERS, "cursor")), {}
    found: Page[ReviewRow] = Page(items=())
    try:
        conditions = _conditions(request, wanted)
        found = await talk_reviews.find(ctx, person.actor, conditions, wanted["cursor"] or None, _PAGE)
    except Invalid as error:
        errors = field_errors(error, language_of(request), {"cursor": "from"})
    names = await agent_names(request.app)
    return render(
        request,
        "reviews/list.html",
        page=found,
        filter=wanted,
        errors=errors,
        undecided=await talk_reviews.undecided(ctx, person.actor),
        agents=[(number, f"{number} {name}") for number, name in sorted(names.items())],
        agent_names=names,
        **page_links({name: wanted[name] for name in _FILTERS}, wanted["cursor"], found.next),
        **helpers(request),
    )


def _conditions(request: web.Request, wanted: dict[str, str]) -> ReviewFilter:
    zone = request.app[PAGES].formats.zone
    return ReviewFilter(
        agent_number=wanted["agent"] or None,
        since=day_start("from", wanted["from"], zone),
        until=day_start("to", wanted["to"], zone, next_day=True),
        **{name: wanted["state"] == name for name in _STATES},
    )


@page("reviews.view")
async def show_review(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One review with everything about it."""
    return await _show(request, person, {}, {}, 200)


async def _show(
    request: web.Request, person: SignedIn, form: dict[str, str], errors: dict[str, str], status: int
) -> web.Response:
    ctx, actor = request.app[CTX], person.actor
    await refresh_people(request.app)
    row = await talk_reviews.get(ctx, actor, path_number(request))
    used = await review_forms.form(ctx, actor, row.form_version)
    own = person.agent_number is not None and person.agent_number == row.agent_number
    waits = row.objection is not None and row.objection.upheld is None
    decides = waits and not own and may(actor, RIGHT)
    return render(
        request,
        "reviews/one.html",
        status=status,
        row=row,
        used=used,
        now=await review_forms.form(ctx, actor) if decides else used,
        history=await talk_reviews.history(ctx, actor, row.call_id),
        playable=await _playable(request, person, row),
        may_object=own and row.stands and row.objection is None and await _never_objected(request, person, row),
        decides=decides,
        corrects=not own and row.stands and not waits and may(actor, RIGHT),
        form=form,
        errors=errors,
        agent_names=await agent_names(request.app),
        **helpers(request),
    )


async def _never_objected(request: web.Request, person: SignedIn, row: ReviewRow) -> bool:
    known = await talk_reviews.history(request.app[CTX], person.actor, row.call_id)
    return all(one.objection is None for one in known)


async def _playable(request: web.Request, person: SignedIn, row: ReviewRow) -> Any:
    """Return the recording when the person may hear it (the address itself asks again, and notes who listened)."""
    own = person.agent_number is not None and person.agent_number == row.agent_number
    if not own and not may(person.actor, "calls.listen"):
        return None
    try:
        return (await call_records.get_call(request.app[CTX], person.actor, row.call_id)).call.playable
    except (NotFound, NotAllowed):
        return None


@page("reviews.view")
async def object_to(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The agent's objection."""
    form, number = await read_form(request), path_number(request)
    try:
        await talk_reviews.object_to(request.app[CTX], person.actor, number, form["text"])
    except (Invalid, Conflict) as error:
        return await _show(request, person, form, *refused(request, error))
    return go(f"/reviews/{number}", "done.review_objected")


@page(RIGHT)
async def decide(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Decide an objection, with new marks where it is upheld."""
    form, number = await read_form(request), path_number(request)
    try:
        marking = None
        if form["verdict"] == "upheld":
            marking = Marking(**given_points(form), comment=form["comment"])
        row = await talk_reviews.decide(request.app[CTX], person.actor, number, form["answer"], marking)
    except (Invalid, Conflict) as error:
        return await _show(request, person, form, *refused(request, error))
    return go(f"/reviews/{row.id}", "done.review_decided")
