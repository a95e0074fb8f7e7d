"""Who may make which move of an order now: rights, the guards' facts out of the store, and their refusals in words.

What does not live here: the table and the guards themselves (hotline/order_moves.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from ccengine.hotline.evidence import EvidenceKind, Phase, missing_photos
from ccengine.hotline.order_catalogue import Catalogue, TypePolicy
from ccengine.hotline.order_moves import Move, MoveFacts, moves_from, refused_by
from ccengine.hotline.work_order import OrderStatus
from ccengine.rows import OrderRow, VisitRow
from ccengine.services.context import Actor
from ccengine.services.errors import Conflict, NotAllowed
from ccengine.services.rights import may
from ccengine.store_port import UnitOfWork

_WORDS: Mapping[str, tuple[str, str]] = {
    "own_crew": ("这张工单不在你的班组，请联系调度", "This order is not your crew's; ask the dispatcher"),
    "not_suspended": ("工单已挂起，请先恢复", "The order is suspended; resume it first"),
    "suspended": ("工单没有挂起", "The order is not suspended"),
    "photos_taken": (
        "这类工单要有处理前和处理后的照片，请先拍照",
        "Orders of this type need the photos before and after the work; take them first",
    ),
    "not_own_work": ("不能验收自己处理的工单，请由他人验收", "Nobody inspects their own work; somebody else must"),
    "inspected_first": ("这类工单要先验收", "Orders of this type are inspected first"),
    "visit_recorded": ("还没有回访记录，请先回访客户", "No visit is recorded yet; ask the customer first"),
    "graded_or_tried": (
        "客户还没有评价，回访次数也未达到规定，不能消单",
        "No grade yet, and fewer tries than the rule asks for: the order cannot be closed",
    ),
}


def round_of(order: OrderRow) -> int:
    """Return which round of work an order is in: each reopening begins a new one."""
    return order.reopened + 1


def visit_of_round(order: OrderRow, visits: tuple[VisitRow, ...]) -> VisitRow | None:
    """Return the visit of the present round."""
    return next((visit for visit in visits if visit.round == round_of(order)), None)


async def is_crew(uow: UnitOfWork, actor: Actor, order: OrderRow) -> bool:
    """Say whether an order is this person's work: named, in its unit or in a joint unit; or it is nobody's yet."""
    if may(actor, "orders.any_crew") or not (order.unit_code or order.assigned_to):
        return True
    if order.assigned_to == actor.name:
        return True
    codes = {order.unit_code, *(one.unit_code for one in await uow.order_parts.joint_units(order.id))}
    catalogue = await uow.catalogue.read()
    return any(unit.code in codes for unit in catalogue.units_of(actor.name))


async def photos_missing(uow: UnitOfWork, actor: Actor, order: OrderRow, policy: TypePolicy) -> bool:
    """Say whether the crew owes photos that the type demands. A photo from before the work stays good when the order is
    reopened, one from after it does not. Who is no crew (the desk) states what it was told and owes none."""
    if may(actor, "orders.any_crew") or not (policy.photo_before or policy.photo_after):
        return False
    photos = [one for one in await uow.evidence.of_orders([order.id]) if one.kind == EvidenceKind.PHOTO]
    phases = [one.phase for one in photos if one.phase == Phase.BEFORE or one.round == round_of(order)]
    return bool(missing_photos(phases, before=policy.photo_before, after=policy.photo_after))


async def facts_of(uow: UnitOfWork, actor: Actor, order: OrderRow) -> MoveFacts:
    """Return what the guards look at."""
    policy = (await uow.catalogue.read()).policy(order.type)
    visit = visit_of_round(order, await uow.visits.of_order(order.id))
    worked = await uow.work_orders.actors_of(order.id, OrderStatus.HANDLED.value)
    return MoveFacts(
        status=order.status,
        actor=f"{actor.kind}:{actor.name}",
        is_crew=await is_crew(uow, actor, order),
        suspended=bool(order.suspended),
        photos_missing=await photos_missing(uow, actor, order, policy),
        worked=worked | ({f"user:{order.assigned_to}"} if order.assigned_to else frozenset()),
        inspection_needed=policy.inspection,
        visit_needed=policy.visit and not order.is_incident,  # its orders' customers are asked, each
        graded=visit is not None and visit.grade_handling is not None,
        tries=visit.tries if visit is not None else 0,
        tries_needed=policy.visit_tries,
    )


def has_right(actor: Actor, move: Move, order: OrderRow, catalogue: Catalogue) -> bool:
    """Say whether the actor's roles allow a move; a unit's leader inspects what the unit did."""
    if may(actor, move.right):
        return True
    unit = catalogue.unit(order.unit_code) if move.name == "inspect" else None
    return unit is not None and actor.kind == "user" and unit.leader == actor.name


def require_move(actor: Actor, move: Move, order: OrderRow, catalogue: Catalogue, facts: MoveFacts) -> None:
    """Raise NotAllowed or Conflict, naming the reason, when the actor may not make this move now."""
    if not has_right(actor, move, order, catalogue):
        raise NotAllowed(move.right)
    guard = refused_by(move, facts)
    if guard is not None:
        raise Conflict(*_WORDS[guard], offered(actor, order, catalogue, facts))


def offered(actor: Actor, order: OrderRow, catalogue: Catalogue, facts: MoveFacts) -> tuple[str, ...]:
    """Return the names of the moves that this actor may make now, in the order of the table."""
    return tuple(
        move.name
        for move in moves_from(order.status)
        if has_right(actor, move, order, catalogue) and refused_by(move, facts) is None
    )
