"""Where an order is: from the customer's file, from a photo's place, by hand; who may not be overruled by whom."""

from __future__ import annotations

from dataclasses import replace

import pytest
from call_helpers import ADMIN, DISPATCHER, WORKER
from store_fixtures import START

from ccengine.rows import NewOrder, OrderRow, UploadRow
from ccengine.services import chain, order_places, work_orders
from ccengine.services.context import Context
from ccengine.services.errors import Invalid, NotAllowed

HERE = (30.274101, 120.1551)


async def registered(ctx: Context, account: str | None = None, **more: object) -> OrderRow:
    new = NewOrder(type="repair", title="漏水", customer_account=account, **{"address": "东湖路 1 号"} | more)  # type: ignore[arg-type]
    return await work_orders.register(ctx, DISPATCHER, new)


async def customer(ctx: Context) -> tuple[str, str]:
    async with ctx.store.reading() as uow:
        found = (await uow.customers.find("", None, 1)).items[0]
    return found.account, found.address


async def learn(ctx: Context, order: OrderRow, latitude: float, accuracy_m: float) -> OrderRow:
    upload = UploadRow(
        key="k", order_id=order.id, kind="photo", phase="before", size_bytes=1, sha256="0" * 64, taken_at=START,
        latitude=latitude, longitude=120.2, accuracy_m=accuracy_m, user_name="worker", created_at=START,
    )  # fmt: skip
    async with ctx.store() as uow:
        now = await uow.work_orders.get(order.id)
        assert now is not None
        await order_places.learn(ctx, uow, WORKER, now, upload)
        await uow.commit()
    return (await work_orders.get(ctx, ADMIN, order.id)).order


def place(order: OrderRow) -> tuple[float | None, float | None, str]:
    return order.latitude, order.longitude, order.place_by


async def test_place_by_hand_stands_in_the_chained_history_and_a_photo_does_not_change_it(ctx: Context) -> None:
    order = await registered(ctx)
    assert place(order) == (None, None, "")
    await order_places.set_place(ctx, DISPATCHER, order.id, *HERE)
    after = await learn(ctx, order, 30.3, 5)
    assert (place(after), after.version) == ((*HERE, "hand"), order.version)
    event = (await work_orders.get(ctx, ADMIN, order.id)).events[-1]
    assert (event.kind, event.before["latitude"], event.after["latitude"]) == ("placed", None, HERE[0])
    await order_places.set_place(ctx, DISPATCHER, order.id, None, None)
    assert place((await work_orders.get(ctx, ADMIN, order.id)).order) == (None, None, "")
    assert (await chain.verify(ctx, ())).faults == ()


async def test_photo_gives_the_place_when_the_phone_is_sure(ctx: Context) -> None:
    order = await registered(ctx)
    assert place(await learn(ctx, order, 30.3, 500)) == (None, None, "")
    assert place(await learn(ctx, order, 30.3, 8)) == (30.3, 120.2, "field")
    assert place(await learn(ctx, order, 30.4, 8)) == (30.3, 120.2, "field")  # the first one counts


async def test_next_order_of_a_customer_is_where_the_last_one_was(ctx: Context) -> None:
    account, address = await customer(ctx)
    first = await registered(ctx, account, address="")
    assert (first.address, first.place_by) == (address, "")
    await order_places.set_place(ctx, DISPATCHER, first.id, *HERE)
    second = await registered(ctx, account, address="")
    assert place(second) == (*HERE, "customer")
    assert place(await registered(ctx, account, address="别处 9 号")) == (None, None, "")
    moved = await work_orders.change(ctx, DISPATCHER, second.id, {"address": "别处 9 号"})
    assert place(moved) == (None, None, "")  # it was the customer's own address's
    assert place(await registered(ctx, latitude=30.1, longitude=120.0)) == (30.1, 120.0, "hand")


async def test_impossible_places_and_strangers_are_refused(ctx: Context) -> None:
    order = await registered(ctx)
    for wrong in ((91.0, 120.0), (30.0, None), (None, 120.0), (30.0, 181.0)):
        with pytest.raises(Invalid):
            await order_places.set_place(ctx, DISPATCHER, order.id, *wrong)
    with pytest.raises(NotAllowed):
        await order_places.set_place(ctx, replace(DISPATCHER, roles=frozenset()), order.id, *HERE)
