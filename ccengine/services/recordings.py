"""The stereo recording offered to people: built after the call by a job, from the parties' own files.

What does not live here: sound (asterisk/recordings.py), playing it (backoffice, engine's door).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from ccengine.ports import RecordingBuilder, RecordingNotReady
from ccengine.rows import AnomalyRow, JobRow, RecordingRow
from ccengine.services import jobs
from ccengine.services.context import Context
from ccengine.services.guard import guarded
from ccengine.store_port import UnitOfWork
from ccengine.values import CallRecord, RecordingParty

_log = structlog.get_logger(__name__)
KIND = "build_recording"
AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """A job that was looked at: the file that came of it (None: nothing was to be built), or why there is none yet."""

    job: JobRow
    row: RecordingRow | None = None
    error: str | None = None


async def build_pending(ctx: Context, builder: RecordingBuilder, limit: int = AT_ONCE) -> int:
    """Build the recordings that are due; return how many jobs were looked at. Errors: Unavailable."""
    claimed = await jobs.claim(ctx, (KIND,), limit)
    if claimed:  # read and written for all at once: what ends together costs one transaction
        records = await _records_of(ctx, [_call_id(job) for job in claimed])
        await _keep(ctx, [await _build(ctx, builder, job, records.get(_call_id(job))) for job in claimed])
    return len(claimed)


def _call_id(job: JobRow) -> str:
    return str(job.payload["call_id"])


async def _build(ctx: Context, builder: RecordingBuilder, job: JobRow, record: CallRecord | None) -> _Looked:
    if record is None or not record.recordings:
        return _Looked(job=job)
    try:
        built = await builder.build(record)
    except (RecordingNotReady, OSError) as error:
        _log.info("recording_not_ready", call_id=record.call_id, reason=str(error), attempt=job.attempts)
        return _Looked(job=job, error=str(error))
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
    return _Looked(job=job, row=row)


@guarded
async def _records_of(ctx: Context, call_ids: Sequence[str]) -> dict[str, CallRecord]:
    async with ctx.store.reading() as uow:
        return {call_id: call.record for call_id, call in (await uow.calls.bare_ones(call_ids)).items()}


@guarded
async def _keep(ctx: Context, looked: Sequence[_Looked]) -> None:
    async with ctx.store() as uow:
        await uow.at_once(partial(_keep_in, uow, looked, ctx.clock.now()), commit=True)


async def _keep_in(uow: UnitOfWork, looked: Sequence[_Looked], now: datetime) -> None:
    for one in looked:
        if one.error is not None:
            await jobs.fail_in(uow, one.job, one.error, now)
            continue
        if one.row is not None:
            await uow.recordings.save(one.row)
            await uow.outbox.add("call", {"call_id": one.row.call_id}, now)
        await uow.jobs.finish(one.job.id, now)
    await uow.journal.add_anomalies([_silence(one.row, now) for one in looked if one.row and one.row.silent_sides])


def _silence(row: RecordingRow, now: datetime) -> AnomalyRow:
    detail = {"file": row.file_name, "sides": list(row.silent_sides)}
    kind = "recording_cut" if "cut" in row.silent_sides else "silent_side"
    return AnomalyRow(at=now, kind=kind, call_id=row.call_id, detail=detail)
