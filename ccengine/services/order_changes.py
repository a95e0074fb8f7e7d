"""What every change of an order shares: reading it, asking the transition table, saving with a history line.

What does not live here: the use cases (work_orders.py, call_choice.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ccengine.hotline.work_order import (
    IllegalMove,
    OrderState,
    OrderStatus,
    legal_moves,
)
from ccengine.rows import OrderEvent, OrderRow
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, NotFound
from ccengine.services.opening import tell
from ccengine.store_port import UnitOfWork


async def order_of(uow: UnitOfWork, order_id: int, expected_version: int | None = None) -> OrderRow:
    order = await uow.work_orders.get(order_id)
    if order is None:
        raise NotFound("work order", order_id)
    if expected_version is not None and order.version != expected_version:
        moves = legal_moves(order.status)
        raise Conflict(
            "工单刚被其他人修改，请刷新后再试", "Somebody else changed this order just now; reload and try again", moves
        )
    return order


def legal(order: OrderRow, step: Callable[[OrderState], OrderState]) -> OrderState:
    try:
        return step(OrderState(status=order.status, stamps=order.stamps))
    except IllegalMove as error:
        moves = ", ".join(error.legal) or "无"
        raise Conflict(
            f"工单在“{order.status}”状态，不能转到“{error.to_status}”；可以转到：{moves}", str(error), error.legal
        ) from error


async def save(
    ctx: Context,
    uow: UnitOfWork,
    actor: Actor,
    order: OrderRow,
    changes: dict[str, Any],
    state: OrderState | None,
    *,
    kind: str,
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> OrderRow:
    updated = await uow.work_orders.update(order.id, order.version, changes, state, ctx.clock.now())
    moved = state if state is not None and state.status is not order.status else None
    event = event_of(ctx, actor, order, kind, note=note, to=moved.status if moved else None, detail=detail or changes)
    await uow.work_orders.add_event(event)
    await tell(ctx, uow, order.id)
    if kind == "moved":
        await audit(ctx, uow, actor, "orders.move", f"order:{order.id}", {"to": updated.status.value})
    return updated


def event_of(
    ctx: Context,
    actor: Actor,
    order: OrderRow,
    kind: str,
    *,
    note: str = "",
    to: OrderStatus | None = None,
    detail: dict[str, Any] | None = None,
) -> OrderEvent:
    return OrderEvent(
        order_id=order.id,
        at=ctx.clock.now(),
        actor=f"{actor.kind}:{actor.name}",
        kind=kind,
        from_status=order.status.value if to else None,
        to_status=to.value if to else None,
        note=note,
        detail=detail or {},
    )
