"""Plans of inspection rounds: written by people, opened when they fall due, people told what is due and what is late.

What does not live here: doing a round (rounds.py), when one falls due (hotline/inspection_round.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from ccengine.hotline.inspection_round import (
    MAX_EVERY,
    MAX_GRACE_DAYS,
    MAX_ITEMS,
    Item,
    Rhythm,
    due_days,
    first_from,
)
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.rows import NewNotice, RoundPlan, RoundRow
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context, today
from ccengine.services.errors import Invalid, NotFound
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork, VersionConflict

_RHYTHMS = tuple(one.value for one in Rhythm)
_LEADERS = "supervisor"
_OVERDUE_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoundPlan:
    """What somebody writes. `unit_code` or `person`: whose rounds they are; `order_type`: what a fault becomes;
    `grace_days`: how many days after the due one a round still counts as in time; `active`: stopped plans rest."""

    name: str
    items: tuple[Item, ...]
    place: str = ""
    unit_code: str = ""
    person: str = ""
    order_type: str = "other"
    rhythm: str = "weeks"
    every: int = 1
    first_on: date
    grace_days: int = 0
    active: bool = True


@guarded
async def plans(ctx: Context, actor: Actor) -> tuple[RoundPlan, ...]:
    """Return all plans, the next to fall due first. Errors: NotAllowed(rounds.view), Unavailable."""
    require(actor, "rounds.view")
    async with ctx.store.reading() as uow:
        return await uow.rounds.plans()


@guarded
async def plan(ctx: Context, actor: Actor, plan_id: int) -> RoundPlan:
    """Return one plan. Errors: NotAllowed(rounds.view), NotFound, Unavailable."""
    require(actor, "rounds.view")
    async with ctx.store.reading() as uow:
        return await _plan(uow, plan_id)


async def _plan(uow: UnitOfWork, plan_id: int) -> RoundPlan:
    found = await uow.rounds.plan(plan_id)
    if found is None:
        raise NotFound("round plan", plan_id)
    return found


@guarded
async def save(
    ctx: Context, actor: Actor, new: NewRoundPlan, plan_id: int | None = None, expected_version: int | None = None
) -> RoundPlan:
    """Add a plan, or change one; rounds that are open already stay as they were born.

    Errors: NotAllowed(rounds.edit), NotFound, Invalid(field), Conflict (somebody was faster), Unavailable.
    """
    require(actor, "rounds.edit")
    async with ctx.store() as uow:
        known = await _plan(uow, plan_id) if plan_id is not None else None
        if known is None or known.first_on != new.first_on:  # a plan may grow older than a year
            _near(ctx, new.first_on)
        new = await _checked(uow, new)
        values = {**asdict(new), "next_on": _next_on(ctx, new)}
        values.pop("active")
        values.pop("items")
        if known is None:
            row = RoundPlan(
                id=0,
                **values,
                items=new.items,
                version=1,
                created_by=f"{actor.kind}:{actor.name}",
                created_at=ctx.clock.now(),
            )
            plan_id = (await uow.rounds.add_plan(row)).id
        else:
            plan_id = known.id
            if expected_version not in (None, known.version):
                raise VersionConflict(plan_id)
            if new.active and known.next_on is not None and _same_days(known, new):
                values["next_on"] = known.next_on  # nothing is skipped, nothing comes again
            await uow.rounds.change_plan(known, values, new.items)
        await audit(ctx, uow, actor, "rounds.save_plan", f"round_plan:{plan_id}", _told(new))
        kept = await _plan(uow, plan_id)
        await uow.commit()
    return kept


def _next_on(ctx: Context, new: NewRoundPlan) -> date | None:
    return first_from(new.first_on, Rhythm(new.rhythm), new.every, today(ctx)) if new.active else None


def _same_days(known: RoundPlan, new: NewRoundPlan) -> bool:
    return (known.first_on, known.rhythm, known.every) == (new.first_on, new.rhythm, new.every)


def _told(new: NewRoundPlan) -> dict[str, Any]:
    items = [f"{one.name} | {one.expected}" if one.expected else one.name for one in new.items]
    return {**asdict(new), "first_on": new.first_on.isoformat(), "items": items}


def _near(ctx: Context, first_on: date) -> None:
    this_day = today(ctx)
    if not this_day - timedelta(days=366) <= first_on <= this_day + timedelta(days=366):
        raise Invalid("first_on", "日期应在今天前后一年之内", "The first day must be within a year of today")


async def _checked(uow: UnitOfWork, new: NewRoundPlan) -> NewRoundPlan:
    one_of("rhythm", new.rhythm, _RHYTHMS)
    _between("every", new.every, 1, MAX_EVERY)
    _between("grace_days", new.grace_days, 0, MAX_GRACE_DAYS)
    lists = await uow.catalogue.read()
    if new.unit_code and not lists.accepts(CodeKind.UNIT, new.unit_code):
        raise Invalid("unit_code", "没有这个单位", "There is no such unit")
    if not lists.accepts(CodeKind.TYPE, new.order_type):
        raise Invalid("order_type", "没有这个工单类型", "There is no such type of order")
    if new.person and await uow.users.by_name(new.person) is None:
        raise Invalid("person", "没有这个用户", "There is no such user")
    return NewRoundPlan(
        **{name: getattr(new, name) for name in _AS_GIVEN},
        name=required_text("name", new.name, 100),
        place=required_text("place", new.place, 100, may_be_empty=True),
        items=_items(new.items),
    )


_AS_GIVEN = ("unit_code", "person", "order_type", "rhythm", "every", "first_on", "grace_days", "active")


def _items(items: tuple[Item, ...]) -> tuple[Item, ...]:
    if not 1 <= len(items) <= MAX_ITEMS:
        raise Invalid("items", f"请填写 1 到 {MAX_ITEMS} 个巡检项", f"Give 1 to {MAX_ITEMS} items")
    return tuple(
        Item(
            name=required_text("items", one.name, 100),
            expected=required_text("items", one.expected, 200, may_be_empty=True),
        )
        for one in items
    )


def _between(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Invalid(field, f"应在 {least} 到 {most} 之间", f"{field} must be between {least} and {most}")


async def open_due(ctx: Context) -> int:
    """Open each round whose day has come, once, and tell whose it is; return how many. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        due = await uow.rounds.due_plans(today(ctx))
    return sum([await _open(ctx, one) for one in due])


