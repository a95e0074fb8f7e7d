"""Visits 回访: the customers who are to be asked, with what to say; and the projects that are visited by plan."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.forms import field_errors, path_number, read_form
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.visit_plan import ProjectState
from ccengine.services import visit_plans, visits
from ccengine.services.context import today
from ccengine.services.errors import Conflict, Invalid

_EMPTY = {"name": "", "state": "running", "last_on": "", "contact_name": "", "contact_number": "", "note": ""}


@page("orders.close")
async def show(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Who is to be asked, and the plans."""
    return await _page(request, person, {}, {}, 200)


async def _page(
    request: web.Request, person: SignedIn, form: dict[str, str], errors: dict[str, str], status: int
) -> web.StreamResponse:
    ctx, _ = request.app[CTX], text_for(request)
    return render(
        request,
        "visits/page.html",
        status=status,
        waiting=await visits.waiting(ctx, person.actor),
        plans=await visit_plans.plans(ctx, person.actor),
        today=today(ctx),
        states=[(state.value, _(f"project_state.{state.value}")) for state in ProjectState],
        form={**_EMPTY, "last_on": today(ctx).isoformat(), **form},
        errors=errors,
        **helpers(request),
    )


@page("orders.close")
async def add_plan(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Add a project to be visited, or show the form again with the error beside its field."""
    form = await read_form(request)
    try:
        new = visit_plans.NewPlan(
            name=form.get("name", ""),
            state=form.get("state", ""),
            last_on=_day(form.get("last_on", "")),
            contact_name=form.get("contact_name", ""),
            contact_number=form.get("contact_number", ""),
            note=form.get("note", ""),
        )
        await visit_plans.add(request.app[CTX], person.actor, new)
    except Invalid as error:
        return await _page(request, person, form, field_errors(error, language_of(request)), 422)
    return go("/visits", "done.visit_plan_added")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("last_on", "日期格式应为 年-月-日", "A date looks like 2026-11-21") from None


@page("orders.close")
async def set_state(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Say what a project is at."""
    form = await read_form(request)
    try:
        await visit_plans.set_state(request.app[CTX], person.actor, path_number(request), form.get("state", ""))
    except (Invalid, Conflict) as error:
        return await _page(request, person, {}, {"form": error.message(language_of(request))}, 409)
    return go("/visits", "done.visit_plan_changed")
