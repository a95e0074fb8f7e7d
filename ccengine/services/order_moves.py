"""Moving an order by the table: who may, what else changes with each move, who is told.

What does not live here: the table (hotline/order_moves.py), the customer's grade (order_visits.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ccengine.hotline.order_catalogue import Catalogue, CodeKind
from ccengine.hotline.order_moves import BY_NAME, NAMES, SUSPEND_REASONS, Move, moves_from
from ccengine.hotline.work_order import OVER, OrderStatus, shifted
from ccengine.rows import OrderRow
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.incident_orders import close_with
from ccengine.services.order_changes import illegal, last_deed, order_of, save, state_of
from ccengine.services.order_events import event_of, tell
from ccengine.services.order_guards import facts_of, require_move, round_of
from ccengine.services.rights import require
from ccengine.services.sla import follow_order
from ccengine.store_port import UnitOfWork

#: History lines of moves that leave the state as it is.
_KINDS = {
    "suspend": "suspended",
    "resume": "resumed",
    "urge": "urged",
    "supervise": "supervised",
    "joint": "joint",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRequest:
    """What comes with a move. `reason`: a code of SUSPEND_REASONS; `unit_code`, `assigned_to`: who gets the work (None:
    as it is); `joint_units`: the further units, all of them; `into`: the order that this one is merged into;
    `performed_at`: when it was done in the field, where it comes in later."""

    note: str = ""
    expected_version: int | None = None
    reason: str = ""
    unit_code: str | None = None
    assigned_to: str | None = None
    joint_units: tuple[str, ...] | None = None
    into: int | None = None
    performed_at: datetime | None = None


PLAIN = MoveRequest()


@guarded
async def make_move(ctx: Context, actor: Actor, order_id: int, name: str, request: MoveRequest = PLAIN) -> OrderRow:
    """Make one move of the table.

    Errors: NotAllowed (the move's right; audited), NotFound, Invalid(move, note, reason, unit_code, assigned_to,
    joint_units, into), Conflict (not in this state, refused by a guard, somebody was faster: with the legal moves),
    Unavailable. After an error nothing has changed.
    """
    require(actor, "orders.view")
    one_of("move", name, NAMES)
    try:
        async with ctx.store() as uow:
            order = await order_of(uow, order_id, request.expected_version)
            updated = await apply_move(ctx, uow, actor, order, BY_NAME[name], request)
            await uow.commit()
    except NotAllowed as refusal:
        await _note_refusal(ctx, actor, order_id, name, refusal)
        raise
    return updated


async def _note_refusal(ctx: Context, actor: Actor, order_id: int, name: str, refusal: NotAllowed) -> None:
    async with ctx.store() as uow:
        detail = {"move": name, "right": refusal.right}
        await audit(ctx, uow, actor, "orders.move_refused", f"order:{order_id}", detail)
        await uow.commit()


async def apply_move(
    ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow, move: Move, request: MoveRequest
) -> OrderRow:
    """Make a move inside the caller's transaction. Errors: as make_move."""
    if order.status not in move.sources:
        names = tuple(one.name for one in moves_from(order.status))
        raise illegal(order, move.name, names, await last_deed(uow, order))
    catalogue = await uow.catalogue.read()
    require_move(actor, move, order, catalogue, await facts_of(uow, actor, order))
    note = required_text("note", request.note, 2000, may_be_empty=True)
    if move.reason and not note and not (move.name == "suspend" and request.reason):
        raise Invalid("note", "退单、重开等需要填写原因", f"{move.name} needs a reason")
    changes, detail = _effect(order, move, request, actor, catalogue)
    if move.name == "merge":
        await _take_over(ctx, uow, actor, order, request)
    state = shifted(state_of(order), move.to, ctx.clock.now()) if move.to is not None else None
    if move.name == "not_needed" and state is not None:  # the customer gets a receipt: that is the reply
        state = type(state)(status=state.status, stamps={"replied": ctx.clock.now(), **state.stamps})
    if request.performed_at is not None:
        detail = {**detail, "performed_at": request.performed_at.isoformat()}
    kind = "moved" if move.to is not None else _KINDS[move.name]
    updated = await save(
        ctx, uow, actor, order, changes, state, kind=kind, note=note, detail={"move": move.name, **detail}
    )
    await _aftermath(ctx, uow, actor, updated, move, request)
    if order.suspended or updated.suspended:  # a pause began or ended: the clocks stand still or go on
        updated = await follow_order(ctx, uow, updated, before=updated)
    return updated


