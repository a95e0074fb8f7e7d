"""Pages of saved queries for customers to call: list, form, how many fit now, loading one into a campaign.

What does not live here: which customers fit (services/customer_queries.py).
"""

from __future__ import annotations

import re

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.campaigns.loads import LOADS
from ccengine.backoffice.campaigns.pages import show_campaign
from ccengine.backoffice.forms import field_errors, integer, path_number, query, read_form
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import district_options, helpers
from ccengine.backoffice.render import go, language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.rows import CustomerQuery, SavedCustomerQuery
from ccengine.services import campaign_targets, customer_queries
from ccengine.services.errors import Invalid, NotFound

_SHOWN_AS = {"arrears_from_fen": "arrears_from_yuan"}
_FIELDS = ("arrears_from_yuan", "overdue_days", "district", "silent_days")


def query_of(form: dict[str, str]) -> CustomerQuery:
    """Return the conditions that a form says. Raises Invalid."""
    return CustomerQuery(
        arrears_from_fen=_fen(form.get("arrears_from_yuan") or "0"),
        overdue_days=integer("overdue_days", form["overdue_days"]) if form.get("overdue_days") else None,
        district=form.get("district", ""),
        silent_days=integer("silent_days", form["silent_days"]) if form.get("silent_days") else None,
    )


def _fen(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,8})(?:\.([0-9]{1,2}))?", text, re.ASCII)
    if found is None:
        raise Invalid("arrears_from_fen", "请输入金额，最多两位小数", "Write an amount with at most two decimals")
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def errors_of(request: web.Request, error: Invalid) -> dict[str, str]:
    """Return what is wrong, beside the form's own field."""
    return field_errors(error, language_of(request), _SHOWN_AS)


@page("campaigns.view")
async def list_queries(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All saved queries, by name."""
    found = await customer_queries.all_queries(request.app[CTX], person.actor)
    await refresh_people(request.app)
    return render(request, "campaigns/queries.html", queries=found, **helpers(request))


@page("campaigns.edit")
async def new_query(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The empty form."""
    return _form(request, None, {"arrears_from_yuan": "50"}, {}, 200)


@page("campaigns.view")
async def show_query(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One query, with how many customers fit now."""
    ctx = request.app[CTX]
    found = await customer_queries.get(ctx, person.actor, path_number(request))
    many = await customer_queries.count(ctx, person.actor, found.query)
    await refresh_people(request.app)
    return _form(request, found, _fields(found), {}, 200, many)


def _fields(found: SavedCustomerQuery) -> dict[str, str]:
    one = found.query
    yuan, fen = divmod(one.arrears_from_fen, 100)
    return {
        "name": found.name,
        "arrears_from_yuan": f"{yuan}.{fen:02}" if fen else str(yuan),
        "overdue_days": "" if one.overdue_days is None else str(one.overdue_days),
        "district": one.district,
        "silent_days": "" if one.silent_days is None else str(one.silent_days),
    }


def _form(
    request: web.Request,
    found: SavedCustomerQuery | None,
    form: dict[str, str],
    errors: dict[str, str],
    status: int,
    many: int | None = None,
) -> web.Response:
    return render(
        request,
        "campaigns/query.html",
        status=status,
        q=found,
        form=form,
        errors=errors,
        many=many,
        districts=district_options(request),
        **helpers(request),
    )


@page("campaigns.edit")
async def save(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Keep a new query, or show the form again with the error beside its field."""
    form = await read_form(request)
    try:
        made = await customer_queries.save(request.app[CTX], person.actor, form.get("name", ""), query_of(form))
    except Invalid as error:
        return _form(request, None, form, errors_of(request, error), 422)
    return go(f"/campaigns/queries/{made.id}", "done.customer_query_saved")


@page("campaigns.edit")
async def change(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Change a query, or show the form again with the error beside its field."""
    ctx, query_id, form = request.app[CTX], path_number(request), await read_form(request)
    found = await customer_queries.get(ctx, person.actor, query_id)
    try:
        version = integer("version", form.get("version", ""))
        await customer_queries.change(ctx, person.actor, query_id, form.get("name", ""), query_of(form), version)
    except Invalid as error:
        return _form(request, found, form, errors_of(request, error), 422)
    return go(f"/campaigns/queries/{query_id}", "done.customer_query_saved")


@page("campaigns.edit")
async def delete(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Forget a query."""
    await customer_queries.delete(request.app[CTX], person.actor, path_number(request))
    return go("/campaigns/queries", "done.customer_query_deleted")


@page("campaigns.view")
async def count(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """How many customers fit: of a saved query (`query_id`), or of what stands in a form."""
    ctx, asked = request.app[CTX], query(request, ("query_id", *_FIELDS))
    try:
        if asked["query_id"]:
            saved = await customer_queries.get(ctx, person.actor, integer("query_id", asked["query_id"]))
            wanted = saved.query
        else:
            wanted = query_of(asked)
        many, wrong = await customer_queries.count(ctx, person.actor, wanted), ""
    except (Invalid, NotFound) as error:
        many, wrong = 0, error.message(language_of(request))
    return render(request, "campaigns/query_count.html", many=many, wrong=wrong)


@page("campaigns.edit")
async def load(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Load a saved query into a campaign; the campaign's page shows how far it is."""
    ctx, campaign_id, form = request.app[CTX], path_number(request), await read_form(request)
    loads = request.app[LOADS]
    try:
        query_id = integer("query_id", form.get("query_id", ""))
        loads.refuse_more()
        started, wanted = await customer_queries.begin_load(ctx, person.actor, campaign_id, query_id)
    except Invalid as error:
        return await show_campaign(request, person, form, errors_of(request, error), 422)
    loads.begin(ctx, started.id, campaign_targets.load_query(ctx, started, wanted))
    return go(f"/campaigns/{campaign_id}", "done.targets_loading")
