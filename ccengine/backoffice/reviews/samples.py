"""Spot checks: the draws that were made, a new one, and one draw with its talks."""

from __future__ import annotations

from datetime import date, timedelta

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import agent_names, refresh_people
from ccengine.backoffice.forms import Fields, integer, page_links, path_number, query, read_form, refused
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import review_samples
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.talk_reviews import RIGHT

_PAGE = 30


@page(RIGHT)
async def list_samples(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The draws, newest first, and the form for another: usually of the week that is over."""
    today = request.app[CTX].clock.now().astimezone(request.app[PAGES].formats.zone).date()
    last_week = review_samples.monday(today) - timedelta(days=7)
    usual = Fields(week=last_week.isoformat(), each="3", longer_than_seconds="30")
    return await _list(request, person, usual, {}, 200)


async def _list(
    request: web.Request, person: SignedIn, form: Fields, errors: dict[str, str], status: int
) -> web.Response:
    await refresh_people(request.app)
    wanted = query(request, ("cursor",))
    found = await review_samples.find(request.app[CTX], person.actor, wanted["cursor"] or None, _PAGE)
    return render(
        request,
        "reviews/samples.html",
        status=status,
        page=found,
        form=form,
        errors=errors,
        **page_links({}, wanted["cursor"], found.next),
        **helpers(request),
    )


@page(RIGHT)
async def draw(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Draw talks."""
    form = await read_form(request)
    try:
        sample = await review_samples.draw_sample(
            request.app[CTX],
            person.actor,
            _day(form["week"]),
            integer("each", form["each"]),
            integer("longer_than_seconds", form["longer_than_seconds"]),
        )
    except (Invalid, Conflict) as error:
        return await _list(request, person, form, *refused(request, error))
    return go(f"/reviews/samples/{sample.row.id}", "done.sample_drawn")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("week", "请选择日期", "Choose a day") from None


@page(RIGHT)
async def show(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One draw: its talks by agent, and what is needed to draw again."""
    await refresh_people(request.app)
    sample = await review_samples.get(request.app[CTX], person.actor, path_number(request))
    names = await agent_names(request.app)
    return render(request, "reviews/sample.html", sample=sample, agent_names=names, **helpers(request))
