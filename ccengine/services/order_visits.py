"""The customer's grade after the work: recorded once for each round; a bad one reopens, a good one closes.

What does not live here: how the customer is asked (dialler, flow, page), when a visit is queued (order_moves.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ccengine.hotline.evaluation import GRADES
from ccengine.hotline.order_moves import BY_NAME, refused_by
from ccengine.rows import OrderRow, VisitRow
from ccengine.services.context import ENGINE, Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, required_text
from ccengine.services.order_changes import order_of
from ccengine.services.order_events import event_of, tell
from ccengine.services.order_guards import facts_of, round_of, visit_of_round
from ccengine.services.order_moves import MoveRequest, apply_move
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

_WAITING = ("pending", "asking")
#: A customer who could not be reached may still give a grade later, on the web or to an agent.
_OPEN = (*_WAITING, "unreachable")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitResult:
    """What the customer said. The handling's grade decides; the call's grade is kept beside it.

    Who says "not fixed" and hangs up before the grade has said enough: only then the grade may be missing.
    """

    grade_handling: int | None
    fixed: bool | None = None
    grade_call: int | None = None
    remark: str = ""
    remark_recording: str = ""
    call_id: str | None = None


@guarded
async def record_try(ctx: Context, actor: Actor, visit_id: int, call_id: str | None = None) -> VisitRow:
    """Note a try in vain: asked again later, or, after as many as the type's rule asks for, given up and closed.

    Errors: NotAllowed(orders.close), NotFound, Conflict (it is over), Unavailable.
    """
    require(actor, "orders.close")
    async with ctx.store() as uow:
        await note_try(ctx, uow, actor, visit_id, call_id)
        await uow.commit()
    return await _reread(ctx, visit_id)


async def note_try(ctx: Context, uow: UnitOfWork, actor: Actor, visit_id: int, call_id: str | None = None) -> None:
    """Note a try in vain inside the caller's transaction. Errors: NotFound, Conflict (it is over)."""
    visit, order = await _visit_and_order(uow, visit_id)
    policy = (await uow.catalogue.read()).policy(order.type)
    now, tries = ctx.clock.now(), visit.tries + 1
    given_up = tries >= policy.visit_tries
    values: dict[str, Any] = {"tries": tries, "status": "unreachable" if given_up else "pending"}
    values["due_at"] = now + timedelta(minutes=ctx.settings.orders.visit_retry_minutes)
    if call_id is not None:
        values["call_id"] = call_id
    if given_up:
        values["done_at"] = now
    await _update(uow, visit, _WAITING, values)
    detail = {"round": visit.round, "tries": tries, "reached": False}
    await uow.work_orders.add_event(event_of(ctx, actor, order, "visited", detail=detail))
    await tell(ctx, uow, order.id)
    if given_up:
        await _advance(ctx, uow, order, f"回访 {tries} 次未接通")


@guarded
async def record_result(ctx: Context, actor: Actor, visit_id: int, result: VisitResult) -> OrderRow:
    """Keep what the customer said, once: a grade as bad as `orders.reopen_grade` or "not fixed" reopens the order for
    the same crew; else the order is visited and closed.

    Errors: NotAllowed(orders.close; a caller needs none), NotFound, Invalid(grade_handling, grade_call, remark),
    Conflict (this visit has its vote), Unavailable.
    """
    if actor.kind != "caller":
        require(actor, "orders.close")
    async with ctx.store() as uow:
        order = await note_result(ctx, uow, actor, visit_id, result)
        await uow.commit()
    return order


async def note_result(ctx: Context, uow: UnitOfWork, actor: Actor, visit_id: int, result: VisitResult) -> OrderRow:
    """Keep what the customer said inside the caller's transaction. Errors: NotFound, Invalid, Conflict."""
    result_values = _checked(result)
    visit, order = await _visit_and_order(uow, visit_id)
    if result.call_id is None:
        del result_values["call_id"]  # what was called for this visit stays known
    values = result_values | {
        "status": "done",
        "done_at": ctx.clock.now(),
        "tries": visit.tries + 1,
        "asked_by": f"{actor.kind}:{actor.name}",
    }
    await _update(uow, visit, _OPEN, values)
    detail = {name: value for name, value in result_values.items() if value not in (None, "")}
    detail |= {"round": visit.round, "reached": True}
    await uow.work_orders.add_event(event_of(ctx, actor, order, "visited", note=result.remark, detail=detail))
    await tell(ctx, uow, order.id)
    if visit.round == round_of(order):
        order = await _decide(ctx, uow, order, result)
    return order


