"""The lines of one family of channels while it grows, and what can be said of them without knowing what they mean.

What does not live here: joining families, telling (interpreter), what a whole family means (trunk_call).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from ccengine.records.journal_lines import JournalLine, QueueLogLine
from ccengine.records.legs import build_legs
from ccengine.values import CallRecord

#: Where a line stood: number of the file since the reader's start, and byte in it.
Mark = tuple[int, int]


@dataclass(slots=True, eq=False)
class Group:
    """A family while it grows. `marks` are the caller's own marks of its first line in each file."""

    lines: dict[JournalLine, None] = field(default_factory=dict)
    queue_lines: dict[QueueLogLine, None] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    call_ids: dict[str, None] = field(default_factory=dict)
    interrupted: dict[str, datetime | None] = field(default_factory=dict)  # leg -> the PBX lived at least until then
    marks: dict[str, Mark] = field(default_factory=dict)
    told: dict[str, CallRecord] = field(default_factory=dict)
    told_events: set[tuple[object, ...]] = field(default_factory=set)
    last_at: datetime | None = None
    over: bool = False


def transfer_channels(line: JournalLine) -> Iterable[str]:
    """The channels an attended transfer names: it joins a consultation to its call."""
    if line.event != "ATTENDEDTRANSFER":
        return ()
    return [
        value for name, value in line.extra.items() if name.endswith("_uniqueid") and isinstance(value, str) and value
    ]


def open_legs_of(group: Group, before: datetime | None) -> set[str]:
    """The channels that began (before a moment) and have not ended."""
    legs = build_legs(sorted(group.lines, key=lambda line: (line.at, line.unique_id)))
    return {
        leg.unique_id for leg in legs.values() if leg.ended_at is None and (before is None or leg.first_at < before)
    }
