"""A connector, and incidents whose customers are told by message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from call_helpers import DISPATCHER, SUPERVISOR

from ccengine.clock import ManualClock
from ccengine.config import Orders
from ccengine.rows import NewOrder, OrderRow
from ccengine.services import incidents, work_orders
from ccengine.services.context import Actor, Context
from ccengine.services.incidents import NewIncident

CONNECTOR = Actor(kind="api", name="sms", roles=frozenset({"connector"}))


def by_message(ctx: Context) -> Context:
    """The site's rule is: a message after an incident."""
    orders = Orders(incident_visit="message", message_tries=2)
    return replace(ctx, settings=ctx.settings.model_copy(update={"orders": orders}))


async def over(ctx: Context, clock: ManualClock, *numbers: str) -> list[OrderRow]:
    """Close an incident of the orders of these numbers, and let the time come to ask their customers."""
    orders = []
    for number in numbers:
        new = NewOrder(
            type="repair",
            category="no_water",
            title="停水",
            contact_number=number,
            district="gaoxin",
            address="甲路1号",
        )
        orders.append(await work_orders.register(ctx, DISPATCHER, new))
    ids = tuple(order.id for order in orders)
    incident = await incidents.begin(ctx, DISPATCHER, NewIncident(order_ids=ids, title="爆管"))
    for actor, to in ((DISPATCHER, "handled"), (SUPERVISOR, "inspected"), (SUPERVISOR, "closed")):
        await work_orders.transition(ctx, actor, incident.id, to)
    clock.moment += timedelta(hours=1)
    return orders
