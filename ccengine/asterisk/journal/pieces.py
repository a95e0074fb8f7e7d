"""What cutting a journal's bytes gives: values with their place, and bytes that are none.

What does not live here: the cutting itself (cel, queue_log), files (tail).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")

#: A record longer than this is poison; so much of a file is held in memory at most, twice over.
MAX_RECORD_BYTES = 256 * 1024
#: So much of a poison record is kept for a person to look at.
SAMPLE_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece(Generic[T]):
    """Bytes start..end of the buffer: a value, or (`value` None) not a record, and why."""

    start: int
    end: int
    value: T | None = None
    reason: str = ""
    sample: str = ""


class Cutter(Protocol[T]):
    """Cuts bytes into records. Keeps no bytes: what was not consumed comes again, with more behind it.

    `exact_times`: the records' times are fine enough to find the place of the last one by them.
    """

    exact_times: bool

    def cut(self, data: bytes, *, last: bool) -> tuple[list[Piece[T]], int]:
        """Return the pieces and how many bytes they take; with `last` nothing more will come."""
        ...

    def first_time(self, data: bytes) -> datetime | None:
        """Return the time of the first record that begins in `data`, to put files in order."""
        ...

    def time_of(self, value: object) -> datetime:
        """Return a record's time."""
        ...


def sample_of(data: bytes) -> str:
    """Return the beginning of a bad stretch as text that keeps each byte (latin-1), for a person to look at."""
    return data[:SAMPLE_BYTES].decode("latin-1")
