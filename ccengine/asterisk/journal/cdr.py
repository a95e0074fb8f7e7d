"""The PBX's own call detail records: a further witness beside CEL and queue_log, written when a channel has ended.

One line per pair of parties; our call id stands in it as the account code. Lines of other calls are passed over.
What does not live here: how the file is made (asterisk-conf/site/cdr_custom.conf), comparing (services/witnesses).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ccengine.asterisk.journal.journal_file import chain
from ccengine.asterisk.journal.pieces import MAX_RECORD_BYTES
from ccengine.ports import CdrTruth, CdrWord
from ccengine.records.journal_lines import BadLine, parse_time
from ccengine.values import CALL_ID_PATTERN

_COLUMNS = 10
_START = 5  # which column says when the pair began
_DEVICE_OR_TRUNK = re.compile(r"^PJSIP/(?:[0-9]{1,8}|cc-trunk(?:-[0-9]{3,15})?)-[0-9a-fA-F]+$")


def read_cdr(path: Path, since: datetime, tail_bytes: int | None = None) -> CdrTruth | None:
    """Return what the PBX says of the calls from `since` on; None where it keeps no such file.

    tail_bytes: only so much of the newest file's end. Raises OSError.
    """
    files = [one for one in chain(path, first_time) if one.stat().st_mtime >= since.timestamp()]
    if not path.exists():
        return None
    calls: dict[str, CdrWord] = {}
    reaches: datetime | None = None
    for one in files if tail_bytes is None else files[-1:]:
        for row in _rows(one, tail_bytes):
            started = parse_time(row[_START])
            reaches = started if reaches is None else min(reaches, started)
            if CALL_ID_PATTERN.match(row[2]):
                calls[row[2]] = _join(calls.get(row[2]), row)
    return CdrTruth(calls=calls, reaches_back_to=reaches)


def first_time(data: bytes) -> datetime | None:
    """Return when the first pair in `data` began."""
    for row in csv.reader(io.StringIO(data.decode("utf-8", "replace"))):
        try:
            return parse_time(row[_START])
        except (BadLine, IndexError, ValueError):
            continue
    return None


def _rows(path: Path, tail_bytes: int | None) -> Iterator[list[str]]:
    """Yield the whole, readable lines of a file."""
    with path.open("rb") as file:
        if tail_bytes is not None:
            file.seek(max(0, path.stat().st_size - tail_bytes))
        for raw in file:
            if len(raw) > MAX_RECORD_BYTES or not raw.endswith(b"\n") or b"\0" in raw:
                continue  # torn, or poison
            row = next(csv.reader([raw.decode("utf-8", "replace")]), [])
            if len(row) == _COLUMNS and _is_time(row[_START]) and _is_time(row[7]):
                yield row


def _is_time(text: str) -> bool:
    try:
        parse_time(text)
    except (BadLine, ValueError):
        return False
    return True


def _join(known: CdrWord | None, row: list[str]) -> CdrWord:
    """Add one pair to what is known of its call: it ended with its last pair, and was answered by any."""
    ended, answered = parse_time(row[7]), row[8] == "ANSWERED" and bool(_DEVICE_OR_TRUNK.match(row[4]))
    if known is None:
        return CdrWord(ended_at=ended, connected=answered)
    return CdrWord(ended_at=max(known.ended_at, ended), connected=known.connected or answered)
