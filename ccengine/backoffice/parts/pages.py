"""Spare parts: what lies where, receipts, use, transfers, stock-taking; and parts used on an order.

What does not live here: what stock may become (services/parts.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import field_errors, integer, path_number, query, read_form
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.rows import NewMovement, Part, PartStore
from ccengine.services import parts, work_orders
from ccengine.services.errors import Conflict, Invalid

_NEW = {"code": "", "name": "", "spec": "", "unit": "", "low_at": "0"}


@page("parts.view")
async def list_parts(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All parts with their stock."""
    return await _list(request, person)


async def _list(
    request: web.Request,
    person: SignedIn,
    *,
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    ctx, wanted = request.app[CTX], query(request, ("q", "low"))
    everything = await parts.overview(ctx, person.actor, wanted["q"])
    return render(
        request,
        "parts/list.html",
        status=status,
        items=[one for one in everything if one.low or wanted["low"] != "1"],
        low_count=sum(one.low for one in everything),
        stores=await parts.stores(ctx, person.actor),
        filter=wanted,
        form={**_NEW, **(form or {})},
        errors=errors or {},
        **helpers(request),
    )


@page("parts.edit")
async def save_part(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Add a kind of part or change it."""
    form = await read_form(request)
    try:
        low_at = integer("low_at", form.get("low_at", ""))
        texts = {name: form.get(name, "") for name in ("code", "name", "spec", "unit")}
        part = await parts.save_part(
            request.app[CTX], person.actor, Part(**texts, low_at=low_at, active=form.get("active", "yes") == "yes")
        )
    except Invalid as error:
        errors = field_errors(error, language_of(request))
        return await _list(request, person, form=form, errors=errors, status=422)
    return go(f"/parts/{part.code}", "done.part_saved")


@page("parts.edit")
async def save_store(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Add a store or rename it."""
    form = await read_form(request)
    store = PartStore(code=form.get("store_code", ""), name=form.get("store_name", ""))
    try:
        await parts.save_store(request.app[CTX], person.actor, store)
    except Invalid as error:
        errors = field_errors(error, language_of(request), {"code": "store_code", "name": "store_name"})
        return await _list(request, person, form=form, errors=errors, status=422)
    return go("/parts", "done.part_saved")


@page("parts.view")
async def show_part(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One part: stock by store, movements, and what one may do."""
    return await _part(request, person)


async def _part(
    request: web.Request, person: SignedIn, *, errors: dict[str, str] | None = None, status: int = 200
) -> web.Response:
    ctx, code = request.app[CTX], request.match_info["code"]
    await refresh_people(request.app)
    return render(
        request,
        "parts/part.html",
        status=status,
        item=await parts.get(ctx, person.actor, code),
        stores=(stores := await parts.stores(ctx, person.actor)),
        store_names={one.code: one.name for one in stores},
        movements=await parts.movements(ctx, person.actor, part=code, limit=100),
        errors=errors or {},
        **helpers(request),
    )


async def _change(
    request: web.Request, person: SignedIn, change: Callable[[dict[str, str], int], Awaitable[object]]
) -> web.StreamResponse:
    form = await read_form(request)
    try:
        await change(form, integer("quantity", form.get("quantity", "")))
    except (Invalid, Conflict) as error:
        told = {"form": error.message(language_of(request))}
        return await _part(request, person, errors=told, status=422 if isinstance(error, Invalid) else 409)
    return go(f"/parts/{request.match_info['code']}", "done.part_moved")


@page("parts.use")
async def move(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Receive, use, give back."""

    async def change(form: dict[str, str], quantity: int) -> object:
        number, order_id = form.get("order", ""), None
        if number:
            order_id = (await work_orders.by_number(request.app[CTX], person.actor, number)).id
        movement = NewMovement(
            store=form.get("store", ""),
            part=request.match_info["code"],
            kind=form.get("kind", ""),
            quantity=quantity,
            order_id=order_id,
            note=form.get("note", ""),
        )
        return await parts.move(request.app[CTX], person.actor, movement)

    return await _change(request, person, change)


@page("parts.edit")
async def transfer(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Move parts between stores."""

    async def change(form: dict[str, str], quantity: int) -> object:
        stores = form.get("store", ""), form.get("to_store", "")
        code, note = request.match_info["code"], form.get("note", "")
        return await parts.transfer(request.app[CTX], person.actor, code, *stores, quantity, note)

    return await _change(request, person, change)


@page("parts.count")
async def count(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Take stock."""

    async def change(form: dict[str, str], quantity: int) -> object:
        store, note = form.get("store", ""), form.get("note", "")
        return await parts.count(request.app[CTX], person.actor, store, request.match_info["code"], quantity, note)

    return await _change(request, person, change)


@page("parts.view")
async def of_order(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The parts used on an order, as a part of its page."""
    return await _of_order(request, person)


async def _of_order(request: web.Request, person: SignedIn, error: str = "") -> web.Response:
    ctx, order_id = request.app[CTX], path_number(request)
    await work_orders.get(ctx, person.actor, order_id)
    everything = await parts.overview(ctx, person.actor)
    return render(
        request,
        "parts/of_order.html",
        order_id=order_id,
        used=await parts.movements(ctx, person.actor, order_id=order_id, limit=100),
        names={one.part.code: one.part for one in everything},
        offered=[one for one in everything if one.part.active and one.total],
        stores=await parts.stores(ctx, person.actor),
        error=error,
        **helpers(request),
    )


@page("parts.use")
async def use_on_order(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Use parts on an order, or give them back; answers the panel as it is then."""
    form = await read_form(request)
    try:
        movement = NewMovement(
            store=form.get("store", ""),
            part=form.get("part", ""),
            kind=form.get("kind", "use"),
            quantity=integer("quantity", form.get("quantity", "")),
            order_id=path_number(request),
        )
        await parts.move(request.app[CTX], person.actor, movement)
    except (Invalid, Conflict) as error:
        return await _of_order(request, person, error.message(language_of(request)))
    return await _of_order(request, person)
