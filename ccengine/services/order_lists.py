"""The desk's list of work orders: quick filters with their counts, free conditions from an address, export in batches.

What does not live here: one order (work_orders.py), saved queries (saved_queries.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from ccengine.hotline.work_order import OVER, OrderStatus
from ccengine.rows import OrderFilter, OrderRow
from ccengine.rows.order_conditions import BadCondition, Condition, Group, checked, parse
from ccengine.services import work_orders
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid
from ccengine.services.guard import guarded
from ccengine.services.rights import require

#: Quick filters 快速查询 in the order of the desk; DB33 §5.4.2.
TABS = (
    "open",
    "mine",
    "registered",
    "accepted",
    "dispatched",
    "acknowledged",
    "in_progress",
    "handled",
    "visited",
    "overdue",
    "closed",
    "all",
)
EXPORT_MOST = 100_000
#: So far closed orders are counted: how many a list of a million holds exactly helps nobody and takes long.
COUNT_MOST = 1000
_BATCH = 200


def conditions(text: str) -> tuple[Group, ...]:
    """Return the groups of free conditions that an address says. Errors: Invalid(where)."""
    try:
        return parse(text)
    except BadCondition as error:
        raise Invalid("where", error.remedy_zh, error.remedy_en) from error


def checked_condition(field: str, operator: str, values: tuple[str, ...]) -> Condition:
    """Return one condition. Errors: Invalid(where)."""
    try:
        return checked(Condition(field=field, operator=operator, values=values))
    except BadCondition as error:
        raise Invalid("where", error.remedy_zh, error.remedy_en) from error


def tab_filter(ctx: Context, actor: Actor, tab: str) -> dict[str, Any]:
    """Return what a quick filter asks of OrderFilter; an unknown one asks nothing."""
    if tab == "open":
        return {"open_only": True}
    if tab == "mine":
        return {"open_only": True, "assigned_to": actor.name}
    if tab == "overdue":
        return {"open_only": True, "overdue_at": ctx.clock.now()}
    if tab == "handled":  # 已处理: the work is done, the order is not closed
        done = Condition(field="status", operator="is", values=("handled", "inspected"))
        return {"groups": ((done,),)}
    if tab == "visited":  # 已回访, whatever became of it
        return {"visited": True}
    return {"status": tab} if tab in {status.value for status in OrderStatus} else {}


@guarded
async def tab_counts(ctx: Context, actor: Actor) -> Mapping[str, int]:
    """Return how many orders the quick filters find, of those that may be many at most COUNT_MOST.

    Errors: NotAllowed(orders.view), Unavailable.
    """
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        by_status = await uow.reports.open_order_counts()
        settled = await uow.reports.settled_counts(COUNT_MOST)
        mine, overdue = await uow.reports.mine_and_overdue(actor.name, ctx.clock.now())
    counts = {status: by_status.get(status, 0) for status in ("registered", "accepted", "dispatched")}
    counts |= {status: by_status.get(status, 0) for status in ("acknowledged", "in_progress")}
    counts["handled"] = by_status.get("handled", 0) + by_status.get("inspected", 0)
    counts["open"] = sum(many for status, many in by_status.items() if OrderStatus(status) not in OVER)
    return {**counts, **settled, "mine": mine, "overdue": overdue}


@guarded
async def begin_export(ctx: Context, actor: Actor, query: str) -> None:
    """Check the right to take a list out of the house and write down who did. Errors: NotAllowed(orders.export)."""
    require(actor, "orders.export")
    async with ctx.store() as uow:
        await note(ctx, uow, actor, "orders.export", "orders", {"query": query[:2000]})
        await uow.commit()


async def batches(ctx: Context, actor: Actor, wanted: OrderFilter) -> AsyncIterator[tuple[OrderRow, ...]]:
    """Yield the orders of a list a batch at a time, newest first, at most EXPORT_MOST. Errors: as work_orders.find."""
    cursor: str | None = None
    for _ in range(EXPORT_MOST // _BATCH):
        # each batch is read by itself: a long download holds no transaction open
        page = await work_orders.find(ctx, actor, wanted, cursor, _BATCH)
        yield page.items
        cursor = page.next
        if cursor is None:
            return
