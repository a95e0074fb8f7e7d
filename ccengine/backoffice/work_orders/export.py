"""The list of work orders as a file for Excel: the same conditions, the words of the viewer's language. Pages and API.

What does not live here: how such files are written (spreadsheet.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.catalogue_names import refresh_catalogue
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.backoffice.spreadsheet import Cell, send_csv, send_xlsx
from ccengine.backoffice.work_orders.lists import asked, filter_of
from ccengine.backoffice.work_orders.pages import overdue
from ccengine.rows import OrderFilter, OrderRow
from ccengine.services import order_lists
from ccengine.services.context import Actor
from ccengine.services.rights import shown_number

_STAMPS = ("accepted", "dispatched", "acknowledged", "handled", "inspected", "visited", "closed")
_WIDTHS = (20, 10, 8, 10, 12, 36, 48, 10, 12, 14, 10, 36, 12, 16, 14, 12, 18, 18, 8, *(18 for _ in _STAMPS))


@page("orders.export")
async def export(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer the list's orders as .xlsx or .csv."""
    conditions = filter_of(request.app[CTX], person, asked(request))
    return await send_orders(request, person.actor, conditions, request.match_info["kind"])


async def send_orders(request: web.Request, actor: Actor, wanted: OrderFilter, kind: str) -> web.StreamResponse:
    """Answer orders as .xlsx or .csv, audited. Errors: NotAllowed(orders.export), Invalid, Unavailable."""
    apps = request.config_dict
    ctx, zone = apps[CTX], apps[PAGES].formats.zone
    await order_lists.begin_export(ctx, actor, request.query_string)
    await refresh_people(apps)
    await refresh_catalogue(apps)
    name = f"work-orders-{ctx.clock.now().astimezone(zone):%Y%m%d-%H%M}.{kind}"
    head, rows = _head(request), _batches(request, actor, order_lists.batches(ctx, actor, wanted))
    if kind == "csv":
        return await send_csv(request, name, head, rows)
    return await send_xlsx(request, name, head, rows, _WIDTHS)


def _head(request: web.Request) -> list[str]:
    _ = text_for(request)
    fields = (
        "number status priority type category what description form source unit district address contact_name "
        "contact_number account assigned_to created due overdue"
    )
    return [_(f"export.{field}") for field in fields.split()] + [_(f"order_status.{name}") for name in _STAMPS]


async def _batches(
    request: web.Request, actor: Actor, batches: AsyncIterator[tuple[OrderRow, ...]]
) -> AsyncIterator[list[list[Cell]]]:
    _, named, ctx = text_for(request), helpers(request), request.config_dict[CTX]
    zone = request.config_dict[PAGES].formats.zone

    def row(one: OrderRow) -> list[Cell]:
        return [
            one.number,
            _(f"order_status.{one.status}"),
            _(f"priority.{one.priority}"),
            named["type_name"](one.type),
            named["category_name"](one.category),
            one.title,
            one.description,
            named["form_name"](one.form),
            named["source_name"](one.source),
            one.unit,
            named["district_name"](one.district),
            one.address,
            one.contact_name,
            shown_number(actor, one.contact_number),
            one.customer_account or "",
            named["person_name"](one.assigned_to),
            one.created_at.astimezone(zone),
            one.due_at.astimezone(zone),
            _("condition.yes") if overdue(one, ctx) else "",
            *(stamp.astimezone(zone) if (stamp := one.stamps.get(name)) else None for name in _STAMPS),
        ]

    async for batch in batches:
        yield [row(one) for one in batch]
