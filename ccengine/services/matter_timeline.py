"""Everything that happened in one matter as one line of time: calls, recordings, moves, evidence, visits, grades.

Another kind of step is one more function in SOURCES. What does not live here: how a step is worded (backoffice/).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ccengine.rows import OrderEvent, OrderRow
from ccengine.services.context import Actor, Context
from ccengine.services.guard import guarded
from ccengine.services.order_changes import order_of
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterStep:
    """One step. kind: call, recording, event or evidence; `key` names the thing itself (call id, evidence id)."""

    at: datetime
    kind: str
    who: str = ""
    key: str = ""
    note: str = ""
    event: OrderEvent | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


async def _calls(uow: UnitOfWork, order: OrderRow) -> list[MatterStep]:
    steps: list[MatterStep] = []
    visits = [one.call_id for one in await uow.visits.of_order(order.id) if one.call_id]
    for call_id in dict.fromkeys((*order.call_ids, *visits)):
        call = await uow.calls.get(call_id)
        if call is None:
            continue
        record = call.record
        about = {
            "direction": record.direction.value,
            "outcome": record.outcome.value if record.outcome else "",
            "talk_seconds": record.talk_seconds,
            "grade": record.grade,
        }
        who = f"agent:{record.agent_number}" if record.agent_number else ""
        steps.append(MatterStep(at=record.started_at, kind="call", who=who, key=call_id, detail=about))
        if call.playable is not None and record.ended_at is not None:
            seconds = {"seconds": call.playable.seconds}
            steps.append(MatterStep(at=record.ended_at, kind="recording", key=call_id, detail=seconds))
    return steps


async def _events(uow: UnitOfWork, order: OrderRow) -> list[MatterStep]:
    found = await uow.work_orders.events(order.id)
    told = [one for one in found if one.kind != "evidence"]  # shown as what it is
    return [MatterStep(at=one.at, kind="event", who=one.actor, note=one.note, event=one) for one in told]


async def _evidence(uow: UnitOfWork, order: OrderRow) -> list[MatterStep]:
    return [
        MatterStep(
            at=one.taken_at,
            kind="evidence",
            who=f"user:{one.taken_by}",
            key=str(one.id),
            note=one.note,
            detail={"phase": one.phase, "kind": one.kind, "round": one.round},
        )
        for one in await uow.evidence.of_orders((order.id,))
    ]


#: What a matter is made of.
SOURCES: tuple[Callable[[UnitOfWork, OrderRow], Awaitable[list[MatterStep]]], ...] = (_calls, _events, _evidence)


@guarded
async def matter_timeline(ctx: Context, actor: Actor, order_id: int) -> tuple[MatterStep, ...]:
    """Return all steps of an order's matter, first to last. Errors: NotAllowed(orders.view), NotFound, Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        order = await order_of(uow, order_id)
        steps = [step for source in SOURCES for step in await source(uow, order)]
    return tuple(sorted(steps, key=lambda step: step.at))
