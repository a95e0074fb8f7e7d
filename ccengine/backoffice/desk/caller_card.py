"""What the caller's card shows: who calls, arrears, open orders, outages, last contacts. Reads services only."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ccengine.backoffice.desk.own_state import own_state
from ccengine.backoffice.keys import CTX, HUB
from ccengine.backoffice.names import helpers
from ccengine.backoffice.sessions import SignedIn
from ccengine.rows import CallDetail, CallFilter, CallRow, CustomerRow, OrderFilter, OrderRow
from ccengine.services import call_records, campaign_views, customers, outages, work_orders
from ccengine.services.errors import NotFound
from ccengine.services.place import place_of
from ccengine.values import Direction

_CUSTOMERS = 3
_LAST = 5


async def load_card(request: web.Request, person: SignedIn, call_id: str) -> dict[str, Any]:
    """Return the card's values. The call may be known to the live view only, to the rows only, or to both."""
    ctx, actor, hub = request.app[CTX], person.actor, request.app[HUB]
    live = hub.call(call_id) or {}
    detail = await _detail(request, person, call_id)
    desk = own_state(hub, person.agent_number or "")
    campaign = await campaign_views.of_call(ctx, actor, call_id)
    number = campaign.attempt.number if campaign is not None else ""
    number = (
        number
        or _number(detail)
        or live.get("caller_number")
        or (desk["peer_number"] if desk["call_id"] == call_id else "")
    )
    found = (await customers.by_caller_number(ctx, actor, number))[:_CUSTOMERS] if number else ()
    if campaign is not None and campaign.customer is not None:
        found = (campaign.customer,)  # several customers may share a phone; this call is about one of them
    elif not found and detail is not None and detail.customer is not None:
        found = (detail.customer,)
    menu = detail.call.record.menu_path if detail else ([live["menu_item"]] if live.get("menu_item") else [])
    choice = detail.choice if detail else None
    if campaign is None and choice is not None and choice.customer_account:
        found = (await customers.get(ctx, actor, choice.customer_account),)  # whom the agent named counts
    return {
        "call_id": call_id,
        "state": desk["state"] if desk["call_id"] == call_id else "wrap_up",
        "campaign": campaign,
        "number": number,
        "place": place_of(number, ctx.settings.site.area_code) if number else "",
        "menu_text": helpers(request)["menu_text"](menu),
        "customers": found,
        "outages": [notice for row in found[:1] for notice in await outages.current(ctx, row.district)],
        "orders": await _open_orders(request, person, found, number),
        "calls": [row for row in await _last_calls(request, person, found, number) if row.record.call_id != call_id],
        "chosen": choice.disposition if choice else "",
        "note": "",
        "account": "",
        "address": "",
        "saved": "",
        "code": "",
        "error": "",
    }


async def _detail(request: web.Request, person: SignedIn, call_id: str) -> CallDetail | None:
    try:
        return await call_records.get_call(request.app[CTX], person.actor, call_id)
    except NotFound:
        return None  # it rings before the journal's first line is read


def _number(detail: CallDetail | None) -> str:
    if detail is None:
        return ""
    record = detail.call.record
    return record.dialed_number if record.direction is Direction.OUTBOUND else record.caller_number


async def _open_orders(
    request: web.Request, person: SignedIn, found: tuple[CustomerRow, ...], number: str
) -> tuple[OrderRow, ...]:
    if not found:
        wanted = OrderFilter(text=number, open_only=True)
        return (await work_orders.find(request.app[CTX], person.actor, wanted, None, _LAST)).items if number else ()
    wanted = OrderFilter(customer_account=found[0].account, open_only=True)
    return (await work_orders.find(request.app[CTX], person.actor, wanted, None, _LAST)).items


async def _last_calls(
    request: web.Request, person: SignedIn, found: tuple[CustomerRow, ...], number: str
) -> tuple[CallRow, ...]:
    if not found and not number:
        return ()
    wanted = CallFilter(customer_account=found[0].account) if found else CallFilter(number=number)
    return (await call_records.find_calls(request.app[CTX], person.actor, wanted, None, _LAST + 1)).items
