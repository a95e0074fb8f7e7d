"""What every change of an order shares: reading it, asking the transition table, saving with a history line.

What does not live here: the use cases (work_orders.py, order_moves.py, call_choice.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ccengine.hotline.order_moves import MOVE_NAMES
from ccengine.hotline.order_status import NAMES
from ccengine.hotline.work_order import (
    IllegalMove,
    OrderState,
    OrderStatus,
    legal_moves,
)
from ccengine.rows import OrderRow
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, NotFound
from ccengine.services.order_events import changing_event, event_of, tell
from ccengine.services.sla import follow_order
from ccengine.store_port import UnitOfWork


async def order_of(uow: UnitOfWork, order_id: int, expected_version: int | None = None) -> OrderRow:
    """Return an order. Raises NotFound; Conflict, naming who did what, when it has not that version (any more)."""
    order = await uow.work_orders.get(order_id)
    if order is None:
        raise NotFound("work order", order_id)
    if expected_version is not None and order.version != expected_version:
        zh, en = await last_deed(uow, order)
        raise Conflict(
            f"工单刚被其他人修改，您的更改没有保存。请看最新内容后再提交。{zh}",
            f"Somebody else changed this order just now; yours was not saved. Look at it, then send again. {en}",
            legal_moves(order.status),
        )
    return order


#: What somebody did, for the sentence that says who was faster; moves say the state they led to.
DEEDS = {
    "noted": ("添加备注", "added a note"),
    "changed": ("修改内容", "changed what it says"),
    "stamped": ("记录时间节点", "stamped it"),
    "attached": ("并入通话", "joined a call"),
    "evidence": ("上传现场证据", "sent evidence from the field"),
    "materials": ("登记用料", "noted materials"),
    "urged": ("催办", "urged it"),
    "supervised": ("督办", "put it under supervision"),
    "joint": ("协办", "called in further units"),
    "merged": ("并入工单", "merged an order into it"),
    "placed": ("标注位置", "marked its place"),
    "printed": ("打印表单", "printed a form"),
}


async def last_deed(uow: UnitOfWork, order: OrderRow) -> tuple[str, str]:
    """Return who did what to the order last, in both languages."""
    event = await uow.work_orders.last_event(order.id)
    if event is None:
        return "", ""
    who = event.actor.rpartition(":")[2]
    user = await uow.users.by_name(who)
    who = user.display_name if user is not None and user.display_name else who
    if event.to_status:
        zh, en = NAMES[OrderStatus(event.to_status)]
        return f"{who} 已将其转为“{zh}”。", f"{who} moved it to {en}."
    zh, en = DEEDS.get(event.kind, ("办理", "worked on it"))
    return f"最近一次操作：{who}（{zh}）。", f"The last deed: {who} {en}."


def legal(order: OrderRow, step: Callable[[OrderState], OrderState]) -> OrderState:
    """Return the order's state after `step`. Raises Conflict naming the legal moves."""
    try:
        return step(state_of(order))
    except IllegalMove as error:
        raise illegal(order, error.to_status) from error


def illegal(
    order: OrderRow, wanted: str, legal: tuple[str, ...] | None = None, deed: tuple[str, str] = ("", "")
) -> Conflict:
    """Return the refusal of a move that the table does not have; `legal` names what it has instead."""
    moves = legal if legal is not None else tuple(str(one) for one in legal_moves(order.status))
    listed = ", ".join(moves)
    zh_state, en_state = NAMES[order.status]
    zh_listed = "、".join(_in_chinese(one) for one in moves)
    return Conflict(
        f"工单在“{zh_state}”状态，不能转到“{_in_chinese(wanted)}”；可以：{zh_listed or '无'}。{deed[0]}",
        f"The order is {en_state}: {wanted} is not a legal move; legal: {listed or 'none'}. {deed[1]}".rstrip(),
        moves,
    )


def _in_chinese(code: str) -> str:
    known = dict(MOVE_NAMES) | {status.value: zh for status, (zh, _) in NAMES.items()}
    return known.get(code, code)


def state_of(order: OrderRow) -> OrderState:
    """Return where an order stands, as the pure rules see it."""
    return OrderState(status=order.status, stamps=order.stamps)


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
    """Store a change with its history line and tell it. Raises VersionConflict when somebody was faster."""
    updated = await uow.work_orders.update(order.id, order.version, changes, state, ctx.clock.now())
    updated = await follow_order(ctx, uow, updated, before=order)
    moved = state if state is not None and kind == "moved" else None
    event = event_of(ctx, actor, order, kind, note=note, to=moved.status if moved else None, detail=detail or changes)
    await uow.work_orders.add_event(changing_event(event, order, updated))
    await tell(ctx, uow, order.id)
    if kind == "moved":
        await audit(ctx, uow, actor, "orders.move", f"order:{order.id}", {"to": updated.status.value})
    return updated
