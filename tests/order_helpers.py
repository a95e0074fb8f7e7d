"""Work orders for tests: a crew of three, an order on its list, an order that is done."""

from __future__ import annotations

import dataclasses

from call_helpers import ADMIN, DISPATCHER, WORKER

from ccengine.hotline.order_catalogue import CodeKind
from ccengine.rows import NewOrder, OrderRow
from ccengine.services import catalogue, work_orders
from ccengine.services.context import Actor, Context
from ccengine.services.work_orders import MoveRequest

MATE = Actor(kind="user", name="mate", roles=frozenset({"field_worker"}))
CHIEF = Actor(kind="user", name="chief", roles=frozenset({"field_worker"}))
OUTSIDER = Actor(kind="user", name="outsider", roles=frozenset({"field_worker"}))


async def with_crew(ctx: Context) -> None:
    """Give the east crew three people, one of whom leads it; and let there be one who belongs to nobody."""
    async with ctx.store() as uow:
        for person in (WORKER, MATE, CHIEF, OUTSIDER):
            await uow.users.insert(person.name, "x", f"{person.name}师傅", person.roles, None, ctx.clock.now())
        await uow.commit()
    east = (await catalogue.read(ctx)).get(CodeKind.UNIT, "crew_east")
    assert east is not None
    led = dataclasses.replace(east, data={**east.data, "leader": "chief"})
    await catalogue.save(ctx, ADMIN, led, east.version, ["worker", "mate"])
    repair = (await catalogue.read(ctx)).get(CodeKind.TYPE, "repair")  # photos are owed in test_field_work
    assert repair is not None
    bare = dataclasses.replace(repair, data={**repair.data, "photo_before": False, "photo_after": False})
    await catalogue.save(ctx, ADMIN, bare, repair.version)


async def new_order(ctx: Context, type_: str = "repair") -> OrderRow:
    new = NewOrder(type=type_, title="水管漏水", contact_number="13900002222", district="gaoxin")
    return await work_orders.register(ctx, DISPATCHER, new)


async def move(ctx: Context, actor: Actor, order: OrderRow, name: str, **more: object) -> OrderRow:
    return await work_orders.make_move(ctx, actor, order.id, name, MoveRequest(**more))  # type: ignore[arg-type]


async def dispatched(ctx: Context) -> OrderRow:
    await with_crew(ctx)
    order = await new_order(ctx)
    return await move(ctx, DISPATCHER, order, "dispatch", unit_code="crew_east", assigned_to="worker")


async def handled(ctx: Context) -> OrderRow:
    order = await dispatched(ctx)
    for name in ("acknowledge", "start", "handle"):
        order = await move(ctx, WORKER, order, name)
    return order
