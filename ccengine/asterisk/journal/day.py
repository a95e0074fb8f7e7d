"""One day, the last minutes, or one call, told anew from the disk: journals, CDRs and recordings, read again.

Nothing of the database and nothing of the running reader is used: this is the second opinion. Blocking; call it in a
thread. What does not live here: comparing with the rows (services/reconcile).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from ccengine.asterisk.journal.cdr import read_cdr
from ccengine.asterisk.journal.cel import CelCutter
from ccengine.asterisk.journal.journal_file import chain
from ccengine.asterisk.journal.pieces import Cutter
from ccengine.asterisk.journal.queue_log import QueueLogCutter
from ccengine.config import Settings
from ccengine.ports import DiskTruth
from ccengine.records.interpreter import Interpreter
from ccengine.records.journal_lines import JournalLine, QueueLogLine
from ccengine.records.pbx_starts import StartsOnDisk
from ccengine.values import CallRecord

T = TypeVar("T")
_CHUNK_BYTES = 1024 * 1024
#: A call of the day may have begun before midnight and end after it.
_MARGIN = timedelta(hours=6)
_DAY = timedelta(days=1)
#: A queue_log line has whole seconds: it is read after CEL told this much more.
_QUEUE_AFTER = timedelta(seconds=1)
_START_MARGIN = timedelta(seconds=1)
_LINES_PER_TELL = 5000
#: Of the files' ends so much is read at first, then twice as much, and so on.
_TAIL_BYTES = 256 * 1024
_CDR_TAIL_BYTES = 256 * 1024
#: The second in which a channel began, in its id.
_SECOND = re.compile(r"([0-9]{9,11})\.[0-9]+$")


@dataclass(frozen=True, slots=True)
class Start:
    """A file and the byte where reading begins."""

    path: Path
    offset: int = 0


def read_day(settings: Settings, since: datetime, until: datetime) -> DiskTruth:
    """Return what the disk says of the calls that began from `since` to `until`. Raises OSError."""
    files = _files_from(settings.cel_file, CelCutter(), since - _MARGIN)
    first = next(_lines([Start(path) for path in files[:1]], CelCutter()), None)
    queue = [Start(path) for path in chain(settings.queue_log_file, QueueLogCutter().first_time)]
    records, connected = _told(settings, [Start(path) for path in files], queue, since - _MARGIN, until + _MARGIN)
    return DiskTruth(
        records={key: one for key, one in records.items() if since <= one.started_at < until},
        whole=first is not None and first.at <= since,
        connected=_began_in(connected, since, until),
        files=_recordings(settings.recordings_dir, since, until),
        cdr=read_cdr(settings.cdr_file, since),
    )


def read_recent(settings: Settings, since: datetime, until: datetime) -> DiskTruth:
    """Return the same of the last minutes, from the files' ends only: who sits where is told by the calls' own lines.

    Calls without an id of ours, and such whose id was given before `since`, are left out: they are not whole here.
    Raises OSError.
    """
    cel = _ends(settings.cel_file, CelCutter(), since)
    queue = _ends(settings.queue_log_file, QueueLogCutter(), since)
    records, connected = _told(settings, cel, queue, since - _START_MARGIN, None)
    return DiskTruth(
        records={key: one for key, one in records.items() if _is_of(key, since, until) and _has_our_id(one)},
        whole=bool(cel),
        connected=_began_in(connected, since, until),
        files=_recordings(settings.recordings_dir, since, until, ids=True),
        cdr=read_cdr(settings.cdr_file, since, tail_bytes=_CDR_TAIL_BYTES),
    )


def _told(
    settings: Settings, cel: list[Start], queue: list[Start], since: datetime, until: datetime | None
) -> tuple[dict[str, CallRecord], set[str]]:
    """Interpret both journals; return the records, and the callers' legs that agents answered."""
    interpreter = Interpreter(settings.site.node, settings.pbx.devices)
    starts = StartsOnDisk(interpreter)
    told: dict[str, CallRecord] = {}
    connected: set[str] = set()
    for number, line in enumerate(_merged(cel, queue, until)):
        if isinstance(line, JournalLine):
            if line.at >= since:
                interpreter.add(line)
        else:
            starts.take(line)
            if line.event == "CONNECT":
                connected.add(line.unique_id)
        if number % _LINES_PER_TELL == 0:
            told |= {record.call_id: record for record in interpreter.tell().records}
    starts.finish()
    return told | {record.call_id: record for record in interpreter.tell().records}, connected


def _began_in(legs: Iterable[str], since: datetime, until: datetime) -> frozenset[str]:
    """Return the channels that began in between, as the second in their ids tells: a call belongs to its begin."""
    seconds = ((leg, _SECOND.search(leg)) for leg in legs)
    return frozenset(
        leg for leg, found in seconds if found and int(since.timestamp()) <= int(found[1]) < until.timestamp()
    )


