"""Where an order is: from the customer's file, from the place of a crew's photo, or set by hand on the map (WGS-84).

A place set by hand is never changed by a photo. What somebody learns about an order at its customer's own address is
kept in the customer's file, for the next order. What does not live here: drawing (backoffice/dispatch, order pages).
"""

from __future__ import annotations

from dataclasses import replace

from ccengine.hotline.work_order import OVER
from ccengine.rows import CustomerRow, OrderRow, UploadRow
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.guard import guarded
from ccengine.services.order_changes import order_of
from ccengine.services.order_events import changing_event, event_of, tell
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

Place = tuple[float, float]


def checked_place(latitude: float | None, longitude: float | None) -> Place | None:
    """Return a place, None for none. Errors: Invalid(latitude, longitude)."""
    if latitude is None and longitude is None:
        return None
    for name, value, limit in (("latitude", latitude, 90.0), ("longitude", longitude, 180.0)):
        if value is None or not -limit <= value <= limit:
            raise Invalid(
                name, "请在地图上点选位置，或填写经纬度", f"{name} must be between -{limit:g} and {limit:g}; give both"
            )
    assert latitude is not None and longitude is not None
    return round(latitude, 6), round(longitude, 6)


def place_of_customer(customer: CustomerRow, address: str) -> dict[str, object]:
    """Return an order's columns for the customer's place, where the order is at the customer's own address."""
    if customer.latitude is None or customer.longitude is None or address != customer.address:
        return {}
    return {"latitude": customer.latitude, "longitude": customer.longitude, "place_by": "customer"}


@guarded
async def set_place(
    ctx: Context, actor: Actor, order_id: int, latitude: float | None, longitude: float | None
) -> OrderRow:
    """Say where an order is; None for both: nobody knows.

    Errors: NotAllowed(orders.move), NotFound, Invalid(latitude, longitude), Conflict (it is over), Unavailable.
    """
    require(actor, "orders.move")
    place = checked_place(latitude, longitude)
    async with ctx.store() as uow:
        order = await order_of(uow, order_id)
        if order.status in OVER:
            raise Conflict("工单已消单，位置不再修改", "The order is over; its place is not changed any more")
        placed = await _place(ctx, uow, actor, order, place, "hand" if place else "")
        await uow.commit()
    return placed


async def learn(ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow, upload: UploadRow) -> None:
    """Let the place of a crew's file be the order's, unless somebody knew better or the phone was not sure."""
    if order.place_by in ("hand", "field") or upload.latitude is None or upload.longitude is None:
        return
    if upload.accuracy_m is None or upload.accuracy_m > ctx.settings.evidence.place_accuracy_m:
        return
    await _place(ctx, uow, actor, order, (round(upload.latitude, 6), round(upload.longitude, 6)), "field")


async def _place(
    ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow, place: Place | None, by: str
) -> OrderRow:
    latitude, longitude = place or (None, None)
    placed = replace(order, latitude=latitude, longitude=longitude, place_by=by)
    if placed == order:
        return order
    # The version stays: whoever writes on the order at this moment need not read it again because of its place.
    await uow.work_orders.set_place(order.id, latitude, longitude, by)
    event = changing_event(event_of(ctx, actor, order, "placed", detail={"by": by}), order, placed)
    await uow.work_orders.add_event(event)
    await tell(ctx, uow, order.id)
    if place is not None and order.customer_account:
        customer = await uow.customers.get(order.customer_account)
        if customer is not None and customer.latitude is None and customer.address == order.address:
            await uow.customers.set_place(customer.account, *place)
    return placed
