"""The call-back by phone: which order a call asks about, what the customer answers, and a call that brought nothing.

What does not live here: what a grade does to an order (order_visits.py), the conversation (ivr/order_visit.py),
dialling (engine/dialler.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ccengine.rows import AttemptRow, OrderRow, VisitRow
from ccengine.services.context import ENGINE, Actor, Context
from ccengine.services.guard import guarded
from ccengine.services.order_changes import order_of
from ccengine.services.order_visits import VisitResult, note_result, note_try
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

#: Said by key: "1" the matter is fixed, "0" it is not.
FIXED = "fixed"
#: Who acts when a customer presses a key.
CALLEE = Actor(kind="caller", name="callee")
_WAITING = ("pending", "asking")
_ASKED = (*_WAITING, "unreachable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The order that a call asks about."""

    number: str
    registered_at: datetime


@guarded
async def about(ctx: Context, call_id: str) -> Asked | None:
    """Return the order that a campaign's call asks about; None: the customer has answered, or nothing is to be asked.

    Errors: Unavailable.
    """
    async with ctx.store.reading() as uow:
        attempt = await uow.attempts.of_call(call_id)
        visit = await _visit_of(uow, attempt) if attempt is not None else None
        if visit is None or visit.status not in _ASKED:
            return None
        order = await order_of(uow, visit.order_id)
    return Asked(number=order.number, registered_at=order.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingVisit:
    """A customer who is to be asked, and the order it is about."""

    visit: VisitRow
    order: OrderRow


@guarded
async def waiting(ctx: Context, actor: Actor, limit: int = 200) -> tuple[WaitingVisit, ...]:
    """Return the visits whose time has come, by people and by phone, oldest first (by message: messages.py).

    Errors: NotAllowed(orders.close), Unavailable.
    """
    require(actor, "orders.close")
    async with ctx.store.reading() as uow:
        due = await uow.visits.due(ctx.clock.now(), ("agent", "phone"), limit)
        return tuple([WaitingVisit(visit=one, order=await order_of(uow, one.order_id)) for one in due])


async def heard(ctx: Context, uow: UnitOfWork, attempt: AttemptRow, what: str, value: str) -> None:
    """Take over what a customer says by key during a call-back, in the caller's transaction: first whether the matter
    is fixed, then the grade, which is the vote. A visit takes one vote; whatever comes later changes nothing."""
    visit = await _visit_of(uow, attempt)
    if visit is None or visit.status not in _ASKED:
        return
    if what == FIXED and value in ("0", "1"):
        await uow.visits.update(visit.id, _ASKED, {"fixed": value == "1", "call_id": attempt.call_id})
    if what == "graded" and value in ("1", "2", "3", "4", "5"):
        fixed = visit.fixed if visit.call_id == attempt.call_id else None
        result = VisitResult(grade_handling=int(value), fixed=fixed, call_id=attempt.call_id)
        await note_result(ctx, uow, CALLEE, visit.id, result)


async def call_over(ctx: Context, uow: UnitOfWork, attempt: AttemptRow, *, placed: bool) -> None:
    """Take over that a call-back ended without a grade, in the caller's transaction: "not fixed" alone reopens the
    order, else it was a try in vain, to be made again as the order's type says. A call that was never `placed` was no
    try."""
    visit = await _visit_of(uow, attempt)
    if visit is None or visit.status not in _WAITING:
        return
    if not placed:
        await uow.visits.update(visit.id, _WAITING, {"status": "pending", "due_at": ctx.clock.now()})
    elif visit.fixed is False and visit.call_id == attempt.call_id:
        result = VisitResult(grade_handling=None, fixed=False, call_id=attempt.call_id)
        await note_result(ctx, uow, CALLEE, visit.id, result)
    else:
        await note_try(ctx, uow, ENGINE, visit.id, attempt.call_id)


async def _visit_of(uow: UnitOfWork, attempt: AttemptRow) -> VisitRow | None:
    target = await uow.targets.get(attempt.target_id)
    if target is None or target.visit_id is None:
        return None
    return await uow.visits.get(target.visit_id)
