"""Cuts queue_log's bytes into lines. The file escapes nothing, so a line glued to a torn one is found by its shape.

What does not live here: what the fields mean (records.agent_timeline, records.interpreter), files (tail).
"""

from __future__ import annotations

import re
from datetime import datetime

from ccengine.asterisk.journal.pieces import MAX_RECORD_BYTES, Piece, sample_of
from ccengine.records.journal_lines import BadLine, QueueLogLine, parse_queue_log, parse_time

_LINE = re.compile(rb"([0-9]{10})\|[^|\n]*\|[^|\n]*\|[^|\n]*\|[A-Z][A-Z_]+(?:\||\n|\r)")


class QueueLogCutter:
    """Cuts queue_log bytes."""

    exact_times = False  # whole seconds

    def __init__(self) -> None:
        self.skipping = False

    def cut(self, data: bytes, *, last: bool) -> tuple[list[Piece[QueueLogLine]], int]:
        """Return lines and bad stretches in order, and how many bytes they take."""
        pieces: list[Piece[QueueLogLine]] = []
        here = 0
        while (newline := data.find(b"\n", here)) >= 0:
            if self.skipping:
                self.skipping = False
            else:
                pieces += _read(data, here, newline + 1)
            here = newline + 1
        rest = len(data) - here
        if rest and (last or rest > MAX_RECORD_BYTES):
            if not self.skipping:
                reason = "torn: the file ends inside" if last else f"longer than {MAX_RECORD_BYTES} bytes"
                pieces.append(Piece(start=here, end=len(data), reason=reason, sample=sample_of(data[here:])))
            self.skipping = not last
            here = len(data)
        return pieces, here

    def first_time(self, data: bytes) -> datetime | None:
        """Return the time of the first line in `data`."""
        match = _LINE.search(data)
        return parse_time(match[1].decode()) if match else None

    def time_of(self, value: object) -> datetime:
        """Return a line's time."""
        assert isinstance(value, QueueLogLine)
        return value.at


def _read(data: bytes, start: int, end: int) -> list[Piece[QueueLogLine]]:
    raw = data[start:end]
    if not raw.strip(b"\r\n"):
        return []
    glued = _LINE.search(raw, 1)
    if glued is not None:
        cut = start + glued.start()
        sample = sample_of(raw[: glued.start()])
        torn: Piece[QueueLogLine] = Piece(
            start=start, end=cut, reason="torn: another line begins inside", sample=sample
        )
        return [torn, *_read(data, cut, end)]
    try:
        if b"\0" in raw:
            raise BadLine("a NUL byte inside")
        return [Piece(start=start, end=end, value=parse_queue_log(raw.decode("utf-8", "replace")))]
    except BadLine as error:
        return [Piece(start=start, end=end, reason=str(error), sample=sample_of(raw))]
