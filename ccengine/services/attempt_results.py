"""What became of an attempt: settled by its call's record, in the transaction that stores the record; exactly once.

What does not live here: which result follows from which evidence (hotline/dial_result.py), when to call again
(hotline/retry.py), what a person's key does (campaign_answers.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ccengine.hotline.campaign import TargetState
from ccengine.hotline.dial_result import Evidence, Result, result_of, sip_code_of
from ccengine.hotline.retry import after_result
from ccengine.hotline.work_calendar import WorkCalendar
from ccengine.rows import AttemptRow, TimelineEntry
from ccengine.services import visits
from ccengine.services.campaign_answers import apply_said
from ccengine.services.context import Context
from ccengine.services.guard import guarded
from ccengine.store_port import UnitOfWork
from ccengine.values import CallRecord, Direction, Heard, Outcome, Source


async def settle(ctx: Context, uow: UnitOfWork, record: CallRecord) -> None:
    """Take over what a record says of the attempt it was made for, if there is one. Again changes nothing."""
    if record.direction is not Direction.OUTBOUND:
        return
    attempt = await uow.attempts.of_call(record.call_id)
    if attempt is None:
        return
    if not record.final:
        await _goes_on(uow, attempt, record)
        return
    if attempt.state == "ended" and attempt.status and attempt.result != Result.NOT_PLACED:
        return
    timeline = await uow.calls.timeline(record.call_id)
    attempt = await _make_up(ctx, uow, attempt, timeline)
    dialled = next((entry.detail for entry in reversed(timeline) if entry.kind == "dialled"), {})
    checked = next((entry.detail for entry in reversed(timeline) if entry.kind == "machine_check"), {})
    values = _values(attempt, record, dialled, checked)
    await end(ctx, uow, attempt, Result(values["result"]), values)


async def _goes_on(uow: UnitOfWork, attempt: AttemptRow, record: CallRecord) -> None:
    """The PBX knows the call: it is under way, whatever became of the answer to our command."""
    if attempt.state == "reserved":
        await uow.attempts.mark_sent(attempt.id, record.started_at)
    if record.answered_at is not None and not attempt.answered:
        await uow.attempts.update(attempt.id, {"answered": True})


async def _make_up(ctx: Context, uow: UnitOfWork, attempt: AttemptRow, timeline: Sequence[TimelineEntry]) -> AttemptRow:
    """Do what a key asked for and could not be done at once (the database was away): the journal kept it."""
    for entry in timeline:
        if entry.kind == "said":
            what, value = str(entry.detail.get("what", "")), str(entry.detail.get("value", ""))
            attempt = await apply_said(ctx, uow, attempt, what, value, entry.at)
    return attempt


def _values(
    attempt: AttemptRow, record: CallRecord, dialled: Mapping[str, Any], checked: Mapping[str, Any]
) -> dict[str, Any]:
    sip_text = str(dialled.get("sip", ""))[:80]
    rung_until = record.answered_at or record.ended_at
    ring = round((rung_until - record.started_at).total_seconds(), 3) if rung_until is not None else None
    cause = _integer(dialled.get("cause"))
    evidence = Evidence(
        answered=record.answered_at is not None,
        talked=any(talk.agent_number for talk in record.talks),
        queued=record.queued_at is not None,
        # The dialplan tells how each call came out; where it could not, the PBX went down with the call.
        interrupted=record.outcome is Outcome.INTERRUPTED or (record.source is Source.JOURNAL and not dialled),
        status=str(dialled.get("status", "")),
        cause=cause if cause is not None else record.end_cause,
        sip_code=sip_code_of(sip_text),
        ring_seconds=ring,
        said=attempt.said,
        machine=str(checked.get("status", "")),
    )
    return {
        "heard": attempt.heard or (Heard.PENDING.value if attempt.rules.get("early_media") else ""),
        "listened": {"machine": {name: str(value)[:40] for name, value in checked.items()}} if checked else {},
        "result": result_of(evidence).value,
        "answered": evidence.answered,
        "status": evidence.status[:16],
        "cause": evidence.cause,
        "sip_text": sip_text,
        "ring_seconds": ring,
        "agent_number": record.agent_number,
        "ended_at": record.ended_at,
    }


async def end(
    ctx: Context, uow: UnitOfWork, attempt: AttemptRow, result: Result, values: Mapping[str, Any] | None = None
) -> None:
    """Close an attempt and say when its target is called next, if ever."""
    now = ctx.clock.now()
    given = {"ended_at": now, "result": result.value, **(values or {}), "state": "ended"}
    await uow.attempts.update(attempt.id, given)
    await visits.call_over(ctx, uow, attempt, placed=result is not Result.NOT_PLACED)
    await _plan_next(ctx, uow, attempt, result, now)


async def _plan_next(ctx: Context, uow: UnitOfWork, attempt: AttemptRow, result: Result, now: datetime) -> None:
    target = await uow.targets.get(attempt.target_id)
    campaign = await uow.campaigns.get(attempt.campaign_id)
    newest = (await uow.attempts.of_target(attempt.target_id))[-1]
    if target is None or campaign is None or newest.id != attempt.id:
        return
    times = (await uow.attempts.times([target.id])).get(target.id, ())
    changes: dict[str, Any] = {"result": result.value, "attempts": len(times), "changed_at": now}
    if target.state is TargetState.DROPPED:  # opted out during this very call
        await uow.targets.update(target.id, changes)
        return
    calendar = WorkCalendar(timezone=ctx.settings.site.timezone, days=await uow.rules.calendar())
    following = after_result(result, campaign.rules, times, now, replace(calendar, timezone=target.timezone))
    if target.visit_id is not None:  # when to ask again is the visit's business (visit_calls.py)
        changes |= {"state": TargetState.DONE.value}
    elif following.at is not None:
        changes |= {"state": TargetState.WAITING.value, "next_at": following.at}
    elif following.reason is not None:
        changes |= {"state": TargetState.DROPPED.value, "reason": following.reason.value}
    else:
        changes |= {"state": TargetState.DONE.value}
    await uow.targets.update(target.id, changes)


@guarded
async def take_heard(ctx: Context, attempt_id: int, heard: Heard, found: Mapping[str, Any]) -> Result | None:
    """Keep what was heard before an attempt's answer and decide its result anew; once. Returns the new result, None
    where it stays. A target that was called again meanwhile keeps its later result. Errors: Unavailable."""
    async with ctx.store() as uow:
        attempt = await uow.attempts.get(attempt_id)
        if attempt is None or attempt.heard != Heard.PENDING:
            return None
        values: dict[str, Any] = {"heard": heard.value, "listened": {**attempt.listened, "early": dict(found)}}
        evidence = Evidence(
            status=attempt.status,
            cause=attempt.cause,
            sip_code=sip_code_of(attempt.sip_text),
            ring_seconds=attempt.ring_seconds,
            heard=heard.value,
        )
        decides = not attempt.answered and attempt.result not in (Result.INTERRUPTED, Result.NOT_PLACED)
        result = result_of(evidence) if decides else Result(attempt.result)
        await uow.attempts.update(attempt_id, values | {"result": result.value})
        changed = result != attempt.result
        if changed:
            await _plan_next(ctx, uow, attempt, result, ctx.clock.now())
        await uow.commit()
    return result if changed else None


@guarded
async def to_be_heard(ctx: Context, limit: int) -> tuple[AttemptRow, ...]:
    """Return this node's ended attempts whose sound before the answer waits to be looked at. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return await uow.attempts.to_be_heard(ctx.settings.site.node, limit)


