"""Lines of an order's history: who, when, from where, what was and what is; and the word to those who push changes.

What does not live here: the chain of hashes (hotline/event_chain.py, made by the store).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ccengine.hotline.work_order import OrderStatus
from ccengine.rows import OrderEvent, OrderRow
from ccengine.services.context import Actor, Context
from ccengine.store_port import UnitOfWork

#: Columns that each change moves on by itself.
_ALWAYS = frozenset({"version", "updated_at"})
#: What stands in columns of its own on the line, or is made anew from other rows.
_NOT_AT_FIRST = frozenset({"id", "call_ids", *_ALWAYS})


def event_of(
    ctx: Context,
    actor: Actor,
    order: OrderRow,
    kind: str,
    *,
    note: str = "",
    to: OrderStatus | None = None,
    from_: OrderStatus | None = None,
    detail: Mapping[str, Any] | None = None,
) -> OrderEvent:
    """Return a line for an order's history; a move leads from where the order is now, or from `from_`."""
    source = from_ or order.status
    return OrderEvent(
        order_id=order.id,
        at=ctx.clock.now(),
        actor=f"{actor.kind}:{actor.name}",
        kind=kind,
        from_status=source.value if to else None,
        to_status=to.value if to else None,
        note=note,
        detail=as_json(detail or {}),
        channel=actor.channel,
        ip=actor.ip,
    )


def opening_event(event: OrderEvent, order: OrderRow) -> OrderEvent:
    """Return a new order's first line: it leads from nowhere, and all that the order says is after it."""
    after = {name: as_json(getattr(order, name)) for name in OrderRow.__slots__ if name not in _NOT_AT_FIRST}
    said = {name: value for name, value in after.items() if value not in ("", None, 0, False, {})}
    return replace(event, from_status=None, to_status=order.status.value, after=said)


def changing_event(event: OrderEvent, before: OrderRow, after: OrderRow) -> OrderEvent:
    """Return a line with the columns that changed, as they were and as they are."""
    names = [
        name for name in OrderRow.__slots__ if name not in _ALWAYS and getattr(before, name) != getattr(after, name)
    ]
    was, now = ({name: as_json(getattr(row, name)) for name in names} for row in (before, after))
    return replace(event, before=was, after=now)


def as_json(value: Any) -> Any:
    """Return a value as the history keeps it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return {str(name): as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


async def tell(ctx: Context, uow: UnitOfWork, order_id: int) -> None:
    """Put the order's change into the outbox."""
    await uow.outbox.add("order", {"order_id": order_id}, ctx.clock.now())
