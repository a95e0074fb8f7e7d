"""One day's rows against the disk: each difference is named, kept as an anomaly, and mended where that is safe.

Safe: building a recording again, and attaching a recording whose name carries the id of a known call. Records are never
edited here. What does not live here: reading the disk (asterisk/journal/day), when it runs (engine/nightly).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from ccengine.ports import DiskTruth, ReadDay
from ccengine.rows import AnomalyRow, CallFilter, CallRow, RecordingRow
from ccengine.services import recordings
from ccengine.services.context import Context
from ccengine.services.guard import LIMIT_MAX, guarded
from ccengine.store_port import UnitOfWork
from ccengine.values import CallRecord, RecordingParty, Source

_OWN_NAME = re.compile(
    r"(?P<call>[a-z0-9]{1,16}-[0-9]{9,11}-[0-9]{10,20})(?P<part>-caller-r|-leg-[0-9.]{1,40}-r|-message)?"
)
#: A WAV of this size or less has a header and no sound: the PBX made it for a leg that never sent any.
_NO_SOUND_BYTES = 44
_SECONDS_APART = 1.0
_SAME = ("direction", "caller_number", "dialed_number", "agent_number", "outcome", "queue", "transfers")
_KEPT_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that does not fit. `mended`: what was done about it, empty: nothing (a person looks)."""

    kind: str
    call_id: str | None
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)
    mended: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """What a comparison came to."""

    day: date
    rows: int
    journal: int
    journal_whole: bool
    files: int
    differences: tuple[Difference, ...]


async def reconcile_day(ctx: Context, day: date, read: ReadDay) -> DayReport:
    """Compare one local day, keep and mend what differs. Running it again repeats nothing.

    Errors: Unavailable (nothing was kept), OSError (the disk could not be read).
    """
    zone = ZoneInfo(ctx.settings.site.timezone)
    since, until = datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)
    disk = await read(since, until)
    rows = await _rows(ctx, since, until)
    found = [*_calls(rows, disk), *_queue(rows, disk, since), *_files(rows, disk, since, until)]
    kept = await _keep(ctx, day, found)
    return DayReport(
        day=day,
        rows=len(rows),
        journal=len(disk.records),
        journal_whole=disk.whole,
        files=sum(_is_of_day(name, since, until) for name in disk.files),
        differences=kept,
    )


@guarded
async def _rows(ctx: Context, since: datetime, until: datetime) -> dict[str, CallRow]:
    """Return the rows of this node: another PBX's journal lies on another disk."""
    found: dict[str, CallRow] = {}
    cursor: str | None = None
    async with ctx.store.reading() as uow:
        while True:
            page = await uow.calls.find(CallFilter(since=since, until=until), cursor, LIMIT_MAX)
            found |= {row.record.call_id: row for row in page.items if row.record.node == ctx.settings.site.node}
            cursor = page.next
            if cursor is None:
                return found


def _calls(rows: Mapping[str, CallRow], disk: DiskTruth) -> Iterator[Difference]:
    """Rows against the journal, call by call."""
    for call_id, told in disk.records.items():
        row = rows.get(call_id)
        if row is None:
            yield Difference(kind="call_without_row", call_id=call_id, at=told.started_at)
        elif told.final and row.record.final:
            differs = dict(_differs(row.record, told))
            if differs:
                yield Difference(kind="row_differs", call_id=call_id, at=told.started_at, detail=differs)
        elif told.final:
            yield Difference(kind="row_not_final", call_id=call_id, at=told.started_at)
    for call_id, row in rows.items():
        if call_id not in disk.records and row.record.source is Source.JOURNAL and disk.whole:
            yield Difference(kind="row_without_journal", call_id=call_id, at=row.record.started_at)
        elif row.record.source is Source.LIVE:
            yield Difference(kind="row_from_live_view", call_id=call_id, at=row.record.started_at)


def _differs(row: CallRecord, told: CallRecord) -> Iterator[tuple[str, dict[str, str]]]:
    for name in _SAME:
        here, there = getattr(row, name), getattr(told, name)
        if here != there:
            yield name, {"row": _short(here), "journal": _short(there)}
    for name in ("talk_seconds", "wait_seconds"):
        here, there = getattr(row, name), getattr(told, name)
        if abs(here - there) > _SECONDS_APART:
            yield name, {"row": f"{here:.3f}", "journal": f"{there:.3f}"}


def _short(value: object) -> str:
    return str(value)[:_KEPT_CHARACTERS]


