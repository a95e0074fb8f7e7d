"""Work orders: find, show, move, note, stamp, assign. Registering and choosing are offered from here as well.

What does not live here: what a finished call opens (opening.py), the transition table (hotline/work_order.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ccengine.hotline.order_catalogue import Catalogue, CodeKind
from ccengine.hotline.order_catalogue_checks import CatalogueError, check_fields
from ccengine.hotline.order_moves import plain_move
from ccengine.hotline.outage import DISTRICTS
from ccengine.hotline.work_order import (
    EXTRA_STAMPS,
    OVER,
    OrderStatus,
    legal_moves,
    move,
    stamp,
)
from ccengine.rows import OrderDetail, OrderFilter, OrderRow, Page
from ccengine.services.audit import note as audit
from ccengine.services.call_choice import OrderChoice, choose_for_call
from ccengine.services.context import Actor, Context
from ccengine.services.customers import masked
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, limited, one_of, required_text
from ccengine.services.order_changes import illegal, last_deed, legal, order_of, save
from ccengine.services.order_events import event_of, tell
from ccengine.services.order_guards import facts_of, offered
from ccengine.services.order_moves import MoveRequest, apply_move, assignment, make_move
from ccengine.services.order_registration import PRIORITIES, RequestKey, register
from ccengine.services.rights import require

__all__ = [
    "PRIORITIES",
    "MoveRequest",
    "OrderChoice",
    "RequestKey",
    "add_note",
    "by_number",
    "change",
    "choose_for_call",
    "find",
    "get",
    "make_move",
    "register",
    "reveal_contact",
    "stamp_order",
    "take",
    "transition",
]


@guarded
async def find(
    ctx: Context, actor: Actor, wanted: OrderFilter, cursor: str | None = None, limit: int = 50
) -> Page[OrderRow]:
    """List orders, newest first. Errors: NotAllowed(orders.view), Invalid(cursor, limit), Unavailable."""
    require(actor, "orders.view")
    wanted = replace(wanted, as_of=wanted.as_of or ctx.clock.now())
    async with ctx.store.reading() as uow:
        return await uow.work_orders.find(wanted, cursor, limited(limit))


@guarded
async def get(ctx: Context, actor: Actor, order_id: int) -> OrderDetail:
    """Return one order with history, customer and legal moves. Errors: NotAllowed, NotFound, Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        order = await order_of(uow, order_id)
        customer = await uow.customers.get(order.customer_account) if order.customer_account else None
        facts = await facts_of(uow, actor, order)
        return OrderDetail(
            order=order,
            events=await uow.work_orders.events(order_id),
            legal_moves=legal_moves(order.status),
            customer=masked(customer) if customer else None,
            moves=offered(actor, order, await uow.catalogue.read(), facts),
            pauses=await uow.order_parts.pauses(order_id),
            joint=await uow.order_parts.joint_units(order_id),
            visits=await uow.visits.of_order(order_id),
        )


@guarded
async def by_number(ctx: Context, actor: Actor, number: str) -> OrderRow:
    """Return the order with that human number. Errors: NotAllowed, NotFound, Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        order = await uow.work_orders.by_number(number)
    if order is None:
        raise NotFound("work order", number)
    return order


@guarded
async def transition(
    ctx: Context, actor: Actor, order_id: int, to: str, note: str = "", expected_version: int | None = None
) -> OrderRow:
    """Make the plain move that leads to a state. A move backwards (return 退单, reopen) needs a note with the reason.

    Errors: NotAllowed(orders.move, the move's own right), NotFound, Invalid(to, note), Conflict(legal_moves; also when
    somebody was faster), Unavailable. After an error nothing has changed.
    """
    require(actor, "orders.move")
    one_of("to", to, tuple(status.value for status in OrderStatus))
    async with ctx.store() as uow:
        order = await order_of(uow, order_id, expected_version)
        wanted = plain_move(order.status, to)
        if wanted is None:
            raise illegal(order, to, deed=await last_deed(uow, order))
        updated = await apply_move(ctx, uow, actor, order, wanted, MoveRequest(note=note))
        await uow.commit()
    return updated


@guarded
async def stamp_order(ctx: Context, actor: Actor, order_id: int, name: str, note: str = "") -> OrderRow:
    """Stamp 消件 (item_cleared) or 回复 (replied). Errors: NotAllowed(orders.move), NotFound, Invalid, Conflict."""
    require(actor, "orders.move")
    one_of("name", name, EXTRA_STAMPS)
    async with ctx.store() as uow:
        order = await order_of(uow, order_id)
        state = legal(order, lambda state: stamp(state, name, ctx.clock.now()))
        updated = await save(ctx, uow, actor, order, {}, state, kind="stamped", note=note, detail={"stamp": name})
        await uow.commit()
    return updated


@guarded
async def add_note(ctx: Context, actor: Actor, order_id: int, text: str) -> None:
    """Add a line to an order's history. Errors: NotAllowed(orders.note), NotFound, Invalid(text), Unavailable."""
    require(actor, "orders.note")
    text = required_text("text", text, 2000)
    async with ctx.store() as uow:
        order = await order_of(uow, order_id)
        await uow.work_orders.add_event(event_of(ctx, actor, order, "noted", note=text))
        await tell(ctx, uow, order_id)
        await uow.commit()


