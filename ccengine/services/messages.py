"""Messages to customers 客户消息: who gets one instead of a call, and what became of it.

A connector takes what is due, sends it, and says what came of it. What it took is never handed out again by itself: a
connector that died in between has sent it or has not, and a person (or the connector, from the gateway's books) says.
What does not live here: sending (a connector), the call-back by phone (visit_calls.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ccengine.hotline.account import normal_number
from ccengine.rows import MessageRow, MessageState, NewMessage, OrderRow, Page
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, limited, required_text
from ccengine.services.order_changes import order_of
from ccengine.services.order_events import event_of, tell
from ccengine.services.order_guards import visit_of_round
from ccengine.services.progress_code import code_of, make_secret
from ccengine.services.rights import require
from ccengine.store_port import BadCursor, UnitOfWork

S = MessageState
#: What a customer wishes, by a tag in the customer file; else the site's rule `orders.incident_visit` counts.
WISHES = {"prefers_message": "message", "prefers_call": "phone"}
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")
_WAITING = ("pending", "asking")
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """A message and the order it is about."""

    row: MessageRow
    order: OrderRow

    @property
    def text_without_code(self) -> str:
        """What people may read: the order's code is told by progress.code_for only, audited."""
        return _CODE.sub("******", self.row.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What came of sending. `reference`: the gateway's own number; `reason`: why it was not sent."""

    sent: bool
    reference: str = ""
    reason: str = ""


async def how_to_ask(ctx: Context, uow: UnitOfWork, order: OrderRow) -> str:
    """Return how an order's customer is asked after an incident: phone, message or agent. A message needs a mobile."""
    number = normal_number(order.contact_number, ctx.settings.site.area_code)
    if not number.strip("+0"):
        return "agent"
    customer = await uow.customers.get(order.customer_account) if order.customer_account else None
    wishes = [WISHES[tag] for tag in (customer.tags if customer is not None else ()) if tag in WISHES]
    how = wishes[0] if wishes else ctx.settings.orders.incident_visit
    return "phone" if how == "message" and not _MOBILE.fullmatch(number) else how


async def queue(ctx: Context, uow: UnitOfWork, order: OrderRow, due_at: datetime) -> None:
    """Let the visit of an order's present round be made by message, inside the caller's transaction; once a visit."""
    visit = visit_of_round(order, await uow.visits.of_order(order.id))
    assert visit is not None, "it was added in this transaction"
    await make_secret(uow)
    site = ctx.settings.site
    text = ctx.settings.orders.message_text.format(
        site=site.name_zh, hotline=site.hotline, number=order.number, code=await code_of(uow, order.number)
    )
    new = NewMessage(
        key=f"visit:{visit.id}",
        order_id=order.id,
        visit_id=visit.id,
        number=normal_number(order.contact_number, site.area_code),
        text=text,
        due_at=due_at,
    )
    await uow.messages.add(new, ctx.clock.now())


@guarded
async def find(
    ctx: Context, actor: Actor, state: MessageState | None = None, cursor: str | None = None, limit: int = 50
) -> Page[ShownMessage]:
    """List messages, newest first. Errors: NotAllowed(messages.view), Invalid(cursor, limit), Unavailable."""
    require(actor, "messages.view")
    async with ctx.store.reading() as uow:
        try:
            found = await uow.messages.find(state, cursor, limited(limit))
        except BadCursor:
            raise Invalid(
                "cursor", "翻页标记无效，请从第一页开始", "The cursor is not valid; start again without it"
            ) from None
        return Page(items=await _with_orders(uow, found.items), next=found.next)


@guarded
async def counts(ctx: Context, actor: Actor) -> dict[MessageState, int]:
    """Return how many messages there are in each state. Errors: NotAllowed(messages.view), Unavailable."""
    require(actor, "messages.view")
    async with ctx.store.reading() as uow:
        return await uow.messages.counts()


@guarded
async def late(ctx: Context, actor: Actor) -> bool:
    """Say whether a message waits for longer than `orders.message_late_minutes`: no connector takes them.

    Errors: NotAllowed(messages.view), Unavailable.
    """
    require(actor, "messages.view")
    since = ctx.clock.now() - timedelta(minutes=ctx.settings.orders.message_late_minutes)
    async with ctx.store.reading() as uow:
        return bool(await uow.messages.due(since, 1))


@guarded
async def take(ctx: Context, actor: Actor, limit: int = 20) -> tuple[ShownMessage, ...]:
    """Hand out what is due, to be sent: each message to one connector, once. Who was asked meanwhile gets none.

    Errors: NotAllowed(messages.send), Invalid(limit), Unavailable.
    """
    require(actor, "messages.send")
    if not 1 <= limit <= MOST_AT_ONCE:
        raise Invalid("limit", f"每次 1 到 {MOST_AT_ONCE} 条", f"limit must be between 1 and {MOST_AT_ONCE}")
    now, taken = ctx.clock.now(), []
    async with ctx.store() as uow:
        for row in await uow.messages.due(now, limit):
            values: dict[str, Any] = {"state": S.TAKEN, "taken_by": f"{actor.kind}:{actor.name}", "taken_at": now}
            if not await _still_wanted(uow, row):
                values = {"state": S.DROPPED, "settled_at": now, "reason": "已不需要"}
            if await uow.messages.update(row.id, (S.WAITING,), values) and values["state"] is S.TAKEN:
                taken.append(replace(row, **values))
        if taken:
            ids = {"messages": [row.id for row in taken]}
            await audit(ctx, uow, actor, "messages.take", f"messages:{len(taken)}", ids)
        shown = await _with_orders(uow, tuple(taken))
        await uow.commit()
    return shown


async def _still_wanted(uow: UnitOfWork, row: MessageRow) -> bool:
    visit = await uow.visits.get(row.visit_id)
    return visit is not None and visit.status in _WAITING and visit.kind == "message"


async def _with_orders(uow: UnitOfWork, rows: tuple[MessageRow, ...]) -> tuple[ShownMessage, ...]:
    orders = {order.id: order for order in await uow.work_orders.many(sorted({row.order_id for row in rows}))}
    return tuple(ShownMessage(row=row, order=orders[row.order_id]) for row in rows)


@guarded
async def settle(ctx: Context, actor: Actor, message_id: int, result: Sending) -> ShownMessage:
    """Say what came of a message that was taken: sent, or surely not sent (then it waits for another try; after
    `orders.message_tries` the customer is called instead). Said again it changes nothing.

    Errors: NotAllowed(messages.send), NotFound, Invalid(reference, reason), Conflict (nobody took it, or something else
    was said of it), Unavailable.
    """
    require(actor, "messages.send")
    reference = required_text("reference", result.reference, 64, may_be_empty=True)
    reason = required_text("reason", result.reason, 200, may_be_empty=True)
    async with ctx.store() as uow:
        row = await _message(uow, message_id)
        if row.state is S.TAKEN:
            await (_sent(ctx, uow, actor, row, reference) if result.sent else _not_sent(ctx, uow, row, reason))
        elif not _said_before(row, sent=result.sent):
            raise Conflict(
                "这条消息没有被取走，或已有不同的结果", "Nobody took this message, or something else was said of it"
            )
        (shown,) = await _with_orders(uow, (await _message(uow, message_id),))
        await uow.commit()
    return shown


def _said_before(row: MessageRow, *, sent: bool) -> bool:
    return row.state is S.SENT if sent else row.tries > 0 and row.state in (S.WAITING, S.FAILED)


async def _sent(ctx: Context, uow: UnitOfWork, actor: Actor, row: MessageRow, reference: str) -> None:
    now = ctx.clock.now()
    values = {"state": S.SENT, "settled_at": now, "reference": reference, "tries": row.tries + 1}
    await _change(uow, row, values)
    await uow.visits.update(row.visit_id, _WAITING, {"tries": 1})
    order = await order_of(uow, row.order_id)
    said = ShownMessage(row=row, order=order).text_without_code
    await uow.work_orders.add_event(event_of(ctx, actor, order, "messaged", note=said))
    await tell(ctx, uow, order.id)


async def _not_sent(ctx: Context, uow: UnitOfWork, row: MessageRow, reason: str) -> None:
    now, limits, tries = ctx.clock.now(), ctx.settings.orders, row.tries + 1
    values: dict[str, Any] = {"tries": tries, "reason": reason, "taken_at": None}
    if tries < limits.message_tries:
        again = now + timedelta(minutes=limits.message_retry_minutes)
        return await _change(uow, row, values | {"state": S.WAITING, "due_at": again})
    await _change(uow, row, values | {"state": S.FAILED, "settled_at": now})
    await _call_instead(ctx, uow, row)


@guarded
async def call_instead(ctx: Context, actor: Actor, message_id: int) -> ShownMessage:
    """Let a customer be called instead: a message that was not sent is dropped, one that was has had no answer.

    Errors: NotAllowed(messages.send), NotFound, Conflict (the customer has answered, or is called already),
    Unavailable.
    """
    require(actor, "messages.send")
    async with ctx.store() as uow:
        row = await _message(uow, message_id)
        if not await _still_wanted(uow, row):
            raise Conflict("用户已答复，或已改为电话", "The customer has answered, or is called already")
        if row.state is not S.SENT:
            await _change(uow, row, {"state": S.DROPPED, "settled_at": ctx.clock.now(), "reason": "改为电话"})
        await _call_instead(ctx, uow, row)
        await audit(ctx, uow, actor, "messages.call_instead", f"message:{message_id}")
        (shown,) = await _with_orders(uow, (await _message(uow, message_id),))
        await uow.commit()
    return shown


async def _call_instead(ctx: Context, uow: UnitOfWork, row: MessageRow) -> None:
    values = {"kind": "phone", "status": "pending", "due_at": ctx.clock.now()}
    await uow.visits.update(row.visit_id, _WAITING, values)
    await tell(ctx, uow, row.order_id)


async def _message(uow: UnitOfWork, message_id: int) -> MessageRow:
    row = await uow.messages.get(message_id)
    if row is None:
        raise NotFound("message", message_id)
    return row


async def _change(uow: UnitOfWork, row: MessageRow, values: dict[str, Any]) -> None:
    if not await uow.messages.update(row.id, (row.state,), values):
        raise Conflict("这条消息刚被改动，请刷新", "Somebody changed this message just now; reload")
