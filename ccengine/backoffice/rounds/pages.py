"""Inspection rounds: what is to be done, doing one item by item, its records and orders, how punctual they were.

What does not live here: plans (plans.py), files and paper (export.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import field_errors, integer, page_links, path_number, query, read_form, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers, list_options
from ccengine.backoffice.render import go, language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.inspection_round import Result, RoundFigures, state_of
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.rows import RoundDetail, RoundFilter
from ccengine.services import round_plans, rounds
from ccengine.services.context import today
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.rounds import NewRecord

_PAGE = 50
_FIELDS = ("state", "plan", "unit", "since", "until", "mine", "cursor")


def day(field: str, text: str) -> date | None:
    """Return the day of a date field, None for "". Raises Invalid."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(field, "日期格式应为 年-月-日", "A date looks like 2026-11-21") from None


def filter_of(request: web.Request, person: SignedIn) -> tuple[dict[str, str], RoundFilter]:
    """Return the list's conditions, as the form shows them and as the service takes them. Raises Invalid."""
    wanted = query(request, _FIELDS)
    if "state" not in request.query:
        wanted["state"] = "pending"
    return wanted, RoundFilter(
        state=wanted["state"] if wanted["state"] in rounds.STATES else "",
        plan_id=integer("plan", wanted["plan"]) if wanted["plan"] else None,
        unit_code=wanted["unit"],
        since=day("since", wanted["since"]),
        until=day("until", wanted["until"]),
        mine=person.actor.name if wanted["mine"] == "1" else "",
    )


@page("rounds.view")
async def list_rounds(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """What is to be done, or was."""
    ctx, errors = request.app[CTX], dict[str, str]()
    await refresh_people(request.app)
    try:
        wanted, conditions = filter_of(request, person)
    except Invalid as error:
        wanted, conditions = query(request, _FIELDS), RoundFilter()
        errors = field_errors(error, language_of(request))
    found = await rounds.find(ctx, person.actor, conditions, wanted["cursor"] or None, _PAGE)
    kept = {name: value for name, value in wanted.items() if name != "cursor"}
    return render(
        request,
        "rounds/list.html",
        status=422 if errors else 200,
        page=found,
        filter=wanted,
        errors=errors,
        plans=[(str(one.id), one.name) for one in await round_plans.plans(ctx, person.actor)],
        units=list_options(request, CodeKind.UNIT, wanted["unit"]),
        state_of=lambda one: state_of(one.until_on, one.done_on, today(ctx)),
        tab_query=lambda state: urlencode({**{k: v for k, v in kept.items() if v}, "state": state}),
        export_query=urlencode(kept),
        **page_links({**kept, "state": kept["state"] or "all"}, wanted["cursor"], found.next),
        **helpers(request),
    )


@page("rounds.view")
async def show_round(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One round: to be done, or its records."""
    return await _round(request, person, path_number(request))


async def _round(
    request: web.Request,
    person: SignedIn,
    round_id: int,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    ctx = request.app[CTX]
    await refresh_people(request.app)
    detail = await rounds.get(ctx, person.actor, round_id)
    return render(
        request,
        "rounds/round.html",
        status=status,
        r=detail.round,
        detail=detail,
        state=state_of(detail.round.until_on, detail.round.done_on, today(ctx)),
        orders={one.position: one for one in detail.orders},
        form=form or _filled(detail),
        errors=errors or {},
        **helpers(request),
    )


def _filled(detail: RoundDetail) -> dict[str, str]:
    """Return the form of a correction: what the newest record says."""
    if not detail.records:
        return {}
    newest = detail.records[0]
    found = {f"normal_{one.position}": "yes" if one.normal else "no" for one in newest.results}
    return found | {f"remark_{one.position}": one.remark for one in newest.results} | {"note": newest.note}


@page("rounds.do")
async def record(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Write down what was found, or correct it."""
    round_id, form = path_number(request), await read_form(request)
    results = tuple(
        Result(position=at, normal=form[f"normal_{at}"] == "yes", remark=form[f"remark_{at}"])
        for at in range(len((await rounds.get(request.app[CTX], person.actor, round_id)).round.items))
        if form[f"normal_{at}"] in ("yes", "no")
    )
    new = NewRecord(results=results, note=form["note"], reason=form["reason"])
    try:
        await rounds.record(request.app[CTX], person.actor, round_id, new)
    except (Invalid, Conflict) as error:
        errors, status = refused(request, error)
        return await _round(request, person, round_id, form=form, errors=errors, status=status)
    return go(f"/rounds/{round_id}", "done.round_recorded")


@page("rounds.do")
async def open_order(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Open the order for a fault."""
    round_id, position = path_number(request), path_number(request, "position")
    try:
        await rounds.open_order(request.app[CTX], person.actor, round_id, position)
    except Conflict as error:
        errors, status = refused(request, error)
        return await _round(request, person, round_id, errors=errors, status=status)
    return go(f"/rounds/{round_id}", "done.round_order_opened")


@page("rounds.view")
async def show_figures(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """How many of the rounds that fell due in a period were done in time; this month where none is given."""
    ctx, errors = request.app[CTX], dict[str, str]()
    wanted, now = query(request, ("since", "until")), today(request.app[CTX])
    wanted["since"] = wanted["since"] or now.replace(day=1).isoformat()
    wanted["until"] = wanted["until"] or now.isoformat()
    found: tuple[Any, ...] = ()
    try:
        since, until = day("since", wanted["since"]) or now, day("until", wanted["until"]) or now
        found = await rounds.figures(ctx, person.actor, since, until)
    except Invalid as error:
        errors = field_errors(error, language_of(request))
    names = RoundFigures.__slots__
    total = RoundFigures(**{name: sum(getattr(one.figures, name) for one in found) for name in names})
    return render(
        request,
        "rounds/figures.html",
        status=422 if errors else 200,
        filter=wanted,
        errors=errors,
        lines=found,
        total=total,
    )
