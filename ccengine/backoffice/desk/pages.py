"""The agent's desk: the strip with one's own state, the caller's card, and the choice of the order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.desk.caller_card import load_card
from ccengine.backoffice.desk.own_state import own_state
from ccengine.backoffice.forms import read_form
from ccengine.backoffice.keys import CTX, HUB, door_of
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.disposition import Disposition
from ccengine.services import agents, progress, rules, work_orders
from ccengine.services.errors import NotFound, ServiceError
from ccengine.services.work_orders import OrderChoice
from ccengine.values import CALL_ID_PATTERN


@page("agents.control_self")
async def strip(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The agent's own state with the buttons that fit it."""
    return await _strip(request, person)


async def _strip(request: web.Request, person: SignedIn, error: str = "") -> web.Response:
    number = person.agent_number
    if number is None:
        raise NotFound("agent", "")
    desk: dict[str, Any] = own_state(request.app[HUB], number)
    desk["reason_text"] = helpers(request)["reason_name"](desk["reason"]) if desk["state"] == "paused" else ""
    desk["reasons"] = [code for code in agents.PAUSE_REASONS if code not in ("no_answer", "wrap_up")]
    desk["devices"] = await _devices(request, person, number) if desk["state"] == "signed_out" else []
    return render(request, "desk/strip.html", desk=desk, desk_error=error)


async def _devices(request: web.Request, person: SignedIn, number: str) -> list[dict[str, Any]]:
    ctx = request.app[CTX]
    everybody = await agents.list_agents(ctx, person.actor)
    last = next((agent.extension for agent in everybody if agent.number == number), "")
    devices = await agents.list_devices(ctx, person.actor)
    own = last or next((one.extension for one in devices if one.default_agent == number), "")
    return [{"extension": one.extension, "label": one.label, "mine": one.extension == own} for one in devices]


@page("agents.control_self")
async def set_own_state(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Sign in, pause or sign out; the strip follows when the PBX has said so."""
    form = await read_form(request)
    state = form.get("state", "")
    try:
        await agents.set_state(
            request.app[CTX],
            person.actor,
            door_of(request.app),
            person.agent_number or "",
            state,
            form.get("reason") if state == "paused" else None,
            form.get("extension") or own_state(request.app[HUB], person.agent_number or "")["extension"] or None,
        )
    except ServiceError as error:
        return await _strip(request, person, error.message(language_of(request)))
    seen = request.app[HUB].version
    await request.app[HUB].wait_change(seen, 1.0)  # usually the board has it by then; if not, the socket tells
    return await _strip(request, person)


@page("customers.view")
async def card(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The card of one call."""
    return await _card(request, person, request.query.get("call_id", ""))


async def _card(request: web.Request, person: SignedIn, call_id: str, **more: str) -> web.Response:
    if not CALL_ID_PATTERN.fullmatch(call_id):
        raise NotFound("call", "")
    found = {**await load_card(request, person, call_id), **more}
    dispositions = await rules.dispositions(request.app[CTX])
    found["matter"] = _matter(found, dispositions)
    return render(request, "desk/card.html", card=found, dispositions=dispositions, **helpers(request))


def _matter(card: dict[str, Any], dispositions: Sequence[Disposition]) -> dict[str, str]:
    """Return what the call is about, as far as it is known: what was chosen, else the open order, else the menu."""
    chosen = next((one for one in dispositions if one.code == card["chosen"]), None)
    if chosen is not None:
        return {"category": chosen.category, "title": chosen.name_zh}
    for order in card["orders"]:
        return {"category": order.category, "title": order.title}
    return {"category": "", "title": card["menu_text"]}


@page("orders.create")
async def choose(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Keep what the agent chose for the call, during it or in wrap-up."""
    form = await read_form(request)
    call_id, code, note = form.get("call_id", ""), form.get("disposition", ""), form.get("note", "")
    account, address = form.get("customer_account", ""), form.get("address", "")
    choice = OrderChoice(disposition=code, note=note, customer_account=account or None, address=address)
    try:
        order = await work_orders.choose_for_call(request.app[CTX], person.actor, call_id, choice)
    except ServiceError as error:
        told = error.message(language_of(request))
        return await _card(request, person, call_id, error=told, note=note, account=account, address=address)
    known = await rules.dispositions(request.app[CTX])
    chosen = next(one for one in known if one.code == code)
    name = chosen.name_zh if language_of(request) == "zh_CN" else chosen.name_en
    if order is None:
        return await _card(request, person, call_id, saved=name, chosen=code)
    told = await progress.code_for(request.app[CTX], person.actor, order.id)
    return await _card(
        request, person, call_id, saved=f"{name} {order.number}", chosen=code, code=told, order_number=order.number
    )
