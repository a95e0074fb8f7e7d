"""What the six paper forms of an order are filled from; each print is in the audit log.

What does not live here: how a form looks (backoffice/paper/).
"""

from __future__ import annotations

from dataclasses import dataclass

from ccengine.hotline.order_catalogue import Catalogue
from ccengine.rows import MaterialRow, OrderDetail
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import NotFound
from ccengine.services.guard import guarded
from ccengine.services.rights import may
from ccengine.services.sign_in import display_names
from ccengine.services.work_orders import get
from ccengine.values import mask_number

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
        materials = await uow.field_actions.materials([order_id])
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
