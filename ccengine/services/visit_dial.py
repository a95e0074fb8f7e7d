"""A visit by one click: the agent's phone rings, then the customer's; the call belongs to the order's visit.

Committed before the PBX hears of it, and refused by the dialplan when it comes too late: nobody is called twice by two
clicks. What does not live here: what the customer says (order_visits.py), call-backs by machine (visit_calls.py).
"""

from __future__ import annotations

from datetime import timedelta

from ccengine.hotline.account import normal_number
from ccengine.ports import EngineUnavailable, Pbx, PbxRefused, PbxUnavailable
from ccengine.rows import AgentRow, OrderRow, VisitRow
from ccengine.services.agents import agent_and_device
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.dialling import new_call_id
from ccengine.services.errors import Conflict, Invalid, Unavailable
from ccengine.services.guard import guarded
from ccengine.services.order_changes import order_of
from ccengine.services.order_visits import visit_by_hand
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

#: So long the agent's own phone rings.
RING_SECONDS = 25
#: An order that the PBX gets later than this is not carried out; from then on a new click may call.
VALID = timedelta(seconds=40)
_OPEN = ("pending", "asking", "unreachable")


async def call(ctx: Context, actor: Actor, pbx: Pbx, order_id: int, agent_number: str | None = None) -> str:
    """Ring the agent's phone and then the customer's; return the call's id.

    Errors: NotAllowed(orders.close; agents.control_any for somebody else's phone), NotFound, Invalid(agent_number,
    contact_number), Conflict (the work is not done, it has its vote, it is being called), Unavailable.
    """
    require(actor, "orders.close")
    agent, extension = await caller_of(ctx, actor, agent_number)
    visit_id = await visit_by_hand(ctx, actor, order_id)
    call_id, customer = await _reserve(ctx, actor, order_id, visit_id)
    try:
        await ring(ctx, pbx, call_id, agent.number, extension, customer)
    except Conflict:
        await _give_back(ctx, visit_id)
        raise
    return call_id


async def caller_of(ctx: Context, actor: Actor, agent_number: str | None) -> tuple[AgentRow, str]:
    """Return the agent who calls and their phone: the actor's own, or with agents.control_any somebody else's.

    Errors: NotAllowed, NotFound, Invalid(agent_number), Unavailable.
    """
    number = agent_number or actor.agent_number
    if number is None:
        raise Invalid("agent_number", "您没有工号，不能用话机外呼", "You have no agent number to call with")
    if number != actor.agent_number:
        require(actor, "agents.control_any")
    return await agent_and_device(ctx, number, None)


async def ring(ctx: Context, pbx: Pbx, call_id: str, agent_number: str, extension: str, customer: str) -> None:
    """Have the agent's phone ring and then the customer's. Errors: Conflict (the PBX refused), Unavailable."""
    variables = {
        "__CC_CALL_ID": call_id,
        "CC_NUMBER": customer,
        "CC_CALLS_AS": agent_number,
        "CC_VALID_UNTIL": str(int((ctx.clock.now() + VALID).timestamp())),
    }
    try:
        await pbx.originate(f"visit-{call_id}", f"PJSIP/{extension}", "cc-visit", "s", variables, RING_SECONDS)
    except PbxRefused as error:
        raise Conflict(f"电话交换机拒绝：{error.reason}", f"The PBX refused: {error.reason}") from error
    except PbxUnavailable as error:
        raise Unavailable("engine" if isinstance(error, EngineUnavailable) else "pbx") from error


def number_of(ctx: Context, order: OrderRow) -> str:
    """Return the number of the order's contact as it is dialled. Raises Invalid(contact_number)."""
    number = normal_number(order.contact_number, ctx.settings.site.area_code)
    if not number.isdecimal() or len(number) < 3:
        raise Invalid("contact_number", "工单上没有可拨打的电话", "The order has no number that can be called")
    return number


@guarded
async def _reserve(ctx: Context, actor: Actor, order_id: int, visit_id: int) -> tuple[str, str]:
    """Write down that this visit is called now, and under which id, before anything rings."""
    now = ctx.clock.now()
    async with ctx.store() as uow:
        order = await order_of(uow, order_id)
        number = number_of(ctx, order)
        visit = await uow.visits.get(visit_id)
        if visit is None or visit.status not in _OPEN:
            raise Conflict("本次回访已经有结果", "This visit has its result")
        await _refuse_busy(ctx, uow, visit)
        call_id = new_call_id(ctx.settings.site.node, now)
        lease = now + timedelta(minutes=ctx.settings.orders.visit_lease_minutes)
        values = {"status": "asking", "due_at": lease, "call_id": call_id}
        if not await uow.visits.update(visit.id, (visit.status,), values):
            raise Conflict("刚有人在呼叫该客户", "Somebody is calling this customer just now")
        await note(ctx, uow, actor, "visits.call", f"order:{order_id}", {"call_id": call_id})
        await uow.commit()
    return call_id, number


async def _refuse_busy(ctx: Context, uow: UnitOfWork, visit: VisitRow) -> None:
    """A call of this visit that is not over yet, or may still begin, is the only one."""
    if visit.status != "asking":
        return
    begun = visit.due_at - timedelta(minutes=ctx.settings.orders.visit_lease_minutes)
    known = await uow.calls.bare(visit.call_id) if visit.call_id else None
    over = known is not None and known.record.final
    never = known is None and visit.call_id is not None and ctx.clock.now() > begun + VALID
    if not over and not never:
        raise Conflict(
            "正在呼叫该客户，请等这次通话结束", "This customer is being called; wait until that call is over"
        )


@guarded
async def _give_back(ctx: Context, visit_id: int) -> None:
    async with ctx.store() as uow:
        await uow.visits.update(visit_id, ("asking",), {"status": "pending", "due_at": ctx.clock.now()})
        await uow.commit()
