"""The agent's choice for a call, during it or in wrap-up: it changes the call's order and never adds one.

What does not live here: what a call opens without a choice (opening.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ccengine.rows import CallChoice, OrderRow
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.incident_orders import join_running
from ccengine.services.opening import CHOSEN, CallFacts, ensure_order, facts_of, intent_of
from ccengine.services.order_changes import save
from ccengine.services.order_events import event_of
from ccengine.services.order_places import place_of_customer
from ccengine.services.order_registration import PRIORITIES
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork
from ccengine.values import CALL_ID_PATTERN


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


@guarded
async def choose_for_call(ctx: Context, actor: Actor, call_id: str, choice: OrderChoice) -> OrderRow | None:
    """Keep what the agent chose for a call, during it or in wrap-up, before or after the final record.

    The call's order is changed, never doubled; None when the choice needs no order. Errors: NotAllowed(orders.create),
    Invalid(call_id, disposition, …), Unavailable.
    """
    require(actor, "orders.create")
    if not CALL_ID_PATTERN.fullmatch(call_id):
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
    """Give the order the account and address the agent typed (or the customer's own), and the note as a line of its
    history; by now it may say that it is about a running incident."""
    changes: dict[str, Any] = {}
    if kept.address and kept.address != order.address:
        changes["address"] = kept.address
    customer = await uow.customers.get(kept.customer_account) if kept.customer_account else None
    another = customer is not None and customer.account != order.customer_account
    if customer is not None and another:
        changes["customer_account"] = customer.account
    if customer is not None and not kept.address and (another or not order.address):
        changes |= {"address": customer.address, "district": customer.district, "contact_name": customer.name}
        changes |= place_of_customer(customer, customer.address) if not order.place_by else {}
    if "address" in changes and "place_by" not in changes and order.place_by == "customer":  # it was the old address's
        changes |= {"latitude": None, "longitude": None, "place_by": ""}
    if changes:
        shown = {name: [str(getattr(order, name)), str(value)] for name, value in changes.items()}
        order = await save(ctx, uow, actor, order, changes, None, kind="changed", detail=shown)
    if kept.note:
        await uow.work_orders.add_event(event_of(ctx, actor, order, "noted", note=kept.note))
    return await join_running(ctx, uow, order)
