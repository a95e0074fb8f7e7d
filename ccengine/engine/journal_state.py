"""How the places in both journals stand in ONE stored row, so that they move together with the rows made of them.

What does not live here: the reading (journal_reader), the table (store).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from ccengine.asterisk.journal.journal_file import FilePosition
from ccengine.rows import JournalPosition

#: The key under which the row stands: it is named by the leading file, and carries the other one's place as well.
FILE_KEY = "cel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one journal stands: read so far, to be read again for open calls, time of the last record."""

    read: FilePosition | None = None
    replay: FilePosition | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalState:
    """Everything a reader needs to go on after a crash."""

    cel: Place = Place()
    queue_log: Place = Place()
    agents: Mapping[str, Any] = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)  # extension -> who sits there
    held: tuple[str, ...] = ()  # calls that are over and wait to be told so


def to_row(node: str, state: JournalState) -> JournalPosition:
    """Return the row to store."""
    read = state.cel.read or FilePosition(device=0, inode=0, first_line="", offset=0)
    replay = state.cel.replay or read
    return JournalPosition(
        node=node,
        file=FILE_KEY,
        device=read.device,
        inode=read.inode,
        first_line_hash=read.first_line,
        offset=read.offset,
        resume_offset=replay.offset if replay.same_file(read) else 0,
        state={
            "cel": _dump(state.cel),
            "queue_log": _dump(state.queue_log),
            "agents": dict(state.agents),
            "phones": dict(state.phones),
            "held": list(state.held),
        },
    )


def from_row(row: JournalPosition | None) -> JournalState:
    """Return the state of a stored row; an empty one when nothing was ever read."""
    if row is None:
        return JournalState()
    return JournalState(
        cel=_load(row.state["cel"]),
        queue_log=_load(row.state["queue_log"]),
        agents=row.state["agents"],
        phones=row.state.get("phones", {}),
        held=tuple(row.state.get("held", ())),
    )


def _dump(place: Place) -> dict[str, Any]:
    return {
        "read": asdict(place.read) if place.read else None,
        "replay": asdict(place.replay) if place.replay else None,
        "last_at": place.last_at.isoformat() if place.last_at else None,
    }


def _load(data: Mapping[str, Any]) -> Place:
    return Place(
        read=FilePosition(**data["read"]) if data["read"] else None,
        replay=FilePosition(**data["replay"]) if data["replay"] else None,
        last_at=datetime.fromisoformat(data["last_at"]) if data["last_at"] else None,
    )
