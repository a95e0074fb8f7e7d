"""The dispatch board: waiting orders, units with their load, and the map; dispatching one or many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.dispatch.plan import point_of
from ccengine.backoffice.forms import field_errors, integer, read_form, read_many
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import district_options, helpers
from ccengine.backoffice.render import language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.backoffice.work_orders.pages import overdue
from ccengine.rows import OrderRow
from ccengine.services import dispatch
from ccengine.services.context import Context
from ccengine.services.dispatch import DispatchBoard, DispatchResult
from ccengine.services.errors import Invalid


@page("orders.dispatch")
async def board_page(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The whole page."""
    return await _board(request, person, "dispatch/page.html")


@page("orders.dispatch")
async def board_body(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The board alone, as it is now."""
    return await _board(request, person, "dispatch/body.html")


@page("orders.dispatch")
async def send(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Dispatch the chosen orders to a unit; answers the board with what became of each."""
    form, chosen = await read_form(request), await read_many(request, "order")
    results: Sequence[DispatchResult] = ()
    errors: dict[str, str] = {}
    try:
        orders = [_order(one) for one in chosen]
        unit, note = form.get("unit", ""), form.get("note", "")
        results = await dispatch.dispatch_many(request.app[CTX], person.actor, orders, unit, note)
    except Invalid as error:
        errors = field_errors(error, language_of(request), {"orders": "form", "unit_code": "form"})
    return await _board(request, person, "dispatch/body.html", results=results, errors=errors)


def _order(text: str) -> tuple[int, int | None]:
    number, _, version = text.partition(":")
    return integer("orders", number), integer("orders", version)


async def _board(
    request: web.Request,
    person: SignedIn,
    template: str,
    *,
    results: Sequence[DispatchResult] = (),
    errors: Mapping[str, str] | None = None,
) -> web.Response:
    ctx = request.app[CTX]
    await refresh_people(request.app)
    board, language = await dispatch.board(ctx, person.actor), language_of(request)
    return render(
        request,
        template,
        board=board,
        most=max([one.total for one in board.units] or [0]),
        map_data=map_data(ctx, board, language),
        district_names=dict(district_options(request)),
        tiles=ctx.settings.web.map_tiles_url,
        done=[one for one in results if one.error is None],
        failed=[(one, one.error.message(language)) for one in results if one.error is not None],
        errors=errors or {},
        is_overdue=lambda order: overdue(order, ctx),
        **helpers(request),
    )


def map_data(ctx: Context, board: DispatchBoard, language: str) -> dict[str, Any]:
    """Return what the map shows: units where they sit, orders where they are or within their districts."""
    waiting = [_drawn(ctx, one.order, waiting=True) for one in board.waiting]
    at_work = [_drawn(ctx, one, waiting=False) for one in board.at_work]
    units = [
        {
            "code": one.unit.code,
            "name": one.unit.name_zh if language == "zh_CN" else one.unit.name_en,
            "at": [one.unit.latitude, one.unit.longitude],
            "load": one.total,
        }
        for one in board.units
        if one.unit.latitude is not None
    ]
    return {"units": units, "orders": [one for one in (*at_work, *waiting) if one]}


def _drawn(ctx: Context, order: OrderRow, *, waiting: bool) -> dict[str, Any] | None:
    point = point_of(order)
    if point is None:
        return None
    return {
        "id": order.id,
        "number": order.number,
        "title": order.title,
        "address": order.address,
        "at": list(point),
        "exact": order.latitude is not None,
        "waiting": waiting,
        "unit": order.unit,
        "urgent": order.priority in ("high", "urgent"),
        "late": overdue(order, ctx),
    }
