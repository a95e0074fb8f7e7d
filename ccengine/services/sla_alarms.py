"""What the clock of time limits tells: warnings, breaches with their penalties, escalations; each once.

What does not live here: when to look (engine/sla_clock.py), what falls due (hotline/sla.py), reading notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ccengine.hotline.penalty import PenaltyKind, amount_of
from ccengine.hotline.sla import Alarm, Deadline, SlaPolicy, ring, rings_at
from ccengine.hotline.work_calendar import missing_years
from ccengine.rows import NewNotice, PolicyRow, RingingRow
from ccengine.services.context import Context
from ccengine.services.guard import guarded
from ccengine.services.sla import _LAST_RESORT
from ccengine.store_port import UnitOfWork


@guarded
async def ring_due(ctx: Context, limit: int = 500) -> tuple[int, datetime | None]:
    """Tell what is due now; return how many deadlines rang, and when the next one will.

    Several engines may ask at once: each row is given to one of them, and a notice's key is told once for ever.
    Errors: Unavailable.
    """
    now = ctx.clock.now()
    async with ctx.store.reading() as uow:
        next_at = await uow.sla.next_ring()
    if next_at is None or next_at > now:
        return 0, next_at
    async with ctx.store() as uow:
        rows = await uow.sla.ringing(now, limit)
        policies = {(row.policy.code, row.policy.version): row for row in await uow.sla.policies()}
        await _tell(uow, rows, policies, now)
        if rows:
            await uow.outbox.add("notice", {"many": len(rows)}, now)
        next_at = await uow.sla.next_ring()
        await uow.commit()
    return len(rows), next_at


async def _tell(
    uow: UnitOfWork, rows: Iterable[RingingRow], policies: Mapping[tuple[str, int], PolicyRow], now: datetime
) -> None:
    told: list[NewNotice] = []
    fined: list[dict[str, object]] = []
    rung: list[tuple[Any, Deadline, datetime | None]] = []
    for row in rows:
        known = policies.get((row.row.policy_code, row.row.policy_version))
        policy = known.policy if known else _LAST_RESORT
        after, alarms = ring(row.row.deadline, policy, now)
        rung.append((row.row, after, rings_at(after, policy)))
        for alarm in alarms:
            told.extend(_notices(row, alarm))
            if alarm.kind == "breach":
                fined.extend(_penalty(row, policy, now))
    await uow.sla.save_rung(rung)
    await uow.notices.add(told, now)
    await uow.penalties.add(fined)


def _notices(row: RingingRow, alarm: Alarm) -> Iterator[NewNotice]:
    deadline = row.row.deadline
    to = [("role", role) for role in alarm.roles]
    if alarm.kind != "escalation":  # whose work it is hears of it as well
        to += [("user", row.assigned_to)] if row.assigned_to else []
        to += [("unit", row.unit_code)] if row.unit_code else []
    due_at = deadline.due_at
    detail = {
        "number": row.number,
        "title": row.title,
        "unit": row.unit,
        "step": deadline.step.value,
        "due_at": due_at.isoformat() if due_at else "",
    }
    for to_kind, to_name in to:
        yield NewNotice(
            key=f"{row.row.id}:{alarm.kind}:{alarm.level}:{to_kind}:{to_name}"[:128],
            kind=alarm.kind,
            level=alarm.level,
            to_kind=to_kind,
            to_name=to_name,
            order_id=row.row.order_id,
            detail=detail,
        )


def _penalty(row: RingingRow, policy: SlaPolicy, now: datetime) -> Iterator[dict[str, object]]:
    deadline = row.row.deadline
    amount = amount_of(PenaltyKind(policy.penalty), deadline.step)
    if amount:
        yield {
            "deadline_id": row.row.id,
            "order_id": row.row.order_id,
            "policy_code": policy.code,
            "policy_version": policy.version,
            "step": deadline.step.value,
            "kind": policy.penalty,
            "amount_fen": amount,
            "due_at": deadline.due_at,
            "created_at": now,
        }


@guarded
async def tell_missing_calendar(ctx: Context) -> tuple[int, ...]:
    """Tell administrators, once a year, that a calendar is missing; return the missing years. Errors: Unavailable."""
    now = ctx.clock.now()
    async with ctx.store() as uow:
        calendar = await uow.sla.calendar()
        years = missing_years(calendar, calendar.local(now).date())
        told = [
            NewNotice(
                key=f"calendar:{year}", kind="calendar", to_kind="role", to_name="administrator", detail={"year": year}
            )
            for year in years
        ]
        if told and await uow.notices.add(told, now):
            await uow.commit()
    return years
