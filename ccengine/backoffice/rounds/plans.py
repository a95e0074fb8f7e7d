"""Plans of inspection rounds: the list, and the form of one.

What does not live here: what a plan may say (services/round_plans.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import people_options, refresh_people
from ccengine.backoffice.forms import integer, path_number, read_form, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers, list_options, options
from ccengine.backoffice.render import go, render, text_for
from ccengine.backoffice.rounds.pages import day
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.inspection_round import Item, Rhythm
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.rows import RoundPlan
from ccengine.services import round_plans
from ccengine.services.context import today
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.round_plans import NewRoundPlan

_TEXTS = ("name", "place", "unit_code", "person", "order_type", "rhythm")
_NEW = {"order_type": "other", "rhythm": "weeks", "every": "1", "grace_days": "0", "active": "yes"}


@page("rounds.view")
async def list_plans(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All plans."""
    await refresh_people(request.app)
    found = await round_plans.plans(request.app[CTX], person.actor)
    return render(request, "rounds/plans.html", plans=found, **helpers(request))


@page("rounds.edit")
async def new_plan(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The form for a new plan."""
    return await _form(request, {**_NEW, "first_on": today(request.app[CTX]).isoformat()}, {})


@page("rounds.edit")
async def edit_plan(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The form of a plan."""
    return await _form(
        request, _shown(await round_plans.plan(request.app[CTX], person.actor, path_number(request))), {}
    )


def _shown(plan: RoundPlan) -> dict[str, str]:
    numbers = {name: str(getattr(plan, name)) for name in ("every", "grace_days", "version")}
    lines = [f"{one.name} | {one.expected}" if one.expected else one.name for one in plan.items]
    return {
        **{name: getattr(plan, name) for name in _TEXTS},
        **numbers,
        "plan_id": str(plan.id),
        "first_on": plan.first_on.isoformat(),
        "items": "\n".join(lines),
        "active": "yes" if plan.next_on is not None else "",
    }


async def _form(
    request: web.Request, form: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> web.Response:
    await refresh_people(request.app)
    blank = dict.fromkeys((*_TEXTS, *_NEW, "first_on", "items", "plan_id", "version"), "")
    form = {**blank, **form}
    return render(
        request,
        "rounds/plan.html",
        status=status,
        form=form,
        errors=errors,
        rhythms=options(text_for(request), "round_rhythm", Rhythm),
        units=list_options(request, CodeKind.UNIT, form["unit_code"]),
        types=list_options(request, CodeKind.TYPE, form["order_type"]),
        people=people_options(request.app),
    )


@page("rounds.edit")
async def save_plan(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Add a plan or change it."""
    form = await read_form(request)
    ids = {name: integer(name, form[name]) if form[name] else None for name in ("plan_id", "version")}
    try:
        await round_plans.save(request.app[CTX], person.actor, _read(form), ids["plan_id"], ids["version"])
    except (Invalid, Conflict) as error:
        errors, status = refused(request, error)
        return await _form(request, form, errors, status)
    return go("/rounds/plans", "done.round_plan_saved")


def _read(form: Mapping[str, str]) -> NewRoundPlan:
    first_on = day("first_on", form["first_on"])
    if first_on is None:
        raise Invalid("first_on", "请填写首次日期", "Give the first day")
    lines = [line.partition("|") for line in form["items"].replace("｜", "|").splitlines() if line.strip()]
    return NewRoundPlan(
        name=form["name"],
        place=form["place"],
        unit_code=form["unit_code"],
        person=form["person"],
        order_type=form["order_type"],
        rhythm=form["rhythm"],
        every=integer("every", form["every"]),
        grace_days=integer("grace_days", form["grace_days"]),
        first_on=first_on,
        items=tuple(Item(name=name.strip(), expected=expected.strip()) for name, _, expected in lines),
        active=form["active"] == "yes",
    )
