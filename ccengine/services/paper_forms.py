"""What the six paper forms of an order are filled from, and the forms that were given out: each is kept as it was, with
its hash in the order's chained history.

What does not live here: how a form looks (backoffice/paper/).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ccengine.hotline.order_catalogue import Catalogue
from ccengine.rows import MaterialRow, OrderDetail, PrintRow
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import NotFound
from ccengine.services.guard import guarded
from ccengine.services.order_changes import order_of
from ccengine.services.order_events import event_of
from ccengine.services.rights import may, require
from ccengine.services.sign_in import display_names
from ccengine.services.work_orders import get
from ccengine.store_port import UnitOfWork
from ccengine.values import mask_number

_MOVEMENTS = 500
#: SVC 1.2: 客户询问/反馈登记表, 用户问题反馈及落实状况表, 客户回执, 维护任务单, 用户意见反馈表, 维护验收表.
FORMS = ("registration", "follow_up", "receipt", "task", "opinion", "acceptance")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFacts:
    """All that a form can say. `number`: the contact's phone, whole for those who may reveal it, else masked."""

    detail: OrderDetail
    catalogue: Catalogue
    people: dict[str, str]
    materials: tuple[MaterialRow, ...]
    number: str


@guarded
async def facts(ctx: Context, actor: Actor, order_id: int, form: str) -> PaperFacts:
    """Return what a form of an order is filled from. Errors: NotAllowed(orders.view), NotFound, Unavailable."""
    if form not in FORMS:
        raise NotFound("form", form)
    detail = await get(ctx, actor, order_id)
    whole = may(actor, "customers.reveal")
    people = await display_names(ctx)
    async with ctx.store() as uow:
        catalogue = await uow.catalogue.read()
        materials = await _materials(uow, order_id)
        await note(ctx, uow, actor, "orders.print", f"order:{order_id}", {"form": form, "number": whole})
        await uow.commit()
    number = detail.order.contact_number
    return PaperFacts(
        detail=detail,
        catalogue=catalogue,
        people=people,
        materials=materials,
        number=number if whole else mask_number(number),
    )


async def _materials(uow: UnitOfWork, order_id: int) -> tuple[MaterialRow, ...]:
    """Return what the crew wrote down, and the parts that the desk took out of stock for the order besides."""
    written = await uow.field_actions.materials([order_id])
    moved = await uow.parts.movements(order_id=order_id, limit=_MOVEMENTS)
    known = {one.code: one for one in await uow.parts.all()} if moved else {}
    besides = []
    for code in dict.fromkeys(one.part for one in reversed(moved)):
        of_part = [one for one in moved if one.part == code]
        many = -sum(one.quantity for one in of_part) - sum(int(one.quantity) for one in written if one.part == code)
        if many > 0:
            part, last = known[code], of_part[0]
            name, who = f"{part.name} {part.spec}".strip(), last.actor.rpartition(":")[2]
            besides.append(
                MaterialRow(
                    order_id=order_id,
                    name=name,
                    quantity=str(many),
                    unit=part.unit,
                    used_by=who,
                    used_at=last.at,
                    part=code,
                    store=last.store,
                )
            )
    return (*written, *besides)


@guarded
async def keep(ctx: Context, actor: Actor, order_id: int, form: str, language: str, content: bytes) -> PrintRow:
    """Keep a form that is given out. What the same person gave out before, unchanged since, adds nothing.

    Errors: NotAllowed(orders.view), NotFound, Unavailable.
    """
    require(actor, "orders.view")
    who, sha256 = f"{actor.kind}:{actor.name}", hashlib.sha256(content).hexdigest()
    async with ctx.store() as uow:
        order = await order_of(uow, order_id)
        for known in await uow.order_parts.prints(order_id):
            if (known.form, known.sha256, known.printed_by) == (form, sha256, who):
                return known
        now = ctx.clock.now()
        new = PrintRow(
            id=0, order_id=order_id, form=form, language=language, sha256=sha256, printed_by=who, printed_at=now
        )
        kept = await uow.order_parts.add_print(new, content)
        detail = {"form": form, "sha256": sha256}
        await uow.work_orders.add_event(event_of(ctx, actor, order, "printed", detail=detail))
        await uow.commit()
    return kept


@guarded
async def given_out(ctx: Context, actor: Actor, order_id: int) -> tuple[PrintRow, ...]:
    """Return the forms of an order that were given out, newest first. Errors: NotAllowed(orders.view), NotFound."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        await order_of(uow, order_id)
        return await uow.order_parts.prints(order_id)


@guarded
async def shown_again(ctx: Context, actor: Actor, order_id: int, print_id: int) -> tuple[PrintRow, bytes]:
    """Return a form as it was given out, audited; another's may hold a whole phone number.

    Errors: NotAllowed(orders.view; customers.reveal for what somebody else printed), NotFound, Unavailable.
    """
    require(actor, "orders.view")
    async with ctx.store() as uow:
        found = await uow.order_parts.printed(order_id, print_id)
        if found is None:
            raise NotFound("print", print_id)
        if found[0].printed_by != f"{actor.kind}:{actor.name}":
            require(actor, "customers.reveal")
        await note(ctx, uow, actor, "orders.print_again", f"order:{order_id}", {"print": print_id})
        await uow.commit()
    return found
