"""A call record as a row and back.

What does not live here: queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ccengine.hotline.account import normal_number
from ccengine.store.database import fit
from ccengine.store.tables.calls import calls
from ccengine.values import CallRecord, Direction, EndedBy, Outcome, RecordingPart, RecordingParty, Source, Talk

_AS_IS = (
    "call_id",
    "node",
    "started_at",
    "caller_number",
    "caller_name",
    "dialed_number",
    "language",
    "answered_at",
    "queued_at",
    "connected_at",
    "ended_at",
    "menu_served",
    "account",
    "queue",
    "queue_status",
    "wait_seconds",
    "talk_seconds",
    "hold_seconds",
    "transfers",
    "agent_number",
    "agent_extension",
    "end_cause",
    "fallback",
    "grade",
    "final",
)


def to_row(record: CallRecord, area_code: str) -> dict[str, Any]:
    """Return the record's columns."""
    values: dict[str, Any] = {name: getattr(record, name) for name in _AS_IS}
    values |= {
        "direction": record.direction.value,
        "ended_by": record.ended_by.value,
        "outcome": record.outcome.value if record.outcome else None,
        "source": record.source.value,
        "linked_ids": list(record.linked_ids),
        "menu_path": list(record.menu_path),
        "notes": list(record.notes),
        "talks": [_talk_out(talk) for talk in record.talks],
        "recordings": [_part_out(part) for part in record.recordings],
        "number_key": normal_number(record.caller_number, area_code),
        "dialed_key": normal_number(record.dialed_number, area_code),
    }
    return fit(calls, values)


def from_row(row: Mapping[Any, Any]) -> CallRecord:
    """Return the record that a row holds."""
    return CallRecord(
        **{name: row[name] for name in _AS_IS},
        direction=Direction(row["direction"]),
        ended_by=EndedBy(row["ended_by"]),
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        source=Source(row["source"]),
        linked_ids=tuple(row["linked_ids"]),
        menu_path=tuple(row["menu_path"]),
        notes=tuple(row["notes"]),
        talks=tuple(_talk_in(talk) for talk in row["talks"]),
        recordings=tuple(_part_in(part) for part in row["recordings"]),
    )


def _talk_out(talk: Talk) -> dict[str, Any]:
    return {
        "agent_number": talk.agent_number,
        "extension": talk.extension,
        "started_at": talk.started_at.isoformat(),
        "ended_at": talk.ended_at.isoformat(),
    }


def _talk_in(data: Mapping[str, Any]) -> Talk:
    return Talk(
        agent_number=data["agent_number"],
        extension=data["extension"],
        started_at=datetime.fromisoformat(data["started_at"]),
        ended_at=datetime.fromisoformat(data["ended_at"]),
    )


def _part_out(part: RecordingPart) -> dict[str, Any]:
    return {
        "file_name": part.file_name,
        "party": part.party.value,
        "started_at": part.started_at.isoformat(),
        "leg_id": part.leg_id,
        "agent_number": part.agent_number,
    }


def _part_in(data: Mapping[str, Any]) -> RecordingPart:
    return RecordingPart(
        file_name=data["file_name"],
        party=RecordingParty(data["party"]),
        started_at=datetime.fromisoformat(data["started_at"]),
        leg_id=data["leg_id"],
        agent_number=data["agent_number"],
    )
