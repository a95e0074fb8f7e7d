"""What helps while somebody registers a request: drafts that are saved by themselves, and the duplicate hint.

What does not live here: registering (changes.py).
"""

from __future__ import annotations

from dataclasses import fields

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.forms import path_number, query, read_form
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import drafts, similar_orders, work_orders
from ccengine.services.similar_orders import Matter

_NOT_KEPT = ("csrf_token", "draft")


@page("orders.create")
async def save_draft(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Keep what was typed so far."""
    form = await read_form(request)
    values = {name: value for name, value in form.items() if name not in _NOT_KEPT}
    await drafts.save(request.app[CTX], person.actor, form.get("draft", ""), values)
    return web.Response(status=204)


@page("orders.create")
async def discard_draft(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Throw away what was typed and begin anew."""
    key = (await read_form(request)).get("draft", "")
    await drafts.forget(request.app[CTX], person.actor, key)
    account = key.removeprefix("order-")
    return go(f"/work-orders/new?account={account}" if account.isdigit() else "/work-orders/new")


@page("orders.view")
async def similar_to(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer the orders that may be about the same matter as an order, as a part of its page."""
    ctx, order_id = request.app[CTX], path_number(request)
    order = (await work_orders.get(ctx, person.actor, order_id)).order
    found = await similar_orders.find(ctx, person.actor, similar_orders.matter_of(order), but=order_id)
    return render(request, "work_orders/similar.html", similar=found, **helpers(request))


@page("orders.view")
async def similar(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer the orders that may be about the same matter, as a part of a page."""
    asked = query(request, (one.name for one in fields(Matter)))
    found = await similar_orders.find(request.app[CTX], person.actor, Matter(**asked))
    return render(request, "work_orders/similar.html", similar=found, **helpers(request))
