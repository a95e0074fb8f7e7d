"""Incidents 事件: what is offered, beginning one with its outage notice, adding orders, what runs now.

What does not live here: what looks like one (hotline/incident.py), what an incident does to its orders
(incident_orders.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ccengine.hotline.incident import Offer, Report, offers, road_of
from ccengine.hotline.order_catalogue import Catalogue
from ccengine.hotline.outage import OutageKind
from ccengine.hotline.work_order import OVER
from ccengine.rows import IncidentRow, NewOutage, OrderRow
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.guard import guarded, required_text
from ccengine.services.incident_orders import join, report_of
from ccengine.services.opening import create_order
from ccengine.services.order_changes import order_of
from ccengine.services.outages import publish_in
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

_LOOKED_AT = 1000
MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningIncident:
    """An incident that is not over, its order, and how many orders belong to it."""

    row: IncidentRow
    order: OrderRow
    orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncident:
    """What somebody makes of an offer. `ends_at` given: callers of the district are told of the outage until then."""

    order_ids: tuple[int, ...]
    title: str
    road: str = ""
    area_text: str = ""
    reason: str = ""
    ends_at: datetime | None = None


@guarded
async def offered(ctx: Context, actor: Actor) -> tuple[Offer, ...]:
    """Return what looks like incidents now, largest first. Errors: NotAllowed(orders.view), Unavailable."""
    require(actor, "orders.view")
    limits = ctx.settings.orders
    since = ctx.clock.now() - timedelta(hours=limits.burst_window_hours)
    async with ctx.store.reading() as uow:
        catalogue = await uow.catalogue.read()
        ids = await uow.incidents.lonely_orders(since, _LOOKED_AT)
        reports = [report_of(order, catalogue) for order in await uow.work_orders.many(ids)]
    return offers(reports, on_road=limits.burst_on_road, in_district=limits.burst_in_district)


@guarded
async def running(ctx: Context, actor: Actor) -> tuple[RunningIncident, ...]:
    """Return the incidents that are not over, newest first. Errors: NotAllowed(orders.view), Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        rows = await uow.incidents.running()
        counts = await uow.incidents.counts(tuple(row.order_id for row in rows))
        orders = {order.id: order for order in await uow.work_orders.many([row.order_id for row in rows])}
    return tuple(
        RunningIncident(row=row, order=orders[row.order_id], orders=counts.get(row.order_id, 0))
        for row in rows
        if row.order_id in orders
    )


@guarded
async def begin(ctx: Context, actor: Actor, new: NewIncident) -> OrderRow:
    """Make one incident of several orders: its own order, to be dispatched; theirs belong to it; and, when an end is
    given, an outage notice for their district.

    Errors: NotAllowed(orders.dispatch, outages.edit), NotFound, Invalid(order_ids, title, ends_at, area_text), Conflict
    (an order is over or belongs to another incident), Unavailable.
    """
    require(actor, "orders.dispatch")
    title = required_text("title", new.title, 200)
    if not 1 <= len(set(new.order_ids)) <= MOST:
        raise Invalid("order_ids", f"请选择 1 到 {MOST} 张工单", f"Choose 1 to {MOST} orders")
    async with ctx.store() as uow:
        orders = [await _free_order(uow, order_id) for order_id in sorted(set(new.order_ids))]
        matter = _one_matter(orders, await uow.catalogue.read())
        incident = await create_order(ctx, uow, actor, _own_order(new, title, matter, orders))
        outage_id = await _notice(ctx, uow, actor, new, matter.district)
        row = IncidentRow(
            order_id=incident.id,
            district=matter.district,
            trouble=matter.trouble,
            road=road_of(new.road) if new.road else "",
            outage_id=outage_id,
            begun_by=f"{actor.kind}:{actor.name}",
            begun_at=ctx.clock.now(),
        )
        await uow.incidents.add(row)
        for order in orders:
            await join(ctx, uow, order, incident.id, actor)
        detail = {"orders": [order.number for order in orders], "outage_id": outage_id}
        await audit(ctx, uow, actor, "incidents.begin", f"order:{incident.id}", detail)
        await uow.commit()
    return incident


def _own_order(new: NewIncident, title: str, matter: Report, orders: Sequence[OrderRow]) -> dict[str, Any]:
    return {
        "type": "repair",
        "category": matter.category,
        "priority": "urgent",
        "title": title,
        "description": "、".join(order.number for order in orders),
        "form": "phone",
        "source": "customer",
        "contact_number": "",
        "address": new.area_text or orders[0].address,
        "district": matter.district,
        "is_incident": True,
    }


def _one_matter(orders: Sequence[OrderRow], catalogue: Catalogue) -> Report:
    """Return what the orders report, which must be one trouble of one district. Errors: Invalid(order_ids)."""
    reports = [report_of(order, catalogue) for order in orders]
    if len({(one.district, one.trouble) for one in reports}) != 1 or not reports[0].district:
        raise Invalid(
            "order_ids",
            "这些工单不在同一片区或不是同一类问题",
            "These orders are not of one district and one trouble",
        )
    return reports[0]


async def _notice(ctx: Context, uow: UnitOfWork, actor: Actor, new: NewIncident, district: str) -> int | None:
    if new.ends_at is None:
        return None
    notice = NewOutage(
        kind=OutageKind.BURST.value,
        district=district,
        area_text=new.area_text or new.title,
        reason=new.reason or "爆管抢修",
        starts_at=ctx.clock.now(),
        ends_at=new.ends_at,
    )
    return (await publish_in(ctx, uow, actor, notice)).id


@guarded
async def add_order(ctx: Context, actor: Actor, incident_id: int, order_id: int) -> OrderRow:
    """Let one more order belong to an incident. Errors: NotAllowed(orders.dispatch), NotFound, Invalid(incident_id),
    Conflict, Unavailable."""
    require(actor, "orders.dispatch")
    async with ctx.store() as uow:
        row = await uow.incidents.get(incident_id)
        if row is None or row.closed_at is not None:
            raise Invalid("incident_id", "没有这个进行中的事件", "There is no such incident, or it is over")
        updated = await join(ctx, uow, await _free_order(uow, order_id), incident_id, actor)
        await uow.commit()
    return updated


async def _free_order(uow: UnitOfWork, order_id: int) -> OrderRow:
    order = await order_of(uow, order_id)
    if order.status in OVER or order.parent_id is not None or order.is_incident:
        raise Conflict(
            f"工单 {order.number} 已消单，或已属于一个事件",
            f"{order.number} is closed, or belongs to an incident already",
        )
    return order
