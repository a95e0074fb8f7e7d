"""What one stretch of the journal came to, and where reading goes on.

What does not live here: tables (store/tables/), rules (hotline/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ccengine.values import AgentInterval, CallRecord, Listening


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPosition:
    """Where to go on reading: a file known by device, inode and hash of its first line. `file` is "cel" or "queue_log".

    `offset`: everything before it is in the rows. `resume_offset`: where re-reading must begin (oldest open call).
    """

    node: str
    file: str
    device: int
    inode: int
    first_line_hash: str
    offset: int
    resume_offset: int
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedLine:
    """A line that could not be read; kept whole as bytes in latin-1 text."""

    node: str
    file: str
    offset: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyRow:
    """Something that did not fit: kind e.g. live_disagrees, lost_tail, unknown_leg.

    `day`: of the comparison that found it (None: noticed at once); `mended`: what was done; `looked_*`: by a person.
    """

    at: datetime
    kind: str
    call_id: str | None
    detail: Mapping[str, Any]
    day: date | None = None
    mended: str = ""
    looked_at: datetime | None = None
    looked_by: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCheckRow:
    """What the newest comparison of one day came to."""

    node: str
    day: date
    checked_at: datetime
    calls: int
    journal: int
    cdr: int | None
    files: int
    journal_whole: bool
    differences: int
    mended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTruth:
    """A day's differences: how many were found, mended, looked at by a person, and wait for one."""

    day: date
    found: int = 0
    mended: int = 0
    looked: int = 0

    @property
    def waiting(self) -> int:
        """How many need a person."""
        return self.found - self.mended - self.looked


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """A line of a call's timeline, as written."""

    call_id: str
    at: datetime
    kind: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalBatch:
    """What one stretch of a journal file came to: everything of it and the position go into ONE transaction."""

    node: str
    file: str
    position: JournalPosition
    records: tuple[CallRecord, ...] = ()
    intervals: tuple[AgentInterval, ...] = ()
    quarantined: tuple[QuarantinedLine, ...] = ()
    events: tuple[CallEvent, ...] = ()
    anomalies: tuple[AnomalyRow, ...] = ()
    listened: tuple[Listening, ...] = ()
