"""Inspection rounds: found, done, corrected by a further record, counted; a fault becomes an order.

What does not live here: plans, what falls due (round_plans.py), when a record is whole (hotline/inspection_round.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

from ccengine.hotline.inspection_round import Result, RoundError, checked_results, may_record
from ccengine.hotline.order_catalogue import Catalogue
from ccengine.rows import (
    OrderRow,
    Page,
    PlanFigures,
    RoundDetail,
    RoundFilter,
    RoundOrder,
    RoundRecord,
    RoundRow,
)
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context, today
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.guard import guarded, limited, one_of, required_text
from ccengine.services.opening import create_order
from ccengine.services.order_changes import order_of
from ccengine.services.rights import may, require
from ccengine.store_port import UnitOfWork

STATES = ("", "pending", "overdue", "done", "faults")
_BATCH = 200
EXPORT_MOST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """What somebody found. `reason`: why it corrects the record before, "" for the round itself."""

    results: tuple[Result, ...]
    note: str = ""
    reason: str = ""


@guarded
async def find(
    ctx: Context, actor: Actor, wanted: RoundFilter, cursor: str | None = None, limit: int = 50
) -> Page[RoundRow]:
    """List rounds, what fell due last first. Errors: NotAllowed(rounds.view), Invalid(state, cursor, limit)."""
    require(actor, "rounds.view")
    one_of("state", wanted.state, STATES)
    async with ctx.store.reading() as uow:
        return await uow.rounds.find(wanted, today(ctx), cursor, limited(limit))


@guarded
async def get(ctx: Context, actor: Actor, round_id: int) -> RoundDetail:
    """Return a round with its records and orders. Errors: NotAllowed(rounds.view), NotFound, Unavailable."""
    require(actor, "rounds.view")
    async with ctx.store.reading() as uow:
        return await _detail(uow, actor, await _round(uow, round_id))


async def _round(uow: UnitOfWork, round_id: int) -> RoundRow:
    found = await uow.rounds.get(round_id)
    if found is None:
        raise NotFound("round", round_id)
    return found


async def _detail(uow: UnitOfWork, actor: Actor, row: RoundRow) -> RoundDetail:
    records = await uow.rounds.records([row.id])
    return RoundDetail(
        round=row,
        records=records,
        orders=await uow.rounds.orders([row.id]),
        may_record=_allowed(actor, row, records, await uow.catalogue.read()),
    )


def _allowed(actor: Actor, row: RoundRow, known: tuple[RoundRecord, ...], lists: Catalogue) -> bool:
    """Say whether the actor may record the round, or correct what is known: a program is nobody's colleague."""
    if may(actor, "rounds.edit"):
        return True
    whose = {f"user:{name}" for name in (row.person, *lists.members.get(row.unit_code, ())) if name}
    return may(actor, "rounds.do") and may_record(f"{actor.kind}:{actor.name}", whose, [one.done_by for one in known])


@guarded
async def waiting(ctx: Context, actor: Actor) -> int:
    """Return how many rounds wait for this person or this person's units. Errors: NotAllowed(rounds.do)."""
    require(actor, "rounds.do")
    async with ctx.store.reading() as uow:
        return await uow.rounds.many(RoundFilter(state="pending", mine=actor.name), today(ctx))


@guarded
async def record(ctx: Context, actor: Actor, round_id: int, new: NewRecord) -> RoundDetail:
    """Write down a round, or (with a reason) correct what was written: each record stays as it was.

    Whose round it is writes it down; who wrote it corrects it; who has rounds.edit may do both.
    Errors: NotAllowed(rounds.do, rounds.edit), NotFound, Invalid(item_N, note, reason), Conflict (done already).
    """
    require(actor, "rounds.do")
    async with ctx.store() as uow:
        await uow.calls.lock(f"round:{round_id}")
        row = await _round(uow, round_id)
        known = await uow.rounds.records([round_id])
        _check_allowed(actor, row, known, await uow.catalogue.read())
        made = await uow.rounds.add_record(_made(ctx, actor, row, known, new))
        ordered = {one.position for one in await uow.rounds.orders([round_id])}  # somebody was sent: it counts
        faults = len(ordered | {one.position for one in made.results if not one.normal})
        settled = {"faults": faults} | ({} if known else {"done_on": today(ctx), "done_by": made.done_by})
        await uow.rounds.settle(round_id, settled)
        await uow.notices.settled(*_settled(row, made, await uow.catalogue.read()), made.done_at)
        told = {"revision": made.revision, "faults": faults}
        await audit(ctx, uow, actor, "rounds.record", f"round:{round_id}", told)
        detail = await _detail(uow, actor, await _round(uow, round_id))
        await uow.commit()
    return detail


def _settled(row: RoundRow, made: RoundRecord, lists: Catalogue) -> tuple[list[str], set[str]]:
    """Return what a recorded round's notices are called, and the people who need not read them any more."""
    about = (f"round_due:{row.plan_id}:{row.due_on}", f"round_overdue:{row.id}")
    to = (("user", row.person), ("unit", row.unit_code), ("role", "supervisor"))
    people = {row.person, *lists.members.get(row.unit_code, ()), made.done_by.partition(":")[2]}
    return [f"{one}:{kind}:{name}" for one in about for kind, name in to], people - {""}