@guarded
async def _open(ctx: Context, plan_: RoundPlan) -> int:
    """Open a plan's due rounds and set its next day in one transaction: plan and day make one round, for ever."""
    assert plan_.next_on is not None, "only plans with a day fall due"
    days, next_on = due_days(plan_.first_on, Rhythm(plan_.rhythm), plan_.every, plan_.next_on, today(ctx))
    grace, now = timedelta(days=plan_.grace_days), ctx.clock.now()
    async with ctx.store() as uow:
        if not await uow.rounds.move_on(plan_, next_on):
            return 0  # another engine was faster, or somebody changed the plan just now
        opened = await uow.rounds.open(plan_, {day: day + grace for day in days}, now)
        told = [
            _notice("round_due", f"round_due:{plan_.id}:{day}", kind, name, plan_, day + grace)
            for day in days[-1:]  # after a long absence nobody is told of each missed day
            for kind, name in _whose(plan_)
        ]
        await uow.notices.add(told, now)
        await uow.outbox.add("notice", {"many": len(told)}, now)
        await uow.commit()
    return opened


@guarded
async def tell_overdue(ctx: Context) -> int:
    """Tell of rounds whose time is over, each once: whose it is, and who leads. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        if not await uow.rounds.untold(today(ctx), 1):
            return 0
    now = ctx.clock.now()
    async with ctx.store() as uow:
        rows = await uow.rounds.untold(today(ctx), _OVERDUE_AT_ONCE)
        told = list(_overdue(rows))
        await uow.notices.add(told, now)
        await uow.rounds.told([row.id for row in rows])
        await uow.outbox.add("notice", {"many": len(told)}, now)
        await uow.commit()
    return len(rows)


def _overdue(rows: Iterable[RoundRow]) -> Iterator[NewNotice]:
    for row in rows:
        for kind, name in {*_whose(row), ("role", _LEADERS)}:
            yield _notice("round_overdue", f"round_overdue:{row.id}", kind, name, row, row.until_on)


def _whose(one: RoundPlan | RoundRow) -> list[tuple[str, str]]:
    found = [("user", one.person)] if one.person else []
    found += [("unit", one.unit_code)] if one.unit_code else []
    return found or [("role", _LEADERS)]


def _notice(kind: str, key: str, to_kind: str, to_name: str, one: RoundPlan | RoundRow, until: date) -> NewNotice:
    detail = {"name": one.name, "place": one.place, "until": until.isoformat()}
    return NewNotice(key=f"{key}:{to_kind}:{to_name}", kind=kind, to_kind=to_kind, to_name=to_name, detail=detail)
