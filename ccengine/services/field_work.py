"""What field workers do on their phones: see their tasks, and act on them, also long after they pressed the button.

Each action has an id that the phone made. Its result is kept in the action's own transaction: sent again it changes
nothing and gets the same answer. What was not accepted, because the order moved on meanwhile, is kept as well and
stands in the order's history: nothing that somebody did in the field is ever dropped.
What does not live here: evidence (evidence.py), materials (field_materials.py), the table of moves (hotline/).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ccengine.hotline.order_catalogue import TypePolicy
from ccengine.hotline.order_moves import BY_NAME
from ccengine.hotline.order_status import OrderStatus
from ccengine.rows import EvidenceRow, FieldActionRow, MaterialRow, OrderFilter, OrderRow
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, ServiceError
from ccengine.services.evidence import KEY
from ccengine.services.field_materials import Used, check_used, use_materials
from ccengine.services.guard import LIMIT_MAX, guarded, one_of, required_text
from ccengine.services.order_changes import order_of, save
from ccengine.services.order_events import event_of, tell
from ccengine.services.order_guards import is_crew
from ccengine.services.order_moves import MoveRequest, apply_move
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

S = OrderStatus
WITH_CREW = (S.DISPATCHED, S.ACKNOWLEDGED, S.IN_PROGRESS)
#: The phone's words for moves of the table.
_MOVES = {
    "acknowledge": "acknowledge",
    "start": "start",
    "finish": "handle",
    "return": "return",
    "suspend": "suspend",
    "resume": "resume",
}
KINDS = (*_MOVES, "materials", "note")
#: States in which a move has nothing left to do: somebody of the crew was faster, or the desk did it.
_DONE = {
    "acknowledge": (S.ACKNOWLEDGED, S.IN_PROGRESS),
    "start": (S.IN_PROGRESS,),
    "finish": (S.HANDLED,),
}
#: How late an action may come in; what a phone says beyond that is taken for this.
_LATEST = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAction:
    """An action as a phone sends it. `performed_at` and `sent_at` are by the phone's clock; their distance is right
    even where that clock is wrong."""

    id: str
    order_id: int
    kind: str
    performed_at: datetime
    sent_at: datetime
    note: str = ""
    reason: str = ""
    materials: tuple[Used, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTask:
    """A task with all that a phone must know in a dead zone."""

    order: OrderRow
    policy: TypePolicy
    evidence: tuple[EvidenceRow, ...] = ()
    materials: tuple[MaterialRow, ...] = ()
    last_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """What came of an action, and the task as it is now (None: it is not this person's any more)."""

    action: FieldActionRow
    task: FieldTask | None = field(default=None)


@guarded
async def tasks(ctx: Context, actor: Actor) -> tuple[FieldTask, ...]:
    """Return what the actor has to do: own, of the own unit, or as a joint unit. Errors: NotAllowed, Unavailable."""
    require(actor, "field.work")
    async with ctx.store.reading() as uow:
        found: list[OrderRow] = []
        for status in WITH_CREW:
            wanted = OrderFilter(crew_of=actor.name, status=status.value)
            found += (await uow.work_orders.find(wanted, None, LIMIT_MAX)).items
        return await _tasks_of(uow, found)


async def _tasks_of(uow: UnitOfWork, orders: Sequence[OrderRow]) -> tuple[FieldTask, ...]:
    catalogue = await uow.catalogue.read()
    ids = [order.id for order in orders]
    evidence = await uow.evidence.of_orders(ids)
    materials = await uow.field_actions.materials(ids)
    reasons = [await _last_reason(uow, order) for order in orders]
    return tuple(
        FieldTask(
            order=order,
            policy=catalogue.policy(order.type),
            evidence=tuple(one for one in evidence if one.order_id == order.id and _counts(one, order)),
            materials=tuple(one for one in materials if one.order_id == order.id),
            last_reason=reason,
        )
        for order, reason in zip(orders, reasons, strict=True)
    )


def _counts(one: EvidenceRow, order: OrderRow) -> bool:
    """Photos before the work stay good when an order is reopened; what was done then must be shown anew."""
    return one.phase == "before" or one.round == order.reopened + 1


async def _last_reason(uow: UnitOfWork, order: OrderRow) -> str:
    if not order.reopened:
        return ""
    moves = [one for one in await uow.work_orders.events(order.id) if one.detail.get("move") == "reopen"]
    return moves[-1].note if moves else ""


@guarded
async def contact_number(ctx: Context, actor: Actor, order_id: int) -> str:
    """Return the whole number of the customer of one's own task, audited: the crew must be able to call.

    Errors: NotAllowed(field.work), NotFound, Conflict (not one's own, or no task any more), Unavailable.
    """
    require(actor, "field.work")
    async with ctx.store() as uow:
        order = await order_of(uow, order_id)
        if order.status not in WITH_CREW or not await is_crew(uow, actor, order):
            raise Conflict("这张工单不是您的在办任务", "This order is not a task of yours at present")
        await audit(ctx, uow, actor, "orders.reveal_contact", f"order:{order_id}")
        await uow.commit()
    return order.contact_number


async def act(ctx: Context, actor: Actor, new: NewAction) -> ActionResult:
    """Do what a phone asks for, once; a conflict with what happened meanwhile is an answer, no error.

    Errors: NotAllowed(field.work), NotFound (no such order), Invalid(id, kind, materials, note), Conflict (the id was
    used for another action), Unavailable.
    """
    require(actor, "field.work")
    _check(new)
    try:
        row = await _act(ctx, actor, new)
    except (Conflict, NotAllowed, Invalid) as refusal:
        row = await _keep_refusal(ctx, actor, new, refusal)
    if row.body_hash != _hash(new) or row.user_name != actor.name:
        raise Conflict("该操作编号已用于另一个操作", "This id was used for another action")
    return ActionResult(action=row, task=await _task(ctx, actor, new.order_id))


@guarded
async def _act(ctx: Context, actor: Actor, new: NewAction) -> FieldActionRow:
    async with ctx.store() as uow:
        known = await uow.field_actions.get(new.id)
        if known is not None:
            return known
        order = await order_of(uow, new.order_id)
        await _perform(ctx, uow, actor, order, new)
        row = _row(ctx, actor, new, "done")
        await uow.field_actions.add(row)  # AlreadyExists: sent twice at once; the other one's result is read then
        await uow.commit()
    return row


@guarded
async def _keep_refusal(ctx: Context, actor: Actor, new: NewAction, refusal: ServiceError) -> FieldActionRow:
    """Keep what was not accepted, and say so in the order's history."""
    outcome = "conflict" if isinstance(refusal, Conflict) else "refused"
    async with ctx.store() as uow:
        known = await uow.field_actions.get(new.id)
        if known is not None:
            return known
        order = await order_of(uow, new.order_id)
        row = _row(ctx, actor, new, outcome, refusal)
        await uow.field_actions.add(row)
        detail = {"action": new.kind, "performed_at": row.performed_at.isoformat(), "why": refusal.message("zh")}
        await uow.work_orders.add_event(event_of(ctx, actor, order, "field_refused", note=new.note, detail=detail))
        await tell(ctx, uow, order.id)
        await uow.commit()
    return row


@guarded
async def _task(ctx: Context, actor: Actor, order_id: int) -> FieldTask | None:
    async with ctx.store.reading() as uow:
        order = await order_of(uow, order_id)
        if not await is_crew(uow, actor, order):
            return None
        return (await _tasks_of(uow, [order]))[0]


async def _perform(ctx: Context, uow: UnitOfWork, actor: Actor, order: OrderRow, new: NewAction) -> None:
    at = performed_at(ctx, new)
    if new.kind in _MOVES:
        if order.status in _DONE.get(new.kind, ()) and await is_crew(uow, actor, order):
            return
        request = MoveRequest(note=new.note, reason=new.reason, performed_at=at)
        moved = await apply_move(ctx, uow, actor, order, BY_NAME[_MOVES[new.kind]], request)
        if new.kind in ("acknowledge", "start") and not moved.assigned_to:
            await save(ctx, uow, actor, moved, {"assigned_to": actor.name}, None, kind="changed")
        return
    if not await is_crew(uow, actor, order):
        raise Conflict("这张工单不在你的班组，请联系调度", "This order is not your crew's; ask the dispatcher")
    if new.kind == "note":
        detail = {"performed_at": at.isoformat()}
        await uow.work_orders.add_event(event_of(ctx, actor, order, "noted", note=new.note, detail=detail))
    else:
        await use_materials(ctx, uow, actor, order, new.id, new.materials, at)
    await tell(ctx, uow, order.id)


def performed_at(ctx: Context, new: NewAction) -> datetime:
    """Return when an action was done by our clock: the phone's clock may be wrong, the time between is not."""
    now = ctx.clock.now()
    return now - min(max(new.sent_at - new.performed_at, timedelta()), _LATEST)


def _row(
    ctx: Context, actor: Actor, new: NewAction, outcome: str, refusal: ServiceError | None = None
) -> FieldActionRow:
    return FieldActionRow(
        id=new.id,
        user_name=actor.name,
        order_id=new.order_id,
        kind=new.kind,
        body_hash=_hash(new),
        performed_at=performed_at(ctx, new),
        received_at=ctx.clock.now(),
        outcome=outcome,
        message_zh=refusal.message("zh") if refusal else "",
        message_en=refusal.message("en") if refusal else "",
        payload=_payload(new),
    )


def _payload(new: NewAction) -> dict[str, Any]:
    # as phones of the first release sent them, so that what they send again is known again
    materials = [list(one) if one.part else list(one[:3]) for one in new.materials]
    return {"note": new.note, "reason": new.reason, "materials": materials}


def _hash(new: NewAction) -> str:
    """Return a hash of all that makes an action what it is; when it is sent is not part of it."""
    body = [new.order_id, new.kind, new.performed_at.isoformat(), _payload(new)]
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _check(new: NewAction) -> None:
    if not KEY.fullmatch(new.id):
        raise Invalid("id", "操作编号须为小写 UUID", "id must be a UUID in small letters")
    one_of("kind", new.kind, KINDS)
    required_text("note", new.note, 2000, may_be_empty=new.kind != "note")
    if new.kind == "materials":
        check_used(new.materials)
