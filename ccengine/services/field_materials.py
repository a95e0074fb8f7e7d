"""Materials that crews use: out of their crew's store, or written down freely; and what lies in those stores.

What does not live here: the phone's other actions (field_work.py), stock and its movements (parts.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ccengine.rows import MaterialRow, NewMovement, OrderRow, Part
from ccengine.services import parts
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.guard import guarded, required_text
from ccengine.services.order_events import event_of
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

_MATERIALS_MAX = 50
_WHOLE = re.compile(r"[1-9][0-9]{0,5}\Z")
_QUANTITY = re.compile(r"[0-9]{1,6}([.][0-9]{1,3})?\Z")


class Used(NamedTuple):
    """A material that was used. With `part` and `store` it is taken out of that store; name and unit are the part's."""

    name: str
    quantity: str
    unit: str
    part: str = ""
    store: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewPart:
    """A part that lies in a store of the person's crew."""

    store: str
    store_name: str
    part: Part
    quantity: int


@guarded
async def crew_parts(ctx: Context, actor: Actor) -> tuple[CrewPart, ...]:
    """Return what lies in the stores of the actor's crews. Errors: NotAllowed(field.work), Unavailable."""
    require(actor, "field.work")
    async with ctx.store.reading() as uow:
        own = {unit.store for unit in (await uow.catalogue.read()).units_of(actor.name) if unit.store}
        if not own:
            return ()
        stores = {one.code: one.name for one in await uow.parts.stores() if one.active}
        known = {one.code: one for one in await uow.parts.all() if one.active}
        lying = [one for one in await uow.parts.stock() if one.store in own & stores.keys() and one.part in known]
    return tuple(
        CrewPart(store=one.store, store_name=stores[one.store], part=known[one.part], quantity=one.quantity)
        for one in sorted(lying, key=lambda one: (known[one.part].name, known[one.part].spec, one.store))
        if one.quantity > 0
    )


async def use_materials(
    ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow, key: str, used: tuple[Used, ...], at: datetime
) -> None:
    """Write down what was used, within the caller's unit of work; parts leave their crew's store, once by `key`.

    Errors: NotAllowed(parts.use), Conflict (not the crew's store; not so many there).
    """
    taken = await _take_from_stores(ctx, uow, actor, order, key, used)
    for one in taken:
        row = MaterialRow(order_id=order.id, used_by=actor.name, used_at=at, **one._asdict())
        await uow.field_actions.add_material(row)
    said = [" ".join((one.name, one.quantity, one.unit)) for one in taken]
    detail = {"materials": said, "performed_at": at.isoformat()}
    stock = {one.part: one.store for one in taken if one.part}
    await uow.work_orders.add_event(
        event_of(ctx, actor, order, "materials", detail=detail | ({"stock": stock} if stock else {}))
    )


async def _take_from_stores(
    ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow, key: str, used: tuple[Used, ...]
) -> tuple[Used, ...]:
    """Return the materials as they are written down; those that are parts have left their crew's store."""
    wanted = [(at, one) for at, one in enumerate(used) if one.part]
    if not wanted:
        return used
    own = {unit.store for unit in (await uow.catalogue.read()).units_of(actor.name)}
    if any(one.store not in own for _, one in wanted):
        raise Conflict("该库房不属于你的班组，请改填材料名称", "That store is not your crew's; write the material down")
    movements = [
        NewMovement(store=one.store, part=one.part, kind="use", quantity=int(one.quantity), key=f"{key}:{at}")
        for at, one in wanted
    ]
    await parts.use_from_store(ctx, uow, actor, order.id, movements)
    known = {one.code: one for one in await uow.parts.all()}
    return tuple(
        one._replace(name=f"{known[one.part].name} {known[one.part].spec}".strip(), unit=known[one.part].unit)
        if one.part
        else one
        for one in used
    )


def check_used(used: tuple[Used, ...]) -> None:
    """Raise Invalid(materials, materials.name, materials.unit, materials.quantity) for what cannot be kept."""
    if not 1 <= len(used) <= _MATERIALS_MAX:
        raise Invalid("materials", f"请填写 1 到 {_MATERIALS_MAX} 项材料", f"Give 1 to {_MATERIALS_MAX} materials")
    for one in used:
        required_text("materials.name", one.name, 64)
        required_text("materials.unit", one.unit, 16, may_be_empty=True)
        if not (_WHOLE if one.part else _QUANTITY).fullmatch(one.quantity):
            zh, en = (
                "数量应为数字，如 1 或 2.5；备件须为整数",
                "quantity must be a number like 1 or 2.5; of a part a whole one",
            )
            raise Invalid("materials.quantity", zh, en)
