"""Work orders: register by hand, find, move, note, stamp, assign, and the agent's choice for a call.

What does not live here: what a finished call opens (opening.py), the transition table (hotline/work_order.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from ccengine.hotline.outage import DISTRICTS
from ccengine.hotline.sla import due_at
from ccengine.hotline.work_order import (
    EXTRA_STAMPS,
    Form,
    IllegalMove,
    OrderState,
    OrderStatus,
    OrderType,
    Priority,
    RequestSource,
    is_backward,
    legal_moves,
    move,
    stamp,
)
from ccengine.rows import CallChoice, NewOrder, OrderDetail, OrderEvent, OrderFilter, OrderRow, Page
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context
from ccengine.services.customers import masked
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, limited, one_of, required_text
from ccengine.services.opening import CHOSEN, CallFacts, create_order, ensure_order, facts_of, intent_of, tell
from ccengine.services.rights import require
from ccengine.store_port import BadCursor, UnitOfWork
from ccengine.values import ACCOUNT_PATTERN, CALL_ID_PATTERN

TYPES = tuple(one.value for one in OrderType)
PRIORITIES = tuple(one.value for one in Priority)
FORMS = tuple(one.value for one in Form)
SOURCES = tuple(one.value for one in RequestSource)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChoice:
    """What an agent chooses for a call: a disposition, and what differs from its defaults."""

    disposition: str
    category: str | None = None
    priority: str | None = None
    title: str = ""
    note: str = ""
    customer_account: str | None = None
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """A client's own name for one registration, and a hash of what it sent: sent again, it finds the same order."""

    key: str
    body_hash: str


@guarded
async def register(ctx: Context, actor: Actor, new: NewOrder, request: RequestKey | None = None) -> OrderRow:
    """Register a request by hand. With `request` a second call with the same key returns the first one's order.

    Errors: NotAllowed(orders.create), Invalid(field), Conflict (the call has an order; the key was used for another
    body), Unavailable.
    """
    require(actor, "orders.create")
    new = _checked(new)
    async with ctx.store() as uow:
        known = await _known_request(uow, actor, request)
        if known is not None:
            return known
        if new.customer_account and await uow.customers.get(new.customer_account) is None:
            raise Invalid("customer_account", "没有这个户号，请核对", "No such account; check the number")
        if new.call_id:
            existing = await uow.work_orders.for_call(new.call_id)
            if existing:
                raise Conflict(
                    f"该通话已有工单 {existing[0].number}", f"This call already has the order {existing[0].number}"
                )
        values = asdict(new) | ({"rule": CHOSEN} if new.call_id else {})
        order = await create_order(ctx, uow, actor, values)
        if request is not None:
            await uow.work_orders.keep_request(_key_of(actor, request), request.body_hash, order.id, ctx.clock.now())
        await uow.commit()
    return order


async def _known_request(uow: UnitOfWork, actor: Actor, request: RequestKey | None) -> OrderRow | None:
    if request is None:
        return None
    key = _key_of(actor, request)
    await uow.calls.lock(key)  # two at once: the second waits and finds the first one's order
    known = await uow.work_orders.of_request(key)
    if known is None:
        return None
    body_hash, order_id = known
    if body_hash != request.body_hash:
        raise Conflict(
            "该 Idempotency-Key 已用于另一份内容，请换一个新的",
            "This Idempotency-Key was used for a different body; use a new one",
        )
    return await _order(uow, order_id)


def _key_of(actor: Actor, request: RequestKey) -> str:
    return hashlib.sha256(f"{actor.kind}|{actor.name}|{request.key}".encode()).hexdigest()


def _checked(new: NewOrder) -> NewOrder:
    one_of("type", new.type, TYPES)
    one_of("priority", new.priority, PRIORITIES)
    one_of("form", new.form, FORMS)
    one_of("source", new.source, SOURCES)
    if new.customer_account and not ACCOUNT_PATTERN.match(new.customer_account):
        raise Invalid("customer_account", "户号是 8 到 12 位数字", "An account number has 8 to 12 digits")
    if new.call_id and not CALL_ID_PATTERN.match(new.call_id):
        raise Invalid("call_id", "通话编号格式不对", "That is not a call id")
    if new.district and new.district not in DISTRICTS:
        raise Invalid("district", "没有这个片区", f"district must be one of: {', '.join(DISTRICTS)}")
    return replace(
        new,
        title=required_text("title", new.title, 200),
        category=required_text("category", new.category, 32, may_be_empty=True),
        description=required_text("description", new.description, 4000, may_be_empty=True),
        contact_name=required_text("contact_name", new.contact_name, 64, may_be_empty=True),
        contact_number=required_text("contact_number", new.contact_number, 24, may_be_empty=True),
        address=required_text("address", new.address, 200, may_be_empty=True),
        unit=required_text("unit", new.unit, 64, may_be_empty=True),
    )


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
        order = await _order(uow, order_id)
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
        order = await _order(uow, order_id, expected_version)
        state = _legal(order, lambda state: move(state, to, ctx.clock.now()))
        if is_backward(order.status, state.status) and not note:
            raise Invalid("note", "退单或重开需要填写原因", "A return or reopening needs a reason")
        updated = await _save(ctx, uow, actor, order, {}, state, kind="moved", note=note)
        await uow.commit()
    return updated


