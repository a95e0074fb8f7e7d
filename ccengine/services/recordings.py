"""The stereo recording offered to people: built after the call by a job, from the parties' own files.

What does not live here: sound (asterisk/recordings.py), playing it (backoffice, engine's door).
"""

from __future__ import annotations

import structlog

from ccengine.ports import RecordingBuilder, RecordingNotReady
from ccengine.rows import AnomalyRow, JobRow, RecordingRow
from ccengine.services import jobs
from ccengine.services.context import Context
from ccengine.services.guard import guarded
from ccengine.values import CallRecord, RecordingParty

_log = structlog.get_logger(__name__)
KIND = "build_recording"


async def build_pending(ctx: Context, builder: RecordingBuilder, limit: int = 4) -> int:
    """Build the recordings that are due; return how many jobs were looked at. Errors: Unavailable."""
    claimed = await jobs.claim(ctx, (KIND,), limit)
    for job in claimed:
        await _build(ctx, builder, job)
    return len(claimed)


async def _build(ctx: Context, builder: RecordingBuilder, job: JobRow) -> None:
    record = await _record_of(ctx, str(job.payload["call_id"]))
    if record is None or not record.recordings:
        await jobs.finish(ctx, job)
        return
    try:
        built = await builder.build(record)
    except (RecordingNotReady, OSError) as error:
        _log.info("recording_not_ready", call_id=record.call_id, reason=str(error), attempt=job.attempts)
        await jobs.fail(ctx, job, str(error))
        return
    messages = {part.file_name for part in record.recordings if part.party is RecordingParty.MESSAGE}
    row = RecordingRow(
        id=0,
        call_id=record.call_id,
        file_name=built.file_name,
        kind="message" if built.file_name in messages else "stereo",
        party="message" if built.file_name in messages else "both",
        seconds=built.seconds,
        silent_sides=tuple(built.silent_sides),
        built_at=ctx.clock.now(),
    )
    await _keep(ctx, job, row)


@guarded
async def _record_of(ctx: Context, call_id: str) -> CallRecord | None:
    async with ctx.store.reading() as uow:
        call = await uow.calls.get(call_id)
    return call.record if call is not None else None


@guarded
async def _keep(ctx: Context, job: JobRow, row: RecordingRow) -> None:
    now = ctx.clock.now()
    async with ctx.store() as uow:
        await uow.recordings.save(row)
        if row.silent_sides:
            detail = {"file": row.file_name, "sides": list(row.silent_sides)}
            kind = "recording_cut" if "cut" in row.silent_sides else "silent_side"
            anomaly = AnomalyRow(at=now, kind=kind, call_id=row.call_id, detail=detail)
            await uow.journal.add_anomalies([anomaly])
        await uow.jobs.finish(job.id, now)
        await uow.outbox.add("call", {"call_id": row.call_id}, now)
        await uow.commit()
