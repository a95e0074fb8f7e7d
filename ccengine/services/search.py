"""The one search box: a call, an order or a customer by anything it is known by; and building its index anew.

What does not live here: the words of the index (store/search_text.py), search as one condition of a list.
"""

from __future__ import annotations

from dataclasses import dataclass

from ccengine.rows import CallRow, CustomerRow, OrderRow
from ccengine.services.context import Actor, Context
from ccengine.services.customers import masked
from ccengine.services.errors import Invalid, NotAllowed
from ccengine.services.guard import guarded, required_text
from ccengine.services.rights import may

LIMIT_MAX = 50
KINDS = ("order", "customer", "call")
_RIGHTS = {"order": "orders.view", "customer": "customers.view", "call": "calls.view"}
#: Customers are ranked before they are cut: those whose own name or number it is come first.
_CUSTOMERS_RANKED = 60
_BATCH = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a text found, each kind newest first; kinds that the actor may not see are empty. Numbers are masked."""

    orders: tuple[OrderRow, ...] = ()
    customers: tuple[CustomerRow, ...] = ()
    calls: tuple[CallRow, ...] = ()

    @property
    def count(self) -> int:
        """How many things were found."""
        return len(self.orders) + len(self.customers) + len(self.calls)


@guarded
async def find(ctx: Context, actor: Actor, text: str, limit: int = 6) -> Found:
    """Search everything the actor may see: numbers and their last digits, names, pinyin initials, addresses, order
    text. Every part of the text must be found. Errors: NotAllowed, Invalid(text, limit), Unavailable."""
    seen = [kind for kind in KINDS if may(actor, _RIGHTS[kind])]
    if not seen:
        raise NotAllowed(_RIGHTS["order"])
    text = required_text("text", text, 100, may_be_empty=True)
    if not 1 <= limit <= LIMIT_MAX:
        raise Invalid("limit", f"数量应在 1 到 {LIMIT_MAX} 之间", f"limit must be between 1 and {LIMIT_MAX}")
    async with ctx.store.reading() as uow:
        orders = await uow.search.find("order", text, limit) if "order" in seen else ()
        calls = await uow.search.find("call", text, limit) if "call" in seen else ()
        accounts = await uow.search.find("customer", text, _CUSTOMERS_RANKED) if "customer" in seen else ()
        customers = (await uow.customers.with_accounts(accounts, text))[:limit]
        return Found(
            orders=await uow.work_orders.with_numbers(orders),
            customers=tuple(masked(row) for row in customers),
            calls=await uow.calls.with_ids(calls),
        )


@guarded
async def rebuild(ctx: Context) -> dict[str, int]:
    """Write the whole index anew, a batch in each transaction; return how many entries each kind has.

    Until it is through, what was not reached yet is not found. Errors: Unavailable.
    """
    counts: dict[str, int] = {}
    for kind in (*KINDS, "article"):
        after: str | None = None
        while True:
            async with ctx.store() as uow:
                after = await uow.search.rebuild(kind, after, _BATCH)
                await uow.commit()
            if after is None:
                break
        async with ctx.store.reading() as uow:
            counts[kind] = await uow.search.count(kind)
    return counts


@guarded
async def build_if_missing(ctx: Context) -> bool:
    """Build the index where customers are older than it (an upgraded site); say whether it was. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        missing = await uow.customers.count() > 0 and await uow.search.count("customer") == 0
    if missing:
        await rebuild(ctx)
    return missing