@guarded
async def give_up(ctx: Context, attempt_ids: Sequence[int]) -> tuple[str, ...]:
    """Close attempts of which PBX and journal know nothing: they were never dialled, and their targets wait again.

    One whose call was told meanwhile is left alone. Returns the call ids that were closed. Errors: Unavailable.
    """
    closed: list[str] = []
    async with ctx.store() as uow:
        for attempt_id in attempt_ids:
            attempt = await uow.attempts.get(attempt_id)
            if attempt is None or attempt.state == "ended" or await uow.calls.bare(attempt.call_id) is not None:
                continue
            await end(ctx, uow, attempt, Result.NOT_PLACED)
            closed.append(attempt.call_id)
        await uow.commit()
    return tuple(closed)


@guarded
async def doubtful(ctx: Context) -> tuple[AttemptRow, ...]:
    """Return this node's attempts that can no longer begin and whose call nobody has told of. Errors: Unavailable."""
    now = ctx.clock.now()
    found: list[AttemptRow] = []
    async with ctx.store.reading() as uow:
        for attempt in await uow.attempts.unended(ctx.settings.site.node):
            over = (now - attempt.valid_until).total_seconds() > ctx.settings.dial.doubt_seconds
            if over and await uow.calls.bare(attempt.call_id) is None:
                found.append(attempt)
    return tuple(found)


def _integer(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
