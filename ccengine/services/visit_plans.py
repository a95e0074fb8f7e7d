"""Periodic visits by plan: each project has a row; when its day comes an order opens for whoever makes the visit.

What does not live here: how often (hotline/visit_plan.py), asking after the work of an order (order_visits.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ccengine.hotline.visit_plan import ProjectState, next_visit
from ccengine.rows import VisitPlanRow
from ccengine.services.audit import note as audit
from ccengine.services.context import ENGINE, Actor, Context, today
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.opening import create_order
from ccengine.services.rights import require

_STATES = tuple(state.value for state in ProjectState)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """A project to be visited. `last_on`: when it was begun, finished, or visited last; the first visit follows it."""

    name: str
    state: str = "running"
    last_on: date
    contact_name: str = ""
    contact_number: str = ""
    note: str = ""


@guarded
async def plans(ctx: Context, actor: Actor) -> tuple[VisitPlanRow, ...]:
    """Return all plans, those to be visited next first. Errors: NotAllowed(orders.close), Unavailable."""
    require(actor, "orders.close")
    async with ctx.store.reading() as uow:
        return await uow.visit_plans.all()


@guarded
async def add(ctx: Context, actor: Actor, new: NewPlan) -> VisitPlanRow:
    """Add a project. Errors: NotAllowed(orders.close), Invalid(field), Unavailable."""
    require(actor, "orders.close")
    state = ProjectState(one_of("state", new.state, _STATES))
    if not date(1990, 1, 1) <= new.last_on <= today(ctx):
        raise Invalid("last_on", "日期不能晚于今天", "The day must not be later than today")
    row = VisitPlanRow(
        id=0,
        name=required_text("name", new.name, 100),
        contact_name=required_text("contact_name", new.contact_name, 64, may_be_empty=True),
        contact_number=required_text("contact_number", new.contact_number, 24, may_be_empty=True),
        note=required_text("note", new.note, 500, may_be_empty=True),
        state=state.value,
        last_on=new.last_on,
        next_on=next_visit(new.last_on, state),
        order_id=None,
        created_by=f"{actor.kind}:{actor.name}",
        created_at=ctx.clock.now(),
    )
    async with ctx.store() as uow:
        kept = await uow.visit_plans.add(row)
        await audit(ctx, uow, actor, "visit_plans.add", f"visit_plan:{kept.id}", {"name": row.name})
        await uow.commit()
    return kept


@guarded
async def set_state(ctx: Context, actor: Actor, plan_id: int, state: str) -> VisitPlanRow:
    """Say that a project is closed, runs again, or is visited no more; the next visit follows the last one anew.

    Errors: NotAllowed(orders.close), NotFound, Invalid(state), Conflict (somebody was faster), Unavailable.
    """
    require(actor, "orders.close")
    wanted = ProjectState(one_of("state", state, _STATES))
    async with ctx.store() as uow:
        plan = await uow.visit_plans.get(plan_id)
        if plan is None:
            raise NotFound("visit plan", plan_id)
        values = {"state": wanted.value, "next_on": next_visit(plan.last_on, wanted)}
        if not await uow.visit_plans.update(plan, values):
            raise Conflict(
                "内容刚被其他人修改，请刷新后再试", "Somebody else changed this just now; reload and try again"
            )
        await audit(ctx, uow, actor, "visit_plans.set_state", f"visit_plan:{plan_id}", {"state": wanted.value})
        kept = await uow.visit_plans.get(plan_id)
        await uow.commit()
    assert kept is not None, "plans are never deleted"
    return kept


async def open_due(ctx: Context) -> int:
    """Open the order of each plan whose day has come, once; return how many. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        due = await uow.visit_plans.due(today(ctx))
    return sum([await _open(ctx, plan) for plan in due])


@guarded
async def _open(ctx: Context, plan: VisitPlanRow) -> bool:
    """Open a plan's order and set its next day in one transaction, so that neither happens twice or alone."""
    day = today(ctx)
    async with ctx.store() as uow:
        values = {
            "type": "other",
            "priority": "normal",
            "title": f"定期回访：{plan.name}",
            "description": plan.note,
            "contact_name": plan.contact_name,
            "contact_number": plan.contact_number,
            "form": "phone",
            "source": "inspection",
        }
        order = await create_order(ctx, uow, ENGINE, values)
        changes = {"last_on": day, "next_on": next_visit(day, ProjectState(plan.state)), "order_id": order.id}
        if not await uow.visit_plans.update(plan, changes):
            return False  # another engine was faster: nothing of this is kept
        await uow.commit()
    return True
