"""What an incident does to its orders: a new one joins, and when the incident is over they are closed and asked after.

What does not live here: offering and beginning an incident (incidents.py).
"""

from __future__ import annotations

from datetime import timedelta

from ccengine.hotline.incident import Report, belongs, road_of
from ccengine.hotline.order_catalogue import Catalogue, CodeKind
from ccengine.hotline.work_order import OVER, OrderState, OrderStatus, shifted
from ccengine.rows import OrderRow
from ccengine.services import messages
from ccengine.services.audit import note as audit
from ccengine.services.context import ENGINE, Actor, Context
from ccengine.services.order_events import changing_event, event_of, tell
from ccengine.services.sla import follow_order
from ccengine.store_port import UnitOfWork


def report_of(order: OrderRow, catalogue: Catalogue) -> Report:
    """Return an order as burst mode looks at it; a trouble is the top of the category's branch."""
    code, seen = order.category, set[str]()
    while code and code not in seen:
        seen.add(code)
        entry = catalogue.get(CodeKind.CATEGORY, code)
        if entry is None or not entry.parent:
            break
        code = entry.parent
    return Report(
        order_id=order.id,
        at=order.created_at,
        district=order.district,
        trouble=code if order.type == "repair" else "",
        category=order.category,
        road=road_of(order.address),
    )


async def join_running(ctx: Context, uow: UnitOfWork, order: OrderRow) -> OrderRow:
    """Let an order belong to the incident that it is about, if one runs: as soon as it says what and where."""
    running = await uow.incidents.running()
    if not running or order.is_incident or order.parent_id is not None or order.status in OVER:
        return order
    report = report_of(order, await uow.catalogue.read())
    found = next((one for one in running if belongs(report, one.district, one.trouble, one.road)), None)
    return await join(ctx, uow, order, found.order_id, None) if found is not None else order


async def join(ctx: Context, uow: UnitOfWork, order: OrderRow, incident_id: int, actor: Actor | None) -> OrderRow:
    """Let an order belong to an incident, by hand or (without an actor) by rule."""
    now = ctx.clock.now()
    updated = await uow.work_orders.update(order.id, order.version, {"parent_id": incident_id}, None, now)
    event = event_of(ctx, actor or ENGINE, order, "joined", detail={"incident_id": incident_id})
    await uow.work_orders.add_event(changing_event(event, order, updated))
    await tell(ctx, uow, order.id)
    return updated


async def close_with(ctx: Context, uow: UnitOfWork, actor: Actor, incident: OrderRow) -> None:
    """Close what belongs to an incident that is over: each order with its stamps and line, each customer asked; the
    outage notice goes."""
    row = await uow.incidents.get(incident.id)
    if row is None or row.closed_at is not None:
        return
    now = ctx.clock.now()
    await uow.incidents.close(incident.id, now)
    if row.outage_id is not None:
        notice = await uow.outages.get(row.outage_id)
        if notice is not None and notice.withdrawn_at is None and notice.ends_at > now:
            await uow.outages.withdraw(row.outage_id, now)
            await audit(ctx, uow, actor, "outages.withdraw", f"outage:{row.outage_id}", {"incident": incident.number})
            await uow.outbox.add("outage", {"outage_id": row.outage_id}, now)
    for child_id in await uow.incidents.children(incident.id):
        child = await uow.work_orders.get(child_id)
        if child is not None and child.status not in OVER:
            await _close_child(ctx, uow, actor, child, incident)


async def _close_child(ctx: Context, uow: UnitOfWork, actor: Actor, child: OrderRow, incident: OrderRow) -> None:
    now = ctx.clock.now()
    state = shifted(OrderState(status=child.status, stamps=child.stamps), OrderStatus.CLOSED, now)
    updated = await uow.work_orders.update(child.id, child.version, {"suspended": ""}, state, now)
    await uow.order_parts.end_pause(child.id, now)
    updated = await follow_order(ctx, uow, updated, before=child)
    reason = f"随事件 {incident.number} 消单"
    detail = {"move": "close", "incident_id": incident.id}
    event = event_of(ctx, actor, child, "moved", note=reason, to=OrderStatus.CLOSED, detail=detail)
    await uow.work_orders.add_event(changing_event(event, child, updated))
    due = now + timedelta(minutes=ctx.settings.orders.visit_delay_minutes)
    kind = await messages.how_to_ask(ctx, uow, child)
    if await uow.visits.add(child.id, child.reopened + 1, kind, due, now) and kind == "message":
        await messages.queue(ctx, uow, child, due)
    await tell(ctx, uow, child.id)
