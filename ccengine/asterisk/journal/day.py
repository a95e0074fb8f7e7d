"""One day, or one call, told anew from the disk: both journals read again from their files, the recordings listed.

Nothing of the database and nothing of the running reader is used: this is the second opinion. Blocking; call it in a
thread. What does not live here: comparing with the rows (services/reconcile).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from ccengine.asterisk.journal.cel import CelCutter
from ccengine.asterisk.journal.journal_file import chain
from ccengine.asterisk.journal.pieces import Cutter
from ccengine.asterisk.journal.queue_log import QueueLogCutter
from ccengine.config import Settings
from ccengine.ports import DiskTruth
from ccengine.records.interpreter import Interpreter
from ccengine.records.journal_lines import JournalLine, QueueLogLine
from ccengine.values import CallRecord

T = TypeVar("T")
_CHUNK_BYTES = 1024 * 1024
#: A call of the day may have begun before midnight and end after it.
_MARGIN = timedelta(hours=6)
#: A queue_log line has whole seconds: it is read after CEL told this much more.
_QUEUE_AFTER = timedelta(seconds=1)
_START_MARGIN = timedelta(seconds=1)
_LINES_PER_TELL = 5000


def read_day(settings: Settings, since: datetime, until: datetime) -> DiskTruth:
    """Return what the disk says of the calls that began from `since` to `until`. Raises OSError."""
    files = _files_from(settings.cel_file, CelCutter(), since - _MARGIN)
    first = next(_lines(files[:1], CelCutter()), None)
    interpreter = Interpreter(settings.site.node, settings.pbx.devices)
    told: dict[str, CallRecord] = {}
    connected: set[str] = set()
    for number, line in enumerate(_merged(settings, files, until + _MARGIN)):
        if isinstance(line, JournalLine):
            if line.at >= since - _MARGIN:
                interpreter.add(line)
        else:
            _take(interpreter, line)
            if line.event == "CONNECT" and since <= line.at < until:
                connected.add(line.unique_id)
        if number % _LINES_PER_TELL == 0:
            told |= {record.call_id: record for record in interpreter.tell().records}
    told |= {record.call_id: record for record in interpreter.tell().records}
    return DiskTruth(
        records={key: one for key, one in told.items() if since <= one.started_at < until},
        whole=first is not None and first.at <= since,
        connected=frozenset(connected),
        files=_recordings(settings.recordings_dir, since, until),
    )


def _take(interpreter: Interpreter, line: QueueLogLine) -> None:
    interpreter.add_queue_line(line)
    if line.event == "QUEUESTART":
        interpreter.tell()
        interpreter.close_interrupted(line.at - _START_MARGIN)


def _merged(settings: Settings, cel_files: list[Path], until: datetime) -> Iterator[JournalLine | QueueLogLine]:
    """Yield both journals in the order of their times; queue_log from its begin, because it tells who sits where."""
    queue = _lines(chain(settings.queue_log_file, QueueLogCutter().first_time), QueueLogCutter())
    waiting = next(queue, None)
    for line in _lines(cel_files, CelCutter()):
        if line.at >= until:
            break
        while waiting is not None and waiting.at + _QUEUE_AFTER <= line.at:
            yield waiting
            waiting = next(queue, None)
        yield line
    while waiting is not None and waiting.at < until:
        yield waiting
        waiting = next(queue, None)


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
    near = [pair for pair in _pieces(files, CelCutter()) if abs(pair[0].at - begun) < 2 * _MARGIN]
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
    queue = _pieces(chain(settings.queue_log_file, QueueLogCutter().first_time), QueueLogCutter())
    mine = [raw for entry, raw in queue if entry.unique_id in legs or entry.words.get("call") == call_id]
    return [raw for line, raw in near if line.unique_id in legs or line.linked_id in legs], list(dict.fromkeys(mine))


def _lines(files: list[Path], cutter: Cutter[T]) -> Iterator[T]:
    """Yield the records of the files."""
    return (value for value, _raw in _pieces(files, cutter))


def _pieces(files: list[Path], cutter: Cutter[T]) -> Iterator[tuple[T, str]]:
    """Yield the records of the files with their text; what is none was quarantined when it was read first."""
    for path in files:
        rest = b""
        with path.open("rb") as file:
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


def _recordings(folder: Path, since: datetime, until: datetime) -> dict[str, int]:
    """Return size by name (below the recordings folder); the days around it too: the PBX's clock may be in UTC."""
    found: dict[str, int] = {}
    day = since.date() - timedelta(days=1)
    while day <= until.date():
        here = folder / f"{day:%Y/%m/%d}"
        if here.is_dir():
            for path in here.iterdir():
                if path.suffix == ".wav" and path.is_file():
                    found[path.relative_to(folder).as_posix()] = path.stat().st_size
        day += timedelta(days=1)
    return found
