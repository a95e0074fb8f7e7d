"""What a call does to the work orders, inside the transaction that stores the call: open, attach, change, close.

What does not live here: the rules (hotline/opening_rule.py), moves by hand (work_orders.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ccengine.hotline.account import normal_number
from ccengine.hotline.opening_rule import OrderIntent, evaluate, same_matter
from ccengine.hotline.work_order import OVER, OrderState, move, opened, path_to_closed
from ccengine.rows import CallChoice, OrderRow
from ccengine.services.context import ENGINE, Actor, Context
from ccengine.services.incident_orders import join_running
from ccengine.services.order_events import as_json, changing_event, event_of, opening_event, tell
from ccengine.services.order_places import place_of_customer
from ccengine.services.sla import first_due_of, follow_order
from ccengine.store_port import UnitOfWork
from ccengine.values import CallRecord, Direction, Outcome

#: Rule name of an order that an agent chose before (or without) a rule.
CHOSEN = "chosen"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What an order takes over from its call; the call's row may not be there yet when an agent chooses."""

    call_id: str
    number: str
    account: str | None
    at: datetime


def facts_of(record: CallRecord, account: str | None) -> CallFacts:
    """Return what an order takes over from a record."""
    number = record.dialed_number if record.direction is Direction.OUTBOUND else record.caller_number
    return CallFacts(call_id=record.call_id, number=number, account=account, at=record.ended_at or record.started_at)


def lock_of(ctx: Context, record: CallRecord) -> str:
    """Return the key under which all that happens to a number's orders happens one after the other."""
    return f"number:{normal_number(facts_of(record, None).number, ctx.settings.site.area_code)}"


async def complete_call(ctx: Context, uow: UnitOfWork, record: CallRecord, account: str | None) -> None:
    """Do what a final record asks of the work orders. Doing it again for the same record changes nothing."""
    facts = facts_of(record, account)
    await uow.calls.lock(lock_of(ctx, record))
    if record.outcome is Outcome.ANSWERED:
        await _close_callbacks(ctx, uow, record, facts)
    intent = evaluate(await uow.rules.opening_rules(), record)
    choice = await uow.calls.choice(record.call_id)
    if choice is not None:
        intent = _chosen(choice, intent)
    order = await ensure_order(ctx, uow, ENGINE, facts, intent, chosen=choice is not None)
    if order is not None and order.type == "callback" and order.status not in OVER:
        later = await uow.calls.connected_between(facts.number, facts.at)
        if later is not None:
            await close_by_itself(ctx, uow, order, f"已接通：{later}")


def _chosen(choice: CallChoice, intent: OrderIntent | None) -> OrderIntent | None:
    if choice.order_type is None:
        return None
    return intent_of(choice, intent.rule if intent else CHOSEN)


def intent_of(choice: CallChoice, rule: str) -> OrderIntent:
    """Return the order that an agent's choice asks for."""
    return OrderIntent(
        rule=rule,
        type=choice.order_type or "consultation",
        category=choice.category,
        priority=choice.priority,
        title_zh=choice.title,
        title_en=choice.title,
    )


async def ensure_order(
    ctx: Context, uow: UnitOfWork, actor: Actor, facts: CallFacts, intent: OrderIntent | None, *, chosen: bool
) -> OrderRow | None:
    """Make the call's orders say what `intent` says, never adding a second one: change the call's own order, or stay
    attached to (or attach to) the open one on the same matter, or open one. Returns the order, None when none."""
    existing = await uow.work_orders.for_call(facts.call_id)
    own = next((order for order in existing if order.call_id == facts.call_id), None)
    if intent is None:
        return await _drop_order(ctx, uow, actor, own) if own and chosen else own
    if own is not None:
        return await _change_order(ctx, uow, actor, own, facts, intent)
    number = normal_number(facts.number, ctx.settings.site.area_code)
    for order in existing:
        if order.type == intent.type and (not chosen or _fits(order.category, intent.category)):
            return await _specify(ctx, uow, actor, order, intent)
        await uow.work_orders.detach(order.id, facts.call_id)
        await uow.work_orders.add_event(event_of(ctx, actor, order, "detached", detail={"call_id": facts.call_id}))
    for candidate in await uow.work_orders.open_candidates(facts.account, number):
        if same_matter(candidate, intent, facts.account, number):
            attached = await _attach(ctx, uow, actor, candidate.id, facts)
            return await _specify(ctx, uow, actor, attached, intent)
    return await _open(ctx, uow, actor, facts, intent)


def _fits(known: str, wanted: str) -> bool:
    return not known or not wanted or known == wanted


async def _specify(ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow, intent: OrderIntent) -> OrderRow:
    """A later call may say what an order that is only "a repair" is about."""
    if order.category or not intent.category or order.status in OVER:
        return order
    changes = {"category": intent.category}
    updated = await uow.work_orders.update(order.id, order.version, changes, None, ctx.clock.now())
    updated = await follow_order(ctx, uow, updated, before=order)
    event = event_of(ctx, actor, order, "changed", detail={"category": ["", intent.category]})
    await uow.work_orders.add_event(changing_event(event, order, updated))
    await tell(ctx, uow, order.id)
    return await join_running(ctx, uow, updated)


async def _attach(ctx: Context, uow: UnitOfWork, actor: Actor, order_id: int, facts: CallFacts) -> OrderRow:
    added = await uow.work_orders.attach(order_id, facts.call_id)
    order = await uow.work_orders.get(order_id)
    assert order is not None, "a candidate was read in this transaction"
    if added:
        await uow.work_orders.add_event(event_of(ctx, actor, order, "attached", detail={"call_id": facts.call_id}))
        await tell(ctx, uow, order_id)
    return order