async def record_for_order(ctx: Context, actor: Actor, order_id: int, result: VisitResult) -> OrderRow:
    """Record the visit of an order's present round, made by a person.

    Errors: as record_result; Conflict when the work is not done yet.
    """
    return await record_result(ctx, actor, await visit_by_hand(ctx, actor, order_id), result)


async def try_for_order(ctx: Context, actor: Actor, order_id: int) -> VisitRow:
    """Note a try in vain of a person. Errors: as record_try; Conflict when the work is not done yet."""
    return await record_try(ctx, actor, await visit_by_hand(ctx, actor, order_id))


@guarded
async def visit_by_hand(ctx: Context, actor: Actor, order_id: int) -> int:
    """Return the visit of an order's present round, to be made by a person. Errors: NotAllowed(orders.close), NotFound,
    Conflict (the work is not done yet), Unavailable."""
    require(actor, "orders.close")
    async with ctx.store() as uow:
        order = await order_of(uow, order_id)
        if "handled" not in order.stamps:
            raise Conflict("处理完毕后才能回访", "The customer is asked after the work is done")
        now = ctx.clock.now()
        await uow.visits.add(order.id, round_of(order), "agent", now, now)
        visit = visit_of_round(order, await uow.visits.of_order(order.id))
        await uow.commit()
    assert visit is not None, "it was there or has just been added"
    return visit.id


async def _decide(ctx: Context, uow: UnitOfWork, order: OrderRow, result: VisitResult) -> OrderRow:
    grade = result.grade_handling
    bad = result.fixed is False or grade is None or grade <= ctx.settings.orders.reopen_grade
    if not bad:
        return await _advance(ctx, uow, order, f"评价 {grade}")
    if order.status not in BY_NAME["reopen"].sources:
        return order
    said = "客户表示未解决" if result.fixed is False else f"评价 {result.grade_handling}"
    return await apply_move(ctx, uow, ENGINE, order, BY_NAME["reopen"], MoveRequest(note=f"回访重开：{said}"))


async def _advance(ctx: Context, uow: UnitOfWork, order: OrderRow, why: str) -> OrderRow:
    """Let the order go on to visited and closed as far as the table and its guards allow."""
    names = ("visit", "close") if ctx.settings.orders.close_after_grade else ("visit",)
    for name in names:
        move = BY_NAME[name]
        if order.status in move.sources and refused_by(move, await facts_of(uow, ENGINE, order)) is None:
            order = await apply_move(ctx, uow, ENGINE, order, move, MoveRequest(note=why))
    return order


async def _visit_and_order(uow: UnitOfWork, visit_id: int) -> tuple[VisitRow, OrderRow]:
    visit = await uow.visits.get(visit_id)
    if visit is None:
        raise NotFound("visit", visit_id)
    return visit, await order_of(uow, visit.order_id)


async def _update(uow: UnitOfWork, visit: VisitRow, expected: tuple[str, ...], values: dict[str, Any]) -> None:
    if not await uow.visits.update(visit.id, expected, values):
        raise Conflict("本次回访已经有结果，每次回访只记一票", "This visit has its result; one vote for each visit")


async def _reread(ctx: Context, visit_id: int) -> VisitRow:
    async with ctx.store.reading() as uow:
        visit = await uow.visits.get(visit_id)
    assert visit is not None, "visits are never deleted"
    return visit


def _checked(result: VisitResult) -> dict[str, Any]:
    for name in ("grade_handling", "grade_call"):
        grade = getattr(result, name)
        if grade is None and (name == "grade_call" or result.fixed is False):
            continue
        if grade not in GRADES:
            raise Invalid(name, "评分为 1 到 5", "A grade is 1 to 5")
    return {
        "grade_handling": result.grade_handling,
        "grade_call": result.grade_call,
        "fixed": result.fixed,
        "remark": required_text("remark", result.remark, 2000, may_be_empty=True),
        "remark_recording": required_text("remark_recording", result.remark_recording, 200, may_be_empty=True),
        "call_id": result.call_id,
    }
