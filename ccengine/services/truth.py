"""What people see of the product's own truth: days, their differences, what was mended, what needs a person.

What does not live here: comparing and mending (reconcile, witnesses, mending).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from ccengine.rows import AnomalyRow, DayCheckRow, DayTruth, Page
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context, today
from ccengine.services.errors import NotFound
from ccengine.services.guard import LIMIT_MAX, guarded, limited
from ccengine.services.rights import require
from ccengine.values import mask_number

#: A page shows so many differences of a day at most; the figures count all.
SHOWN_MAX = 5 * LIMIT_MAX
_RIGHT = "audit.view"


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthOfDay:
    """A day: what its comparisons (one for each PBX) came to, and its differences."""

    day: date
    figures: DayTruth
    checks: tuple[DayCheckRow, ...] = ()
    found: tuple[AnomalyRow, ...] = ()


@guarded
async def month(ctx: Context, actor: Actor, within: date) -> tuple[TruthOfDay, ...]:
    """Return every day of a month, in order, without the differences themselves. Errors: NotAllowed, Unavailable."""
    require(actor, _RIGHT)
    first = within.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    async with ctx.store.reading() as uow:
        figures = {one.day: one for one in await uow.journal.day_truths(first, last)}
        checks = await uow.journal.day_checks(first, last)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return tuple(
        TruthOfDay(
            day=one,
            figures=figures.get(one, DayTruth(day=one)),
            checks=tuple(check for check in checks if check.day == one),
        )
        for one in days
    )


@guarded
async def day(ctx: Context, actor: Actor, wanted: date) -> TruthOfDay:
    """Return one day with its differences, newest first; numbers masked. Errors: NotAllowed, Unavailable."""
    require(actor, _RIGHT)
    async with ctx.store.reading() as uow:
        figures = await uow.journal.day_truths(wanted, wanted)
        checks = await uow.journal.day_checks(wanted, wanted)
        found = await uow.journal.anomalies(SHOWN_MAX, wanted)
    shown = tuple(replace(row, detail=masked(row.detail)) for row in found)
    return TruthOfDay(day=wanted, figures=figures[0] if figures else DayTruth(day=wanted), checks=checks, found=shown)


@guarded
async def find(
    ctx: Context, actor: Actor, wanted: date | None = None, cursor: str | None = None, limit: int = 50
) -> Page[AnomalyRow]:
    """List differences and what else did not fit, newest first; numbers masked.

    Errors: NotAllowed, Invalid(cursor, limit), Unavailable.
    """
    require(actor, _RIGHT)
    async with ctx.store.reading() as uow:
        page = await uow.journal.find_anomalies(wanted, cursor, limited(limit))
    return Page(items=tuple(replace(row, detail=masked(row.detail)) for row in page.items), next=page.next)


@guarded
async def look_at(ctx: Context, actor: Actor, anomaly_id: int) -> None:
    """Note that a person has seen to a difference, audited. Errors: NotAllowed, NotFound, Unavailable."""
    require(actor, _RIGHT)
    async with ctx.store() as uow:
        if not await uow.journal.look_at_anomaly(anomaly_id, actor.name, ctx.clock.now()):
            raise NotFound("anomaly", str(anomaly_id))
        await note(ctx, uow, actor, "anomalies.look", f"anomaly:{anomaly_id}")
        await uow.commit()


@guarded
async def yesterday(ctx: Context) -> dict[str, Any]:
    """Return the day before's figure for the board, JSON-ready. Errors: Unavailable."""
    wanted = today(ctx) - timedelta(days=1)
    async with ctx.store.reading() as uow:
        figures = await uow.journal.day_truths(wanted, wanted)
        checks = await uow.journal.day_checks(wanted, wanted)
    one = figures[0] if figures else DayTruth(day=wanted)
    told = {"found": one.found, "mended": one.mended, "waiting": one.waiting}
    return {"day": wanted.isoformat(), "checked": bool(checks), **told}


def masked(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return an anomaly's detail with the caller's number masked."""
    number = detail.get("caller_number")
    if not isinstance(number, Mapping):
        return dict(detail)
    return {**detail, "caller_number": {source: mask_number(str(value)) for source, value in number.items()}}