def _queue(rows: Mapping[str, CallRow], disk: DiskTruth, since: datetime) -> Iterator[Difference]:
    """The agents' journal counts what agents answered; the rows must know the same calls."""
    if not disk.whole:
        return
    linked = {leg for row in rows.values() for leg in row.record.linked_ids}
    for leg in sorted(disk.connected - linked):
        yield Difference(kind="queue_log_without_row", call_id=None, at=since, detail={"leg": _short(leg)})
    for call_id, row in rows.items():
        record = row.record
        answered = record.final and record.queue and record.queued_at is not None and record.talks
        if answered and not disk.connected.intersection(record.linked_ids):
            yield Difference(kind="answered_without_queue_log", call_id=call_id, at=record.started_at)


def _files(rows: Mapping[str, CallRow], disk: DiskTruth, since: datetime, until: datetime) -> Iterator[Difference]:
    """Recordings on the disk against rows, both ways."""
    known = {one.file_name for row in rows.values() for one in row.recordings}
    for name in sorted(one for one in disk.files.keys() - known if _is_of_day(one, since, until)):
        match = _OWN_NAME.fullmatch(PurePosixPath(name).stem)
        call_id = match["call"] if match else None
        owner = rows.get(call_id) if call_id else None
        yield Difference(
            kind="orphan_recording",
            call_id=call_id if owner else None,
            at=owner.record.started_at if owner else since,
            detail={"file": _short(name), "bytes": disk.files[name]},
        )
    for call_id, row in rows.items():
        at = row.record.started_at
        for one in row.recordings:
            if one.file_name not in disk.files:
                detail = {"file": one.file_name, "kind": one.kind}
                yield Difference(kind="recording_without_file", call_id=call_id, at=at, detail=detail)
        if row.record.final and row.playable is None and _has_sound(row, disk):
            yield Difference(kind="recording_not_built", call_id=call_id, at=at)


def _is_of_day(name: str, since: datetime, until: datetime) -> bool:
    """Whose day a file belongs to tells the second in its call's id; of any other name, its folder."""
    match = _OWN_NAME.fullmatch(PurePosixPath(name).stem)
    if match is None:
        return name.startswith(f"{since:%Y/%m/%d}/")
    return since.timestamp() <= int(match["call"].split("-")[1]) < until.timestamp()


def _has_sound(row: CallRow, disk: DiskTruth) -> bool:
    return any(disk.files.get(one.file_name, 0) > _NO_SOUND_BYTES for one in row.recordings)


@guarded
async def _keep(ctx: Context, day: date, found: list[Difference]) -> tuple[Difference, ...]:
    """Mend what is safe and keep all of it, in one transaction."""
    kept: list[Difference] = []
    async with ctx.store() as uow:
        for one in found:
            mended = await _mend(ctx, uow, one)
            kept.append(Difference(kind=one.kind, call_id=one.call_id, at=one.at, detail=one.detail, mended=mended))
        await uow.journal.add_anomalies(
            AnomalyRow(at=one.at, kind=one.kind, call_id=one.call_id, detail={**one.detail, "day": day.isoformat()})
            for one in found
        )
        await uow.commit()
    return tuple(kept)


async def _mend(ctx: Context, uow: UnitOfWork, one: Difference) -> str:
    if one.call_id is None:
        return ""
    match one.kind:
        case "orphan_recording":
            return await _attach(ctx, uow, one.call_id, str(one.detail["file"]))
        case "recording_not_built":
            return await _build_again(ctx, uow, one.call_id)
        case "recording_without_file" if one.detail["kind"] == "stereo":
            return await _build_again(ctx, uow, one.call_id)
    return ""


async def _attach(ctx: Context, uow: UnitOfWork, call_id: str, name: str) -> str:
    """Give an orphan to the call that its name tells; a stereo file has its row when it is built."""
    part = (_OWN_NAME.fullmatch(PurePosixPath(name).stem) or {"part": None})["part"]
    if part is None:
        return await _build_again(ctx, uow, call_id)
    party = RecordingParty.CALLER if part == "-caller-r" else RecordingParty.AGENT
    if part == "-message":
        party = RecordingParty.MESSAGE
    kind = "message" if party is RecordingParty.MESSAGE else "part"
    await uow.recordings.save(RecordingRow(id=0, call_id=call_id, file_name=name, kind=kind, party=party.value))
    return "attached"


async def _build_again(ctx: Context, uow: UnitOfWork, call_id: str) -> str:
    """Put the building on the list again, at most once a day."""
    now = ctx.clock.now()
    key = f"{call_id}:again:{now:%Y%m%d}"
    return "build queued" if await uow.jobs.add(recordings.KIND, key, {"call_id": call_id}, now) else ""
