"""Work order pages: list with quick filters, and one order with its history."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import field_errors, one_of_or_none, page_links, path_number, query
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import district_options, helpers, list_options, options
from ccengine.backoffice.render import language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.outage import DISTRICTS
from ccengine.hotline.work_order import EXTRA_STAMPS, OVER, OrderStatus, is_backward
from ccengine.rows import OrderFilter, OrderRow, Page
from ccengine.services import figures, work_orders
from ccengine.services.context import Context
from ccengine.services.errors import Invalid

_PAGE = 50
_FILTERS = ("q", "type", "priority", "form", "source", "district")
#: What the edit form of an order offers.
EDITABLE = ("title", "type", "category", "priority", "unit", "assigned_to", "contact_name", "address")
_HANDLING = (
    OrderStatus.ACCEPTED,
    OrderStatus.DISPATCHED,
    OrderStatus.ACKNOWLEDGED,
    OrderStatus.IN_PROGRESS,
    OrderStatus.HANDLED,
)


@page("orders.view")
async def list_orders(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Search orders; tabs hold the questions people ask all day."""
    wanted = query(request, (*_FILTERS, "tab", "cursor"))
    wanted["tab"] = wanted["tab"] or "open"
    ctx = request.app[CTX]
    await refresh_people(request.app)
    errors: dict[str, str] = {}
    found: Page[OrderRow] = Page(items=())
    try:
        conditions = _conditions(ctx, person, wanted)
        found = await work_orders.find(ctx, person.actor, conditions, wanted["cursor"] or None, _PAGE)
    except Invalid as error:
        errors = field_errors(error, language_of(request), {"cursor": "q", "text": "q"})
    _ = text_for(request)
    kept = {name: wanted[name] for name in (*_FILTERS, "tab")}
    return render(
        request,
        "work_orders/list.html",
        page=found,
        filter=wanted,
        errors=errors,
        filtered=any(wanted[name] for name in _FILTERS),
        tabs=_tabs(wanted["tab"], await figures.order_counts(ctx)),
        types=list_options(request, CodeKind.TYPE),
        priorities=options(_, "priority", work_orders.PRIORITIES),
        forms=list_options(request, CodeKind.FORM),
        sources=list_options(request, CodeKind.SOURCE),
        districts=district_options(request),
        is_overdue=lambda order: overdue(order, ctx),
        **page_links(kept, wanted["cursor"], found.next),
        **helpers(request),
    )


def _conditions(ctx: Context, person: SignedIn, wanted: Mapping[str, str]) -> OrderFilter:
    tabs: dict[str, dict[str, Any]] = {
        "open": {"open_only": True},
        "mine": {"open_only": True, "assigned_to": person.actor.name},
        "overdue": {"open_only": True, "overdue_at": ctx.clock.now()},
    }
    tab = tabs.get(wanted["tab"], {})
    if wanted["tab"] in {status.value for status in OrderStatus}:
        tab = {"status": wanted["tab"]}
    return OrderFilter(
        text=wanted["q"],
        type=wanted["type"] or None,
        priority=one_of_or_none(wanted["priority"], work_orders.PRIORITIES),
        form=wanted["form"] or None,
        source=wanted["source"] or None,
        district=one_of_or_none(wanted["district"], DISTRICTS),
        **tab,
    )


def _tabs(current: str, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    open_count = sum(n for status, n in counts.items() if OrderStatus(status) not in OVER)
    shown: list[tuple[str, int | None]] = [("open", open_count), ("mine", None), ("overdue", None)]
    shown += [(status.value, counts[status.value]) for status in (OrderStatus.REGISTERED, *_HANDLING)]
    shown += [(OrderStatus.CLOSED.value, None), ("all", None)]
    return [
        {"key": key, "count": count, "current": key == current, "query": urlencode({"tab": key})}
        for key, count in shown
    ]


def overdue(order: OrderRow, ctx: Context) -> bool:
    """Tell whether an order should have been handled by now."""
    return "handled" not in order.stamps and order.status not in OVER and order.due_at < ctx.clock.now()


@page("orders.view")
async def show_order(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One order."""
    return await order_page(request, person, path_number(request))


async def order_page(
    request: web.Request,
    person: SignedIn,
    order_id: int,
    *,
    errors: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    """Answer the page of an order, with errors beside their fields where there are any."""
    ctx = request.app[CTX]
    await refresh_people(request.app)
    detail = await work_orders.get(ctx, person.actor, order_id)
    order = detail.order
    return render(
        request,
        "work_orders/detail.html",
        status=status,
        detail=detail,
        backward_moves={to for to in detail.legal_moves if is_backward(order.status, to)},
        stamps=sorted(order.stamps.items(), key=lambda pair: pair[1]),
        taken_by_me=order.assigned_to == person.actor.name,
        over=order.status in OVER,
        is_overdue=lambda one: overdue(one, ctx),
        errors=errors or {},
        form={**{name: getattr(order, name) for name in EDITABLE}, "note": "", "text": "", **(form or {})},
        editing=bool(set(errors or {}) & set(EDITABLE)),
        missing_stamps=[name for name in EXTRA_STAMPS if name not in order.stamps and order.status != "archived"],
        **await _choices(request, order),
        **helpers(request),
    )


async def _choices(request: web.Request, order: OrderRow) -> dict[str, Any]:
    """Return what the edit form offers."""
    return {
        "types": list_options(request, CodeKind.TYPE, order.type),
        "priorities": options(text_for(request), "priority", work_orders.PRIORITIES),
        "categories": list_options(request, CodeKind.CATEGORY, order.category),
        "units": list_options(request, CodeKind.UNIT, order.unit_code),
    }


@page("customers.reveal")
async def reveal(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer the contact's whole number as a bit of HTML (audited)."""
    number = await work_orders.reveal_contact(request.app[CTX], person.actor, path_number(request))
    return web.Response(text=escape(number or "–"), content_type="text/html")
