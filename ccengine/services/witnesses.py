"""What the witnesses of a stretch of time say of its calls, compared with the rows: each difference gets a name.

Witnesses: the journal of calls (CEL), the agents' journal (queue_log), the PBX's own detail records (CDR), the
recordings on the disk, the live view. Nothing is asked and nothing is changed here.
What does not live here: reading the disk (asterisk/journal), mending and keeping (mending, reconcile).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from ccengine.ports import DiskTruth, LiveTruth
from ccengine.rows import CallRow
from ccengine.values import CallRecord, Outcome, Source

OWN_NAME = re.compile(
    r"(?P<call>[a-z0-9]{1,16}-[0-9]{9,11}-[0-9]{10,20})(?P<part>-caller-r|-leg-[0-9.]{1,40}-r|-message)?"
)
#: A WAV of this size or less has a header and no sound: the PBX made it for a leg that never sent any.
_NO_SOUND_BYTES = 44
_SECONDS_APART = 1.0
#: The PBX writes its own detail record a moment after the channel's end.
_CDR_SECONDS_APART = 2.0
_SAME = ("direction", "caller_number", "dialed_number", "agent_number", "outcome", "queue", "transfers")
_KEPT_CHARACTERS = 200
#: From this length on a stretch is a day: files without an id of ours belong to it by their folder.
_DAY = timedelta(hours=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that does not fit. `mended`: what was done about it, empty: nothing (a person looks)."""

    kind: str
    call_id: str | None
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)
    mended: str = ""

    @property
    def key(self) -> tuple[str, str | None, str]:
        """What tells it from others."""
        return self.kind, self.call_id, repr(sorted(self.detail.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From when to when; `settled`: what ended after this may still be on its way into rows and files.

    rows_since: rows that began before it are known, not judged: the edge of a few minutes goes through calls.
    """

    since: datetime
    until: datetime
    settled: datetime
    rows_since: datetime | None = None

    def judges(self, row: CallRow) -> bool:
        """Whether a row is to be judged: over for a while, and not at the edge."""
        edge = self.rows_since is not None and row.record.started_at < self.rows_since
        return _is_settled(row, self.settled) and not edge


def compare(rows: Mapping[str, CallRow], disk: DiskTruth, time: Stretch) -> list[Difference]:
    """Return what differs between the rows and the disk."""
    return [
        *_calls(rows, disk, time),
        *_queue(rows, disk, time),
        *_cdr(rows, disk, time),
        *_files(rows, disk, time),
    ]


def compare_live(rows: Mapping[str, CallRow], live: LiveTruth, settled: datetime) -> list[Difference]:
    """Return what differs between the rows of now and the calls that the live view shows.

    `rows`: all open ones, and those of the calls shown; `settled`: what is younger is left alone.
    """
    found: list[Difference] = []
    for call_id, started_at in live.calls.items():
        row = rows.get(call_id)
        if row is None and started_at <= settled:
            found.append(Difference(kind="live_call_without_row", call_id=call_id, at=started_at))
        elif row is not None and _is_settled(row, settled):
            found.append(Difference(kind="live_call_is_over", call_id=call_id, at=row.record.started_at))
    for call_id, row in rows.items():
        if not row.record.final and call_id not in live.calls and row.record.started_at <= settled:
            found.append(Difference(kind="open_row_without_call", call_id=call_id, at=row.record.started_at))
    return found


def _is_settled(row: CallRow, settled: datetime) -> bool:
    return row.record.final and (row.record.ended_at or row.record.started_at) <= settled


def _calls(rows: Mapping[str, CallRow], disk: DiskTruth, time: Stretch) -> Iterator[Difference]:
    """Rows against the journal, call by call."""
    for call_id, told in disk.records.items():
        row = rows.get(call_id)
        if row is None:
            if told.started_at <= time.settled:
                yield Difference(kind="call_without_row", call_id=call_id, at=told.started_at)
        elif told.final and row.record.final:
            differs = dict(_differs(row.record, told))
            if differs and row.record.source is Source.JOURNAL:
                yield Difference(kind="row_differs", call_id=call_id, at=told.started_at, detail=differs)
        elif told.final and (told.ended_at or told.started_at) <= time.settled:
            yield Difference(kind="row_not_final", call_id=call_id, at=told.started_at)
    for call_id, row in rows.items():
        if not time.judges(row):
            continue
        if row.record.source is Source.LIVE:
            yield Difference(kind="row_from_live_view", call_id=call_id, at=row.record.started_at)
        elif call_id not in disk.records and disk.whole:
            yield Difference(kind="row_without_journal", call_id=call_id, at=row.record.started_at)


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


def _queue(rows: Mapping[str, CallRow], disk: DiskTruth, time: Stretch) -> Iterator[Difference]:
    """The agents' journal counts what agents answered; the rows must know the same calls."""
    if not disk.whole:
        return
    linked = {leg for row in rows.values() for leg in row.record.linked_ids}
    for leg in sorted(disk.connected - linked):
        yield Difference(kind="queue_log_without_row", call_id=None, at=time.since, detail={"leg": _short(leg)})
    for call_id, row in rows.items():
        record = row.record
        answered = time.judges(row) and record.queue and record.queued_at is not None and record.talks
        if answered and not disk.connected.intersection(record.linked_ids):
            yield Difference(kind="answered_without_queue_log", call_id=call_id, at=record.started_at)


def _cdr(rows: Mapping[str, CallRow], disk: DiskTruth, time: Stretch) -> Iterator[Difference]:
    """The PBX's own detail records: each call has one, and they agree on whether people talked and when it ended."""
    if disk.cdr is None or disk.cdr.reaches_back_to is None:
        return
    for call_id, word in disk.cdr.calls.items():
        begun = int(call_id.split("-")[1])
        inside = time.since.timestamp() <= begun < time.until.timestamp() and word.ended_at <= time.settled
        if inside and call_id not in rows and call_id not in disk.records:
            yield Difference(kind="cdr_without_row", call_id=call_id, at=word.ended_at)
    for call_id, row in rows.items():
        record, told = row.record, disk.cdr.calls.get(call_id)
        if not time.judges(row) or record.outcome is Outcome.INTERRUPTED or record.answered_at is None:
            continue  # of a call that the PBX died with, or never took, it need not write one
        if told is None:
            if record.started_at > disk.cdr.reaches_back_to and record.source is Source.JOURNAL:
                yield Difference(kind="row_without_cdr", call_id=call_id, at=record.started_at)
            continue
        differs = dict(_cdr_differs(record, told.connected, told.ended_at))
        if differs:
            yield Difference(kind="cdr_differs", call_id=call_id, at=record.started_at, detail=differs)


def _cdr_differs(record: CallRecord, connected: bool, ended_at: datetime) -> Iterator[tuple[str, dict[str, str]]]:
    if connected != bool(record.talks):
        yield "connected", {"row": str(bool(record.talks)), "cdr": str(connected)}
    if record.ended_at is not None and abs((record.ended_at - ended_at).total_seconds()) > _CDR_SECONDS_APART:
        yield "ended_at", {"row": record.ended_at.isoformat(), "cdr": ended_at.isoformat()}


def _files(rows: Mapping[str, CallRow], disk: DiskTruth, time: Stretch) -> Iterator[Difference]:
    """Recordings on the disk against rows, both ways."""
    known = {one.file_name for row in rows.values() for one in row.recordings}
    for name in sorted(one for one in disk.files.keys() - known if is_of(one, time.since, time.until)):
        match = OWN_NAME.fullmatch(PurePosixPath(name).stem)
        call_id = match["call"] if match else None
        owner = rows.get(call_id) if call_id else None
        if owner is not None and not _is_settled(owner, time.settled):
            continue  # its parts stand in rows once it is over
        yield Difference(
            kind="orphan_recording",
            call_id=call_id if owner else None,
            at=owner.record.started_at if owner else time.since,
            detail={"file": _short(name), "bytes": disk.files[name]},
        )
    for call_id, row in rows.items():
        if not time.judges(row):
            continue
        at = row.record.started_at
        for one in row.recordings:
            if one.file_name not in disk.files:
                detail = {"file": one.file_name, "kind": one.kind}
                yield Difference(kind="recording_without_file", call_id=call_id, at=at, detail=detail)
        if row.playable is None and _has_sound(row, disk):
            yield Difference(kind="recording_not_built", call_id=call_id, at=at)


def is_of(name: str, since: datetime, until: datetime) -> bool:
    """Whose day a file belongs to tells the second in its call's id; of any other name, its folder."""
    match = OWN_NAME.fullmatch(PurePosixPath(name).stem)
    if match is not None:
        return since.timestamp() <= int(match["call"].split("-")[1]) < until.timestamp()
    return until - since > _DAY and name.startswith(f"{since:%Y/%m/%d}/")


def _has_sound(row: CallRow, disk: DiskTruth) -> bool:
    return any(disk.files.get(one.file_name, 0) > _NO_SOUND_BYTES for one in row.recordings)
