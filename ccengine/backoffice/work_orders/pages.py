"""One work order with its history.

What does not live here: the list (lists.py), changes (changes.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.dispatch.plan import point_of
from ccengine.backoffice.forms import path_number
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import district_options, helpers, list_options, options
from ccengine.backoffice.render import render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.backoffice.work_orders.choices import crew_choices, field_choices
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.order_moves import SUSPEND_REASONS
from ccengine.hotline.work_order import EXTRA_STAMPS, OVER
from ccengine.rows import OrderFilter, OrderRow
from ccengine.services import paper_forms, rounds, work_orders
from ccengine.services.context import Context
from ccengine.services.matter_timeline import matter_timeline
from ccengine.services.rights import may

_CHILDREN = 200
#: What the edit form of an order offers.
EDITABLE = ("title", "type", "category", "priority", "assigned_to", "contact_name", "address")


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
        children=await _children(ctx, person, order),
        of_round=await rounds.of_order(ctx, person.actor, order_id) if order.source == "inspection" else None,
        parent_number=(await work_orders.get(ctx, person.actor, order.parent_id)).order.number
        if order.parent_id
        else "",
        steps=await matter_timeline(ctx, person.actor, order_id),
        may_listen=may(person.actor, "calls.listen"),
        may_visit="handled" in order.stamps and order.status not in OVER and may(person.actor, "orders.close"),
        stamps=sorted(order.stamps.items(), key=lambda pair: pair[1]),
        taken_by_me=order.assigned_to == person.actor.name,
        over=order.status in OVER,
        is_overdue=lambda one: overdue(one, ctx),
        errors=errors or {},
        form={**{name: getattr(order, name) for name in EDITABLE}, "note": "", "text": "", **(form or {})},
        editing=bool(errors) and "title" in (form or {}),
        missing_stamps=[name for name in EXTRA_STAMPS if name not in order.stamps and order.status != "archived"],
        paper_forms=paper_forms.FORMS,
        about=point_of(order),
        tiles=ctx.settings.web.map_tiles_url,
        district_names=dict(district_options(request)),
        **await _choices(request, order),
        **helpers(request),
    )


async def _children(ctx: Context, person: SignedIn, order: OrderRow) -> tuple[OrderRow, ...]:
    if not order.is_incident:
        return ()
    return (await work_orders.find(ctx, person.actor, OrderFilter(parent_id=order.id), None, _CHILDREN)).items


async def _choices(request: web.Request, order: OrderRow) -> dict[str, Any]:
    """Return what the edit form offers."""
    return {
        "types": list_options(request, CodeKind.TYPE, order.type),
        "priorities": options(text_for(request), "priority", work_orders.PRIORITIES),
        "categories": list_options(request, CodeKind.CATEGORY, order.category),
        "units": list_options(request, CodeKind.UNIT, order.unit_code),
        "suspend_reasons": options(text_for(request), "suspend_reason", SUSPEND_REASONS),
        **crew_choices(request, order),
        **field_choices(request, order),
    }


@page("customers.reveal")
async def reveal(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer the contact's whole number as a bit of HTML (audited)."""
    number = await work_orders.reveal_contact(request.app[CTX], person.actor, path_number(request))
    return web.Response(text=escape(number or "–"), content_type="text/html")