async def _open(ctx: Context, uow: UnitOfWork, actor: Actor, facts: CallFacts, intent: OrderIntent) -> OrderRow:
    values = {
        "type": intent.type,
        "category": intent.category,
        "priority": intent.priority,
        "title": intent.title_zh,
        "call_id": facts.call_id,
        "rule": intent.rule,
        "customer_account": facts.account,
        "contact_number": facts.number,
        "form": "phone",
        "source": "customer",
    }
    return await create_order(ctx, uow, actor, values)


async def create_order(ctx: Context, uow: UnitOfWork, actor: Actor, values: Mapping[str, Any]) -> OrderRow:
    """Insert an order with number, due time and first history line; contact and address come from the customer where
    they are not given."""
    now = ctx.clock.now()
    given = dict(values)
    customer = await uow.customers.get(given["customer_account"]) if given.get("customer_account") else None
    if customer is not None:
        for name, known in (
            ("contact_name", customer.name),
            ("contact_number", customer.phone),
            ("address", customer.address),
            ("district", customer.district),
        ):
            given[name] = given.get(name) or known
        if given.get("latitude") is None:
            given |= place_of_customer(customer, given["address"])
    given["number"] = await uow.work_orders.next_number(_local_day(ctx, now))
    given["due_at"] = await first_due_of(uow, given["type"], given.get("category", ""), given["priority"], now)
    given["created_by"] = f"{actor.kind}:{actor.name}"
    order = await follow_order(ctx, uow, await uow.work_orders.insert(given, opened(now)))
    await uow.work_orders.attach_own(order)
    detail = {"rule": order.rule, "call_id": order.call_id, "form": order.form}
    await uow.work_orders.add_event(opening_event(event_of(ctx, actor, order, "opened", detail=detail), order))
    order = await join_running(ctx, uow, order)
    await tell(ctx, uow, order.id)
    return order


def _local_day(ctx: Context, now: datetime) -> date:
    return now.astimezone(ZoneInfo(ctx.settings.site.timezone)).date()


async def _change_order(
    ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow, facts: CallFacts, intent: OrderIntent
) -> OrderRow:
    """Let the call's own order say what the intent says; nothing happens when it already does or is over."""
    if order.status in OVER:
        return order
    wanted: dict[str, Any] = {
        "type": intent.type,
        "category": intent.category,
        "priority": intent.priority,
        "rule": intent.rule,
        "title": intent.title_zh or order.title,
        "customer_account": order.customer_account or facts.account,
        "contact_number": order.contact_number or facts.number,
    }
    changes = {name: value for name, value in wanted.items() if value != getattr(order, name)}
    if not changes:
        return order
    now = ctx.clock.now()
    updated = await uow.work_orders.update(order.id, order.version, changes, None, now)
    updated = await follow_order(ctx, uow, updated, before=order)
    shown = {name: [str(getattr(order, name)), str(value)] for name, value in changes.items()}
    event = event_of(ctx, actor, order, "changed", detail=shown)
    await uow.work_orders.add_event(changing_event(event, order, updated))
    await tell(ctx, uow, order.id)
    return updated


async def _drop_order(ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow) -> OrderRow:
    """The agent says that no order is needed: the one that is there is closed, with the reason, never deleted."""
    return await close_by_itself(ctx, uow, order, "坐席选择：无需处理", actor, resolution="not_needed")


async def _close_callbacks(ctx: Context, uow: UnitOfWork, record: CallRecord, facts: CallFacts) -> None:
    number = normal_number(facts.number, ctx.settings.site.area_code)
    connected = record.connected_at or facts.at
    for candidate in await uow.work_orders.open_candidates(None, number) if number else ():
        if candidate.type != "callback" or candidate.contact_number != number:
            continue
        order = await uow.work_orders.get(candidate.id)
        if order is not None and await _last_end(uow, order) <= connected:
            await close_by_itself(ctx, uow, order, f"已接通：{record.call_id}")


async def _last_end(uow: UnitOfWork, order: OrderRow) -> datetime:
    """Return when the (last) call ended that asks for this call-back."""
    call = await uow.calls.bare(order.call_id) if order.call_id else None
    return order.created_at if call is None or call.record.ended_at is None else call.record.ended_at


async def close_by_itself(
    ctx: Context, uow: UnitOfWork, order: OrderRow, reason: str, actor: Actor = ENGINE, *, resolution: str = ""
) -> OrderRow:
    """Walk an order by legal moves to closed, each with its history line; what stood still does so no more."""
    now = ctx.clock.now()
    state = OrderState(status=order.status, stamps=order.stamps)
    for step in path_to_closed(order.status):
        event = event_of(ctx, actor, order, "moved", from_=state.status, to=step, note=reason)
        before, state = state, move(state, step, now)
        told = [{"status": one.status.value, "stamps": as_json(one.stamps)} for one in (before, state)]
        await uow.work_orders.add_event(replace(event, before=told[0], after=told[1]))
    changes = {"suspended": "", "resolution": resolution or order.resolution}
    updated = await uow.work_orders.update(order.id, order.version, changes, state, now)
    await uow.order_parts.end_pause(order.id, now)
    updated = await follow_order(ctx, uow, updated, before=order)
    await tell(ctx, uow, order.id)
    return updated
