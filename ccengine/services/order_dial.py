"""Calling an order's customer by one click, before it is over: the agent's phone rings, then the customer's.

The call is written into the order's history before anything rings, and is one of the order's calls. What does not live
here: the visit after the work (visit_dial.py), what an answered call does to a call-back (opening.py).
"""

from __future__ import annotations

from ccengine.hotline.work_order import OVER
from ccengine.ports import Pbx
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.dialling import new_call_id
from ccengine.services.errors import Conflict
from ccengine.services.guard import guarded
from ccengine.services.order_changes import order_of
from ccengine.services.order_events import event_of, tell
from ccengine.services.rights import require
from ccengine.services.visit_dial import VALID, caller_of, number_of, ring


async def call(ctx: Context, actor: Actor, pbx: Pbx, order_id: int, agent_number: str | None = None) -> str:
    """Ring the agent's phone and then the customer's; return the call's id.

    Errors: NotAllowed(orders.close; agents.control_any for somebody else's phone), NotFound, Invalid(agent_number,
    contact_number), Conflict (the order is over, somebody called just now, the PBX refused), Unavailable.
    """
    require(actor, "orders.close")
    agent, extension = await caller_of(ctx, actor, agent_number)
    call_id, customer = await _reserve(ctx, actor, order_id)
    await ring(ctx, pbx, call_id, agent.number, extension, customer)
    return call_id


@guarded
async def _reserve(ctx: Context, actor: Actor, order_id: int) -> tuple[str, str]:
    now = ctx.clock.now()
    async with ctx.store() as uow:
        await uow.calls.lock(f"order-call-{order_id}")
        order = await order_of(uow, order_id)
        if order.status in OVER:
            raise Conflict("工单已经办结", "This order is over")
        number = number_of(ctx, order)
        last = await uow.work_orders.last_event(order_id)
        if last is not None and last.kind == "called" and now < last.at + VALID:
            raise Conflict("刚有人在呼叫该客户", "Somebody is calling this customer just now")
        call_id = new_call_id(ctx.settings.site.node, now)
        await uow.work_orders.attach(order_id, call_id)
        await uow.work_orders.add_event(event_of(ctx, actor, order, "called", detail={"call_id": call_id}))
        await note(ctx, uow, actor, "orders.call", f"order:{order_id}", {"call_id": call_id})
        await tell(ctx, uow, order_id)
        await uow.commit()
    return call_id, number