def _effect(
    order: OrderRow, move: Move, request: MoveRequest, actor: Actor, catalogue: Catalogue
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the columns that a move changes besides state and stamps, and what its history line says of it."""
    effects: dict[str, Callable[[], tuple[dict[str, Any], dict[str, Any]]]] = {
        "dispatch": lambda: _assignment(order, request, catalogue),
        "reassign": lambda: _assignment(order, request, catalogue, must_differ=True),
        "return": lambda: ({"unit": "", "unit_code": "", "assigned_to": ""}, {"from_unit": order.unit_code}),
        "reopen": lambda: ({"reopened": order.reopened + 1, "resolution": ""}, {"round": order.reopened + 2}),
        "suspend": lambda: _suspension(request),
        "resume": lambda: ({}, {"reason": order.suspended}),
        "urge": lambda: ({"urges": order.urges + 1}, {"times": order.urges + 1}),
        "supervise": lambda: ({"supervised_by": f"{actor.kind}:{actor.name}"}, {}),
        "joint": lambda: ({}, {"units": list(_joint(request, catalogue))}),
        "not_needed": lambda: ({"resolution": "not_needed"}, {}),
        "merge": lambda: ({"resolution": "merged", "parent_id": request.into}, {"into": request.into}),
    }
    changes, detail = effects.get(move.name, lambda: ({}, {}))()
    if order.suspended and (move.to is not None or move.name == "resume"):
        changes["suspended"] = ""
    return changes, detail


def _assignment(
    order: OrderRow, request: MoveRequest, catalogue: Catalogue, *, must_differ: bool = False
) -> tuple[dict[str, Any], dict[str, Any]]:
    changes = assignment(order, request.unit_code, request.assigned_to, catalogue)
    if must_differ and all(getattr(order, name) == value for name, value in changes.items()):
        raise Invalid("unit_code", "请选择另一个单位或人员", "Name another unit or person")
    return changes, {name: changes[name] for name in ("unit_code", "assigned_to") if name in changes}


def assignment(order: OrderRow, unit_code: str | None, assigned_to: str | None, catalogue: Catalogue) -> dict[str, Any]:
    """Return the columns that say who gets an order. A person belongs to the unit; a new unit drops the old person.

    Raises Invalid(unit_code, assigned_to).
    """
    if unit_code is None and assigned_to is None:
        return {}
    wanted = order.unit_code if unit_code is None else unit_code
    if wanted and wanted != order.unit_code and not catalogue.accepts(CodeKind.UNIT, wanted):
        raise Invalid("unit_code", "没有这个受理单位", "There is no such unit")
    unit = catalogue.unit(wanted) if wanted else None
    person = assigned_to
    if person is None:
        person = order.assigned_to if unit is not None and unit.has(order.assigned_to) else ""
    if person and unit is not None and not unit.has(person):
        raise Invalid("assigned_to", "此人不属于该单位", "That person does not belong to the unit")
    name = unit.name_zh if unit is not None else ("" if unit_code is not None else order.unit)
    return {
        "unit_code": wanted,
        "unit": name,
        "assigned_to": required_text("assigned_to", person, 64, may_be_empty=True),
    }


def _suspension(request: MoveRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    reason = one_of("reason", request.reason or "waiting_others", tuple(SUSPEND_REASONS))
    return {"suspended": reason}, {"reason": reason}


def _joint(request: MoveRequest, catalogue: Catalogue) -> tuple[str, ...]:
    units = tuple(dict.fromkeys(request.joint_units or ()))
    for code in units:
        if not catalogue.accepts(CodeKind.UNIT, code):
            raise Invalid("joint_units", f"没有这个受理单位：{code}", f"There is no such unit: {code}")
    return units


async def _take_over(ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow, request: MoveRequest) -> None:
    """Let the order that this one is merged into have its calls."""
    if request.into is None or request.into == order.id:
        raise Invalid("into", "请选择要并入的另一张工单", "Name the other order that this one is merged into")
    other = await order_of(uow, request.into)
    if other.status in OVER:
        raise Conflict("要并入的工单已经消单", "The order to merge into is closed")
    for call_id in order.call_ids:
        if await uow.work_orders.attach(other.id, call_id):
            await uow.work_orders.add_event(event_of(ctx, actor, other, "attached", detail={"call_id": call_id}))
    detail = {"order_id": order.id, "number": order.number}
    await uow.work_orders.add_event(event_of(ctx, actor, other, "merged", detail=detail))
    await tell(ctx, uow, other.id)


async def _aftermath(
    ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow, move: Move, request: MoveRequest
) -> None:
    """Do what hangs on a move: pauses, joint units, the asking for a grade."""
    now = ctx.clock.now()
    if move.name == "suspend":
        await uow.order_parts.open_pause(order.id, order.suspended, now)
    elif move.to is not None or move.name == "resume":
        await uow.order_parts.end_pause(order.id, now)
    if move.name == "joint":
        await uow.order_parts.set_joint_units(order.id, request.joint_units or (), f"{actor.kind}:{actor.name}", now)
    if move.name in ("handle", "inspect"):
        await ask_for_grade(ctx, uow, order)
    if move.name in ("reopen", "not_needed", "merge"):
        await _drop_visit(uow, order)
    if order.is_incident and order.status in OVER:
        await close_with(ctx, uow, actor, order)


async def ask_for_grade(ctx: Context, uow: UnitOfWork, order: OrderRow) -> None:
    """Queue the asking for a grade when the type demands it: after the work, or after its inspection."""
    policy = (await uow.catalogue.read()).policy(order.type)
    if not policy.visit or order.is_incident or (policy.inspection and order.status is OrderStatus.HANDLED):
        return
    now = ctx.clock.now()
    due = now + timedelta(minutes=ctx.settings.orders.visit_delay_minutes)
    kind = "phone" if order.contact_number.strip("+0") else "agent"
    await uow.visits.add(order.id, round_of(order), kind, due, now)


async def _drop_visit(uow: UnitOfWork, order: OrderRow) -> None:
    for visit in await uow.visits.of_order(order.id):
        await uow.visits.update(visit.id, ("pending", "asking"), {"status": "cancelled"})
