"""The list of work orders: quick filters with counts, filters, free conditions, saved queries.

What does not live here: one order (pages.py), the builder's rows (conditions.py), Excel (export.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import field_errors, one_of_or_none, page_links, path_number, query, read_form
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import district_options, helpers, list_options, options
from ccengine.backoffice.render import go, language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.backoffice.work_orders import conditions
from ccengine.backoffice.work_orders.pages import overdue
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.outage import DISTRICTS
from ccengine.rows import OrderFilter, OrderRow, Page
from ccengine.services import order_lists, saved_queries, work_orders
from ccengine.services.context import Context
from ccengine.services.errors import Invalid

_PAGE = 50
_FILTERS = ("q", "type", "priority", "form", "source", "district")
#: What of an address says what a list shows.
KEPT = ("tab", *_FILTERS, "where")
_WHERE_LONGEST = 2000


def asked(request: web.Request) -> dict[str, str]:
    """Return what the address asks of the list."""
    wanted = query(request, ("tab", *_FILTERS, "cursor")) | {"where": request.query.get("where", "")[:_WHERE_LONGEST]}
    wanted["tab"] = wanted["tab"] or ("all" if wanted["where"] else "open")
    return wanted


def filter_of(ctx: Context, person: SignedIn, wanted: Mapping[str, str]) -> OrderFilter:
    """Return the conditions of an address. Errors: Invalid(where)."""
    tab = order_lists.tab_filter(ctx, person.actor, wanted["tab"])
    groups = order_lists.conditions(wanted["where"])
    fixed = tab.pop("groups", ())
    if fixed and groups:  # the quick filter holds for each group
        groups = tuple((*fixed[0], *group) for group in groups)
    return OrderFilter(
        text=wanted["q"],
        type=wanted["type"] or None,
        priority=one_of_or_none(wanted["priority"], work_orders.PRIORITIES),
        form=wanted["form"] or None,
        source=wanted["source"] or None,
        district=one_of_or_none(wanted["district"], DISTRICTS),
        groups=groups or fixed,
        **tab,
    )


@page("orders.view")
async def list_orders(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Search orders; tabs hold the questions people ask all day."""
    wanted, errors = asked(request), dict[str, str]()
    await refresh_people(request.app)
    if conditions.has_rows(request.query):
        try:
            wanted["where"] = conditions.where_of(request.query)
            return web.Response(status=303, headers={"Location": f"/work-orders?{_query(wanted)}"})
        except Invalid as error:
            errors = field_errors(error, language_of(request))
    ctx = request.app[CTX]
    found: Page[OrderRow] = Page(items=())
    if not errors:
        try:
            found = await work_orders.find(
                ctx, person.actor, filter_of(ctx, person, wanted), wanted["cursor"] or None, _PAGE
            )
        except Invalid as error:
            errors = field_errors(error, language_of(request), {"cursor": "q", "text": "q"})
    return await _page(request, person, wanted, found, errors)


async def _page(
    request: web.Request, person: SignedIn, wanted: dict[str, str], found: Page[OrderRow], errors: dict[str, str]
) -> web.Response:
    ctx, _ = request.app[CTX], text_for(request)
    kept = {name: wanted[name] for name in KEPT}
    groups = () if errors.get("where") else order_lists.conditions(wanted["where"])
    saved = await saved_queries.of(ctx, person.actor)
    return render(
        request,
        "work_orders/list.html",
        page=found,
        filter=wanted,
        errors=errors,
        filtered=any(wanted[name] for name in (*_FILTERS, "where")),
        tabs=_tabs(wanted, await order_lists.tab_counts(ctx, person.actor)),
        groups=conditions.builder_rows(groups),
        described=conditions.described(request, groups),
        saved=[(one, saved_queries.is_own(person.actor, one), one.query == _query(wanted)) for one in saved],
        query=_query(wanted),
        types=list_options(request, CodeKind.TYPE),
        priorities=options(_, "priority", work_orders.PRIORITIES),
        forms=list_options(request, CodeKind.FORM),
        sources=list_options(request, CodeKind.SOURCE),
        districts=district_options(request),
        is_overdue=lambda order: overdue(order, ctx),
        **conditions.choices(request),
        **page_links(kept, wanted["cursor"], found.next),
        **helpers(request),
    )


def _query(wanted: Mapping[str, str]) -> str:
    return urlencode({name: wanted[name] for name in KEPT if wanted[name]})


def _tabs(wanted: Mapping[str, str], counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "count": counts.get(key),
            "shown": _shown(counts.get(key)),
            "current": key == wanted["tab"],
            "query": urlencode({"tab": key}),
        }
        for key in order_lists.TABS
    ]


def _shown(count: int | None) -> str:
    return f"{order_lists.COUNT_MOST - 1}+" if count == order_lists.COUNT_MOST else str(count)


@page("orders.view")
async def save_query(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Keep the list's conditions under a name."""
    form = await read_form(request)
    kept = {name: value for name, value in parse_qsl(form.get("query", "")) if name in KEPT}
    order_lists.conditions(kept.get("where", ""))
    name, shared = form.get("name", ""), form.get("shared") == "yes"
    await saved_queries.save(request.app[CTX], person.actor, name, urlencode(kept), shared)
    return go(f"/work-orders?{urlencode(kept)}", "done.query_saved")


@page("orders.view")
async def delete_query(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Forget a saved query."""
    await saved_queries.delete(request.app[CTX], person.actor, path_number(request))
    return go("/work-orders", "done.query_deleted")
