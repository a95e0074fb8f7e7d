"""Duplicate hint: recent open orders of the same customer, or of the same place and category.

What does not live here: joining orders into one incident.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from ccengine.hotline.account import normal_number
from ccengine.hotline.same_place import place_of, same_place
from ccengine.rows import OrderFilter, OrderRow
from ccengine.services.context import Actor, Context
from ccengine.services.guard import guarded
from ccengine.services.rights import require

WINDOW = timedelta(hours=72)
_CANDIDATES = 50
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is about to be registered, or an order: as much of it as is known."""

    type: str = ""
    category: str = ""
    address: str = ""
    customer_account: str = ""
    contact_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """An order that may be about the same matter; reason: same_customer or same_place."""

    order: OrderRow
    reason: str


@guarded
async def find(ctx: Context, actor: Actor, matter: Matter, *, but: int | None = None) -> tuple[Similar, ...]:
    """Return open orders of the last three days on perhaps the same matter, at most five, newest first; `but` is left
    out. Errors: NotAllowed(orders.view), Unavailable."""
    require(actor, "orders.view")
    since = ctx.clock.now() - WINDOW
    number = normal_number(matter.contact_number, ctx.settings.site.area_code)
    account = matter.customer_account.strip()
    found: dict[int, Similar] = {}
    async with ctx.store.reading() as uow:
        if account and not matter.address.strip():  # it will be registered at the customer's address
            customer = await uow.customers.get(account)
            matter = replace(matter, address=customer.address if customer is not None else "")
        place = place_of(matter.address)
        if account or number:
            for candidate in await uow.work_orders.open_of_customer(account or None, number, since):
                if _matches(candidate, matter):
                    found[candidate.id] = Similar(order=candidate, reason="same_customer")
        if place:
            wanted = OrderFilter(text=place, open_only=True, since=since)
            for candidate in (await uow.work_orders.find(wanted, None, _CANDIDATES)).items:
                if _matches(candidate, matter) and same_place(candidate.address, matter.address):
                    found.setdefault(candidate.id, Similar(order=candidate, reason="same_place"))
    found.pop(but or 0, None)
    newest = sorted(found.values(), key=lambda one: one.order.created_at, reverse=True)
    return tuple(newest[:_SHOWN])


def _matches(candidate: OrderRow, matter: Matter) -> bool:
    """An order that is more exactly about something else is another matter."""
    if matter.category and candidate.category:
        return candidate.category == matter.category
    return not matter.type or candidate.type == matter.type


def matter_of(order: OrderRow) -> Matter:
    """Return an order's matter."""
    return Matter(
        type=order.type,
        category=order.category,
        address=order.address,
        customer_account=order.customer_account or "",
        contact_number=order.contact_number,
    )