@guarded
async def stamp_order(ctx: Context, actor: Actor, order_id: int, name: str, note: str = "") -> OrderRow:
    """Stamp 消件 (item_cleared) or 回复 (replied). Errors: NotAllowed(orders.move), NotFound, Invalid, Conflict."""
    require(actor, "orders.move")
    one_of("name", name, EXTRA_STAMPS)
    async with ctx.store() as uow:
        order = await _order(uow, order_id)
        state = _legal(order, lambda state: stamp(state, name, ctx.clock.now()))
        updated = await _save(ctx, uow, actor, order, {}, state, kind="stamped", note=note, detail={"stamp": name})
        await uow.commit()
    return updated


@guarded
async def add_note(ctx: Context, actor: Actor, order_id: int, text: str) -> None:
    """Add a line to an order's history. Errors: NotAllowed(orders.note), NotFound, Invalid(text), Unavailable."""
    require(actor, "orders.note")
    text = required_text("text", text, 2000)
    async with ctx.store() as uow:
        order = await _order(uow, order_id)
        await uow.work_orders.add_event(_event(ctx, actor, order, "noted", note=text))
        await tell(ctx, uow, order_id)
        await uow.commit()


@guarded
async def reveal_contact(ctx: Context, actor: Actor, order_id: int) -> str:
    """Return an order's whole contact number, audited. Errors: NotAllowed(customers.reveal), NotFound, Unavailable."""
    require(actor, "customers.reveal")
    async with ctx.store() as uow:
        order = await _order(uow, order_id)
        await audit(ctx, uow, actor, "orders.reveal_contact", f"order:{order_id}")
        await uow.commit()
    return order.contact_number


@guarded
async def take(ctx: Context, actor: Actor, order_id: int, expected_version: int | None = None) -> OrderRow:
    """Make an order one's own; a registered one is accepted by that. Errors: NotAllowed(orders.move), NotFound,
    Conflict (somebody else was faster), Unavailable."""
    require(actor, "orders.move")
    async with ctx.store() as uow:
        order = await _order(uow, order_id, expected_version)
        state = None
        if order.status is OrderStatus.REGISTERED:
            state = _legal(order, lambda state: move(state, OrderStatus.ACCEPTED, ctx.clock.now()))
        changes = {"assigned_to": actor.name}
        updated = await _save(ctx, uow, actor, order, changes, state, kind="moved" if state else "changed")
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
        order = await _order(uow, order_id, expected_version)
        differing: dict[str, Any] = {name: value for name, value in values.items() if value != getattr(order, name)}
        if not differing:
            return order
        if {"type", "priority"} & set(differing):
            kind, priority = differing.get("type", order.type), differing.get("priority", order.priority)
            differing["due_at"] = due_at(kind, priority, order.created_at)
        shown = {name: [str(getattr(order, name)), str(value)] for name, value in differing.items()}
        updated = await _save(ctx, uow, actor, order, differing, None, kind="changed", detail=shown)
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


@guarded
async def choose_for_call(ctx: Context, actor: Actor, call_id: str, choice: OrderChoice) -> OrderRow | None:
    """Keep what the agent chose for a call, during it or in wrap-up, before or after the final record.

    The call's order is changed, never doubled; None when the choice needs no order. Errors: NotAllowed(orders.create),
    Invalid(call_id, disposition, …), Unavailable.
    """
    require(actor, "orders.create")
    if not CALL_ID_PATTERN.match(call_id):
        raise Invalid("call_id", "通话编号格式不对", "That is not a call id")
    async with ctx.store() as uow:
        await uow.calls.lock(call_id)
        kept = await _checked_choice(ctx, uow, actor, call_id, choice)
        await uow.calls.save_choice(kept)
        call = await uow.calls.bare(call_id)
        if call is not None:
            facts = facts_of(call.record, kept.customer_account or call.customer_account)
        else:
            facts = CallFacts(call_id=call_id, number="", account=kept.customer_account, at=ctx.clock.now())
        own = next((o for o in await uow.work_orders.for_call(call_id) if o.call_id == call_id), None)
        intent = intent_of(kept, (own.rule if own else None) or CHOSEN) if kept.order_type else None
        order = await ensure_order(ctx, uow, actor, facts, intent, chosen=True)
        if order is not None:
            order = await _add_details(ctx, uow, actor, order, kept)
        await uow.outbox.add("call", {"call_id": call_id}, ctx.clock.now())
        await uow.commit()
    return order if kept.order_type else None


