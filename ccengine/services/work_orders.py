"""Work orders: find, show, move, note, stamp, assign. Registering and choosing are offered from here as well.

What does not live here: what a finished call opens (opening.py), the transition table (hotline/work_order.py).
"""

from __future__ import annotations

from typing import Any

from ccengine.hotline.sla import due_at
from ccengine.hotline.work_order import (
    EXTRA_STAMPS,
    OrderStatus,
    is_backward,
    legal_moves,
    move,
    stamp,
)
from ccengine.rows import OrderDetail, OrderFilter, OrderRow, Page
from ccengine.services.audit import note as audit
from ccengine.services.call_choice import OrderChoice, choose_for_call
from ccengine.services.context import Actor, Context
from ccengine.services.customers import masked
from ccengine.services.errors import Invalid, NotFound
from ccengine.services.guard import guarded, limited, one_of, required_text
from ccengine.services.opening import tell
from ccengine.services.order_changes import event_of, legal, order_of, save
from ccengine.services.order_registration import FORMS, PRIORITIES, SOURCES, TYPES, RequestKey, register
from ccengine.services.rights import require
from ccengine.store_port import BadCursor

__all__ = [
    "FORMS",
    "PRIORITIES",
    "SOURCES",
    "TYPES",
    "OrderChoice",
    "RequestKey",
    "add_note",
    "by_number",
    "change",
    "choose_for_call",
    "find",
    "get",
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
    async with ctx.store.reading() as uow:
        try:
            return await uow.work_orders.find(wanted, cursor, limited(limit))
        except BadCursor:
            raise Invalid(
                "cursor", "翻页标记无效，请从第一页开始", "The cursor is not valid; start again without it"
            ) from None


@guarded
async def get(ctx: Context, actor: Actor, order_id: int) -> OrderDetail:
    """Return one order with history, customer and legal moves. Errors: NotAllowed, NotFound, Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        order = await order_of(uow, order_id)
        customer = await uow.customers.get(order.customer_account) if order.customer_account else None
        return OrderDetail(
            order=order,
            events=await uow.work_orders.events(order_id),
            legal_moves=legal_moves(order.status),
            customer=masked(customer) if customer else None,
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
    """Move an order to another state. A move backwards (return 退单, reopen) needs a note with the reason.

    Errors: NotAllowed(orders.move), NotFound, Invalid(to, note), Conflict(legal_moves; also when somebody was
    faster), Unavailable. After an error nothing has changed.
    """
    require(actor, "orders.move")
    one_of("to", to, tuple(status.value for status in OrderStatus))
    note = required_text("note", note, 2000, may_be_empty=True)
    async with ctx.store() as uow:
        order = await order_of(uow, order_id, expected_version)
        state = legal(order, lambda state: move(state, to, ctx.clock.now()))
        if is_backward(order.status, state.status) and not note:
            raise Invalid("note", "退单或重开需要填写原因", "A return or reopening needs a reason")
        updated = await save(ctx, uow, actor, order, {}, state, kind="moved", note=note)
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
    Conflict (somebody else was faster), Unavailable."""
    require(actor, "orders.move")
    async with ctx.store() as uow:
        order = await order_of(uow, order_id, expected_version)
        state = None
        if order.status is OrderStatus.REGISTERED:
            state = legal(order, lambda state: move(state, OrderStatus.ACCEPTED, ctx.clock.now()))
        changes = {"assigned_to": actor.name}
        updated = await save(ctx, uow, actor, order, changes, state, kind="moved" if state else "changed")
        await uow.commit()
    return updated


@guarded
async def change(
    ctx: Context, actor: Actor, order_id: int, changes: dict[str, str], expected_version: int | None = None
) -> OrderRow:
    """Change what an order says: type, category, priority, title, description, contact_name, contact_number, address,
    unit, assigned_to. Errors: NotAllowed(orders.move), NotFound, Invalid(field), Conflict, Unavailable."""
    require(actor, "orders.move")
    values = {name: _checked_change(name, value) for name, value in changes.items()}
    async with ctx.store() as uow:
        order = await order_of(uow, order_id, expected_version)
        differing: dict[str, Any] = {name: value for name, value in values.items() if value != getattr(order, name)}
        if not differing:
            return order
        if {"type", "priority"} & set(differing):
            kind, priority = differing.get("type", order.type), differing.get("priority", order.priority)
            differing["due_at"] = due_at(kind, priority, order.created_at)
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
    "assigned_to": 64,
}


def _checked_change(name: str, value: str) -> str:
    if name == "type":
        return one_of(name, value, TYPES)
    if name == "priority":
        return one_of(name, value, PRIORITIES)
    if name not in _LENGTHS:
        allowed = ", ".join(["type", "priority", *_LENGTHS])
        raise Invalid(name, "此项不能修改", f"{name} cannot be changed; only: {allowed}")
    return required_text(name, value, _LENGTHS[name], may_be_empty=name != "title")
