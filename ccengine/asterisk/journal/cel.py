"""Cuts the CEL file's bytes into records: quoted, comma separated, a record ends at a newline outside quotes.

After a torn or poisoned stretch the reader goes on at the next `"EVENT","epoch.µs"`: inside a quoted field that text
cannot stand, because a quote is doubled there. What does not live here: the columns (records.journal_lines), files.
"""

from __future__ import annotations

import re
from datetime import datetime

from ccengine.asterisk.journal.pieces import MAX_RECORD_BYTES, Piece, sample_of
from ccengine.records.journal_lines import CEL_EVENTS, BadLine, JournalLine, parse_cel, parse_time

_NAMES = "|".join([*CEL_EVENTS, "CC_[A-Z0-9_]{1,37}"]).encode()
_START = re.compile(rb'"(?:' + _NAMES + rb')","([0-9]{9,11}\.[0-9]{6})","')
#: The longest beginning of a record that may stand cut at the end of the bytes so far.
_START_BYTES = 80


class CelCutter:
    """Cuts CEL bytes. `skipping` is true inside a poisoned stretch that was already told."""

    exact_times = True

    def __init__(self) -> None:
        self.skipping = False

    def cut(self, data: bytes, *, last: bool) -> tuple[list[Piece[JournalLine]], int]:
        """Return records and bad stretches in order, and how many bytes they take."""
        pieces: list[Piece[JournalLine]] = []
        here = 0
        while here < len(data):
            end, piece = self._next(data, here, last)
            if end == here:
                break
            if piece is not None:
                pieces.append(piece)
            here = end
        return pieces, here

    def first_time(self, data: bytes) -> datetime | None:
        """Return the time of the first record in `data`."""
        match = _START.search(data)
        return parse_time(match[1].decode()) if match else None

    def time_of(self, value: object) -> datetime:
        """Return a record's time."""
        assert isinstance(value, JournalLine)
        return value.at

    def _next(self, data: bytes, here: int, last: bool) -> tuple[int, Piece[JournalLine] | None]:
        """Return where the next piece ends (`here`: wait for more) and the piece, None for bytes told before."""
        if _START.match(data, here):
            end = _record_end(data, here)
            torn = _START.search(data, here + 1, end or len(data))
            if torn is not None:
                return torn.start(), self._bad(data, here, torn.start(), "torn: another record begins inside")
            if end is not None:
                self.skipping = False
                return end, _read(data, here, end)
        return self._garbage(data, here, last)

    def _garbage(self, data: bytes, here: int, last: bool) -> tuple[int, Piece[JournalLine] | None]:
        """Bytes that begin no record, or a record that has no end yet."""
        start = _START.search(data, here + 1)
        if start is not None:
            return start.start(), self._bad(data, here, start.start(), "not a record")
        if last:
            return len(data), self._bad(data, here, len(data), "torn: the file ends inside")
        if len(data) - here > MAX_RECORD_BYTES:
            piece = self._bad(data, here, len(data) - _START_BYTES, f"longer than {MAX_RECORD_BYTES} bytes")
            self.skipping = True
            return len(data) - _START_BYTES, piece
        newline = data.rfind(b"\n", here)
        if newline >= 0 and not _START.match(data, here):
            return newline + 1, self._bad(data, here, newline + 1, "not a record")
        return here, None

    def _bad(self, data: bytes, start: int, end: int, reason: str) -> Piece[JournalLine] | None:
        told, self.skipping = self.skipping, False
        if told or not data[start:end].strip(b"\r\n"):
            return None
        return Piece(start=start, end=end, reason=reason, sample=sample_of(data[start:end]))


def _record_end(data: bytes, here: int) -> int | None:
    """The byte after the record's newline: the first newline with an even number of quotes before it."""
    quotes, searched = 0, here
    while True:
        newline = data.find(b"\n", searched)
        if newline < 0:
            return None
        quotes += data.count(b'"', searched, newline)
        if quotes % 2 == 0:
            return newline + 1
        searched = newline + 1


def _read(data: bytes, start: int, end: int) -> Piece[JournalLine]:
    raw = data[start:end]
    try:
        if b"\0" in raw:
            raise BadLine("a NUL byte inside")
        # A name cut inside a character is the PBX's doing: the name is damaged, the call is not.
        return Piece(start=start, end=end, value=parse_cel(raw.decode("utf-8", "replace")))
    except BadLine as error:
        return Piece(start=start, end=end, reason=str(error), sample=sample_of(raw))