async def _checked_choice(ctx: Context, uow: UnitOfWork, actor: Actor, call_id: str, choice: OrderChoice) -> CallChoice:
    disposition = await uow.rules.disposition(choice.disposition)
    if disposition is None or not disposition.active:
        raise Invalid("disposition", "没有这个处理结果，请从列表选择", "No such disposition; choose one from the list")
    if choice.customer_account and await uow.customers.get(choice.customer_account) is None:
        raise Invalid("customer_account", "没有这个户号，请核对", "No such account; check the number")
    priority = one_of("priority", choice.priority or disposition.priority, PRIORITIES)
    category = disposition.category if choice.category is None else choice.category
    return CallChoice(
        call_id=call_id,
        disposition=disposition.code,
        order_type=disposition.order_type,
        category=required_text("category", category, 32, may_be_empty=True),
        priority=priority,
        title=required_text("title", choice.title or disposition.name_zh, 200),
        note=required_text("note", choice.note, 2000, may_be_empty=True),
        customer_account=choice.customer_account,
        address=required_text("address", choice.address, 200, may_be_empty=True),
        chosen_by=actor.name,
        chosen_at=ctx.clock.now(),
    )


async def _add_details(ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow, kept: CallChoice) -> OrderRow:
    """Give the order the account and address the agent typed, and the note as a line of its history."""
    changes: dict[str, Any] = {}
    if kept.address and kept.address != order.address:
        changes["address"] = kept.address
    if kept.customer_account and kept.customer_account != order.customer_account:
        customer = await uow.customers.get(kept.customer_account)
        changes["customer_account"] = kept.customer_account
        if customer is not None and not changes.get("address"):
            changes |= {"address": customer.address, "district": customer.district, "contact_name": customer.name}
    if changes:
        shown = {name: [str(getattr(order, name)), str(value)] for name, value in changes.items()}
        order = await _save(ctx, uow, actor, order, changes, None, kind="changed", detail=shown)
    if kept.note:
        await uow.work_orders.add_event(_event(ctx, actor, order, "noted", note=kept.note))
    return order


async def _order(uow: UnitOfWork, order_id: int, expected_version: int | None = None) -> OrderRow:
    order = await uow.work_orders.get(order_id)
    if order is None:
        raise NotFound("work order", order_id)
    if expected_version is not None and order.version != expected_version:
        moves = legal_moves(order.status)
        raise Conflict(
            "工单刚被其他人修改，请刷新后再试", "Somebody else changed this order just now; reload and try again", moves
        )
    return order


def _legal(order: OrderRow, step: Callable[[OrderState], OrderState]) -> OrderState:
    try:
        return step(OrderState(status=order.status, stamps=order.stamps))
    except IllegalMove as error:
        moves = ", ".join(error.legal) or "无"
        raise Conflict(
            f"工单在“{order.status}”状态，不能转到“{error.to_status}”；可以转到：{moves}", str(error), error.legal
        ) from error


async def _save(
    ctx: Context,
    uow: UnitOfWork,
    actor: Actor,
    order: OrderRow,
    changes: dict[str, Any],
    state: OrderState | None,
    *,
    kind: str,
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> OrderRow:
    updated = await uow.work_orders.update(order.id, order.version, changes, state, ctx.clock.now())
    moved = state if state is not None and state.status is not order.status else None
    event = _event(ctx, actor, order, kind, note=note, to=moved.status if moved else None, detail=detail or changes)
    await uow.work_orders.add_event(event)
    await tell(ctx, uow, order.id)
    if kind == "moved":
        await audit(ctx, uow, actor, "orders.move", f"order:{order.id}", {"to": updated.status.value})
    return updated


def _event(
    ctx: Context,
    actor: Actor,
    order: OrderRow,
    kind: str,
    *,
    note: str = "",
    to: OrderStatus | None = None,
    detail: dict[str, Any] | None = None,
) -> OrderEvent:
    return OrderEvent(
        order_id=order.id,
        at=ctx.clock.now(),
        actor=f"{actor.kind}:{actor.name}",
        kind=kind,
        from_status=order.status.value if to else None,
        to_status=to.value if to else None,
        note=note,
        detail=detail or {},
    )