def _check_allowed(actor: Actor, row: RoundRow, known: tuple[RoundRecord, ...], lists: Catalogue) -> None:
    if _allowed(actor, row, known, lists):
        return
    if _allowed(actor, row, (), lists):
        zh = "该巡检已由他人记录；如需更正，请联系记录人或班长"
        raise Conflict(zh, "Somebody else recorded this round; ask that person or a supervisor to correct it")
    raise NotAllowed("rounds.edit")


def _made(ctx: Context, actor: Actor, row: RoundRow, known: tuple[RoundRecord, ...], new: NewRecord) -> RoundRecord:
    if known and not new.reason.strip():
        raise Conflict(
            "该巡检已有记录；如需更正，请写明原因再提交",
            "This round is recorded; to correct it, say why and send again",
        )
    results = tuple(
        Result(
            position=one.position,
            normal=one.normal,
            remark=required_text(f"item_{one.position}", one.remark, 500, may_be_empty=True),
        )
        for one in new.results
    )
    try:
        results = checked_results(row.items, results)
    except RoundError as error:
        raise Invalid(error.field, error.zh, error.en) from error
    return RoundRecord(
        id=0,
        round_id=row.id,
        revision=len(known) + 1,
        done_by=f"{actor.kind}:{actor.name}",
        done_at=ctx.clock.now(),
        note=required_text("note", new.note, 1000, may_be_empty=True),
        reason=required_text("reason", new.reason, 500, may_be_empty=True) if known else "",
        results=results,
    )


@guarded
async def open_order(ctx: Context, actor: Actor, round_id: int, position: int) -> OrderRow:
    """Open the order for a fault; asked again, it is the same order.

    Errors: NotAllowed(rounds.do), NotFound, Conflict (that item is not at fault), Unavailable.
    """
    require(actor, "rounds.do")
    async with ctx.store() as uow:
        await uow.calls.lock(f"round:{round_id}")
        row = await _round(uow, round_id)
        for known in await uow.rounds.orders([round_id]):
            if known.position == position:
                return await order_of(uow, known.order_id)
        records = await uow.rounds.records([round_id])
        found = next((one for one in records[0].results if one.position == position), None) if records else None
        if found is None or found.normal:
            raise Conflict("该巡检项没有异常记录", "Nothing is recorded as wrong at this item")
        order = await create_order(ctx, uow, actor, await _fault(uow, row, found))
        who = f"{actor.kind}:{actor.name}"
        await uow.rounds.add_order(round_id, position, order.id, who, ctx.clock.now())
        await audit(ctx, uow, actor, "rounds.open_order", f"round:{round_id}", {"order": order.number})
        await uow.commit()
    return order


async def _fault(uow: UnitOfWork, row: RoundRow, found: Result) -> dict[str, str]:
    """Return what the order of a fault says."""
    item = row.items[found.position]
    where = f"{row.place} {item.name}".strip()
    normal = f"\n正常情况：{item.expected}" if item.expected else ""
    return {
        "type": row.order_type,
        "priority": (await uow.catalogue.read()).policy(row.order_type).default_priority,
        "title": f"巡检异常：{where}"[:200],
        "description": f"{found.remark}{normal}\n巡检：{row.name}，{row.due_on.isoformat()}",
        "address": row.place,
        "form": "internal",
        "source": "inspection",
    }


@guarded
async def of_order(ctx: Context, actor: Actor, order_id: int) -> RoundRow | None:
    """Return the round whose fault became an order, None for others. Errors: NotAllowed(orders.view), Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        return await uow.rounds.of_order(order_id)


@guarded
async def figures(ctx: Context, actor: Actor, since: date, until: date) -> tuple[PlanFigures, ...]:
    """Return how the rounds due in a period were done, by plan. Errors: NotAllowed(rounds.view), Invalid(until)."""
    require(actor, "rounds.view")
    if until < since:
        raise Invalid("until", "结束日期不能早于开始日期", "The last day must not be before the first")
    async with ctx.store.reading() as uow:
        return await uow.rounds.figures(since, until, today(ctx))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportBatch:
    """Some rounds with their newest records and their orders."""

    rounds: tuple[RoundRow, ...]
    records: dict[int, RoundRecord]
    orders: tuple[RoundOrder, ...]


@guarded
async def begin_export(ctx: Context, actor: Actor, query: str) -> None:
    """Take note that somebody takes the list away. Errors: NotAllowed(rounds.view), Unavailable."""
    require(actor, "rounds.view")
    async with ctx.store() as uow:
        await audit(ctx, uow, actor, "rounds.export", "rounds", {"query": query[:500]})
        await uow.commit()


async def batches(ctx: Context, actor: Actor, wanted: RoundFilter) -> AsyncIterator[ExportBatch]:
    """Yield the list's rounds in batches, EXPORT_MOST at most. Errors: as `find`."""
    cursor: str | None = None
    for _ in range(EXPORT_MOST // _BATCH):
        page = await find(ctx, actor, wanted, cursor, _BATCH)
        ids = [row.id for row in page.items]
        async with ctx.store.reading() as uow:
            newest: dict[int, RoundRecord] = {}
            for one in await uow.rounds.records(ids):
                newest.setdefault(one.round_id, one)
            yield ExportBatch(rounds=page.items, records=newest, orders=await uow.rounds.orders(ids))
        cursor = page.next
        if cursor is None:
            return
