"""The timeline of a call that the journal said nothing about: what the record itself tells.

What does not live here: the journal's own steps (records/call_events).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ccengine.rows import TimelineEntry
from ccengine.values import CallRecord


def timeline_of(record: CallRecord) -> tuple[TimelineEntry, ...]:
    """Return the steps a record knows, in order, by the journal's names for them."""
    steps: list[tuple[datetime | None, str, dict[str, Any]]] = [
        (record.started_at, "arrived", {}),
        (record.answered_at, "answered", {}),
        (record.queued_at, "queued", {"queue": record.queue or ""}),
    ]
    for talk in record.talks:
        detail = {"agent": talk.agent_number or "", "extension": talk.extension}
        steps += [(talk.started_at, "talk_started", detail), (talk.ended_at, "talk_ended", detail)]
    if record.final:
        outcome = record.outcome.value if record.outcome else ""
        steps.append((record.ended_at, "ended", {"by": record.ended_by.value, "outcome": outcome}))
    known = [TimelineEntry(at=at, kind=kind, detail=detail) for at, kind, detail in steps if at is not None]
    return tuple(sorted(known, key=lambda entry: entry.at))