@guarded
async def reveal_contact(ctx: Context, actor: Actor, order_id: int) -> str:
    """Return an order's whole contact number, audited. Errors: NotAllowed(customers.reveal), NotFound, Unavailable."""
    require(actor, "customers.reveal")
    async with ctx.store() as uow:
        order = await order_of(uow, order_id)
        await audit(ctx, uow, actor, "orders.reveal_contact", f"order:{order_id}")
        await uow.commit()
    return order.contact_number


@guarded
async def take(ctx: Context, actor: Actor, order_id: int, expected_version: int | None = None) -> OrderRow:
    """Make an order one's own; a registered one is accepted by that. Errors: NotAllowed(orders.move), NotFound,
    Conflict (closed, or somebody else was faster), Unavailable."""
    require(actor, "orders.move")
    async with ctx.store() as uow:
        order = await order_of(uow, order_id, expected_version)
        if order.status in OVER:
            raise Conflict(
                "工单已消单，如需继续办理请先退回处理", "The order is closed; move it back to in progress first"
            )
        state = None
        if order.status is OrderStatus.REGISTERED:
            state = legal(order, lambda state: move(state, OrderStatus.ACCEPTED, ctx.clock.now()))
        changes = {"assigned_to": actor.name}
        updated = await save(ctx, uow, actor, order, changes, state, kind="moved" if state else "changed")
        await uow.commit()
    return updated


@guarded
async def change(
    ctx: Context,
    actor: Actor,
    order_id: int,
    changes: Mapping[str, str],
    expected_version: int | None = None,
    fields: Mapping[str, Any] | None = None,
) -> OrderRow:
    """Change what an order says: type, category, priority, title, description, contact_name, contact_number, address,
    district, unit, unit_code, assigned_to; `fields`: the type's further fields, those given.

    Errors: NotAllowed(orders.move; orders.dispatch for who does it), NotFound, Invalid(field), Conflict, Unavailable.
    """
    require(actor, "orders.move")
    values = {name: _checked_change(name, value) for name, value in changes.items()}
    async with ctx.store() as uow:
        order = await order_of(uow, order_id, expected_version)
        catalogue = await uow.catalogue.read()
        differing = {name: value for name, value in values.items() if value != getattr(order, name)}
        _check_codes(differing, catalogue)
        if "unit_code" in differing:
            require(actor, "orders.dispatch")
            differing |= assignment(order, differing["unit_code"], differing.get("assigned_to"), catalogue)
        kept = _fields(order, catalogue, differing.get("type", order.type), fields or {})
        if kept != dict(order.fields):
            differing["fields"] = kept
        if not differing:
            return order
        if "address" in differing and order.place_by == "customer":  # it was the old address's
            differing |= {"latitude": None, "longitude": None, "place_by": ""}
        shown = {name: [str(getattr(order, name)), str(value)] for name, value in differing.items()}
        updated = await save(ctx, uow, actor, order, differing, None, kind="changed", detail=shown)
        await uow.commit()
    return updated


_LENGTHS = {
    "category": 32,
    "title": 200,
    "description": 4000,
    "contact_name": 64,
    "contact_number": 24,
    "address": 200,
    "unit": 64,
    "unit_code": 32,
    "assigned_to": 64,
}


def _checked_change(name: str, value: str) -> Any:
    if name == "priority":
        return one_of(name, value, PRIORITIES)
    if name == "district":
        return one_of(name, value, ("", *DISTRICTS))
    if name != "type" and name not in _LENGTHS:
        allowed = ", ".join(["type", "priority", "district", *_LENGTHS])
        raise Invalid(name, "此项不能修改", f"{name} cannot be changed; only: {allowed}")
    return required_text(name, value, _LENGTHS.get(name, 16), may_be_empty=name not in ("title", "type"))


def _check_codes(differing: Mapping[str, Any], catalogue: Catalogue) -> None:
    for name, kind in (("type", CodeKind.TYPE), ("category", CodeKind.CATEGORY)):
        if differing.get(name) and not catalogue.accepts(kind, differing[name]):
            known = tuple(one.code for one in catalogue.of(kind))
            one_of(name, differing[name], known)


def _fields(order: OrderRow, catalogue: Catalogue, order_type: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the further fields after a change; a new type drops what it does not know."""
    if order_type == order.type and not given:
        return dict(order.fields)
    policy = catalogue.policy(order_type)
    known = {one.name for one in policy.fields}
    kept = {name: value for name, value in order.fields.items() if name in known}
    try:
        return check_fields(policy, kept | dict(given)) if given else kept
    except CatalogueError as error:
        raise Invalid(error.field, error.zh, error.en) from error