def _has_our_id(record: CallRecord) -> bool:
    """Whether the dialplan gave the id: of a made-up one the digits are those of a channel."""
    digits = record.call_id.rpartition("-")[2]
    return all(leg.replace(".", "")[-20:].rjust(10, "0") != digits for leg in record.linked_ids)


def _merged(cel: list[Start], queue: list[Start], until: datetime | None) -> Iterator[JournalLine | QueueLogLine]:
    """Yield both journals in the order of their times."""
    entries = _lines(queue, QueueLogCutter())
    waiting = next(entries, None)
    for line in _lines(cel, CelCutter()):
        if until is not None and line.at >= until:
            break
        while waiting is not None and waiting.at + _QUEUE_AFTER <= line.at:
            yield waiting
            waiting = next(entries, None)
        yield line
    while waiting is not None and (until is None or waiting.at < until):
        yield waiting
        waiting = next(entries, None)


def _files_from(path: Path, cutter: CelCutter, since: datetime) -> list[Path]:
    """Return the journal's files without those that are wholly older."""
    files = chain(path, cutter.first_time)
    while len(files) > 1:
        with files[1].open("rb") as file:
            begins = cutter.first_time(file.read(_CHUNK_BYTES))
        if begins is None or begins > since:
            break
        files = files[1:]
    return files


def call_lines(settings: Settings, call_id: str) -> tuple[list[str], list[str]]:
    """Return one call's lines as they stand in the CEL file and in queue_log. Raises OSError."""
    begun = datetime.fromtimestamp(int(call_id.split("-")[1]), UTC)
    files = _files_from(settings.cel_file, CelCutter(), begun - _MARGIN)
    near = [
        pair for pair in _pieces([Start(path) for path in files], CelCutter()) if abs(pair[0].at - begun) < 2 * _MARGIN
    ]
    legs: set[str] = set()
    while True:  # a transfer joins families: until no line names another leg
        more = {
            leg
            for line, _ in near
            if call_id in line.call_ids or line.linked_id in legs or line.unique_id in legs
            for leg in (line.unique_id, line.linked_id)
        }
        if more <= legs:
            break
        legs |= more
    starts = [Start(path) for path in chain(settings.queue_log_file, QueueLogCutter().first_time)]
    queue = _pieces(starts, QueueLogCutter())
    mine = [raw for entry, raw in queue if entry.unique_id in legs or entry.words.get("call") == call_id]
    return [raw for line, raw in near if line.unique_id in legs or line.linked_id in legs], list(dict.fromkeys(mine))


def _lines(files: list[Start], cutter: Cutter[T]) -> Iterator[T]:
    """Yield the records of the files."""
    return (value for value, _raw in _pieces(files, cutter))


def _pieces(files: list[Start], cutter: Cutter[T]) -> Iterator[tuple[T, str]]:
    """Yield the records of the files with their text; what is none was quarantined when it was read first."""
    for start in files:
        rest = b""
        with start.path.open("rb") as file:
            file.seek(start.offset)
            while True:
                data = file.read(_CHUNK_BYTES)
                rest += data
                pieces, taken = cutter.cut(rest, last=not data)
                for piece in pieces:
                    if piece.value is not None:
                        yield piece.value, rest[piece.start : piece.end].decode("utf-8", "replace")
                rest = rest[taken:]
                if not data:
                    break


def _ends(path: Path, cutter: Cutter[T], since: datetime) -> list[Start]:
    """Return where to begin so that everything from `since` on is read: in the newest file, or also the one before."""
    found: list[Start] = []
    for one in reversed(chain(path, cutter.first_time)):
        size, back = one.stat().st_size, _TAIL_BYTES
        with one.open("rb") as file:
            while True:
                offset = max(0, size - back)
                file.seek(offset)
                first = cutter.first_time(file.read(_TAIL_BYTES))
                early = first is not None and first < since
                if early or offset == 0:
                    break
                back *= 2
        found.insert(0, Start(one, offset))
        if early or one.stat().st_mtime < since.timestamp():
            break
    return found


def _recordings(folder: Path, since: datetime, until: datetime, *, ids: bool = False) -> dict[str, int]:
    """Return size by name (below the recordings folder).

    ids: only those whose name tells a call of that time.
    """
    found: dict[str, int] = {}
    day = since.date() - _DAY  # folders have the site's day, which may be the one before or after that of these times
    while day <= until.date() + _DAY:
        here = folder / f"{day:%Y/%m/%d}"
        if here.is_dir():
            for path in here.iterdir():
                if ids and not _is_of(path.name, since, until):
                    continue
                if path.suffix == ".wav" and path.is_file():
                    found[path.relative_to(folder).as_posix()] = path.stat().st_size
        day += _DAY
    return found


def _is_of(name: str, since: datetime, until: datetime) -> bool:
    """Whether a call id, or the one that a recording's name begins with, is of that time."""
    words = name.split("-", 2)
    return len(words) == 3 and words[1].isdigit() and since.timestamp() <= int(words[1]) < until.timestamp()
