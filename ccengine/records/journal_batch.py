"""What one reading of the journal hands to the store: rows and the read positions, stored in ONE transaction.

What does not live here: how the files are read (asterisk/journal), how the rows are stored (services, store).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ccengine.values import CallRecord

#: The names of the two followed files, as they stand in the positions' key.
CEL_FILE = "cel"
QUEUE_LOG_FILE = "queue_log"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePosition:
    """A byte in a file that keeps its identity over renames. `first_line` is a hash; empty while there is no line."""

    device: int
    inode: int
    first_line: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPosition:
    """How far a file was read (`read`), and where reading must begin again to rebuild the open calls (`replay`).

    `last_at` is the time of the last record read: it finds the place again when the file itself is gone or shorter.
    `state` is what the reader must remember beyond that, as JSON (queue_log: the agents' open intervals).
    """

    node: str
    file: str
    read: FilePosition
    replay: FilePosition
    last_at: datetime | None = None
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedLine:
    """Bytes in a journal that are not a record: kept (the first kilobyte), counted and shown, never interpreted."""

    file: str
    position: FilePosition
    length: int
    reason: str
    sample: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One step of a call, for the call's timeline on the page. Unique by all its fields."""

    call_id: str
    at: datetime
    kind: str
    detail: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentInterval:
    """One stretch of an agent's day. Unique by (agent_number, started_at, state); open while `ended_at` is None."""

    agent_number: str
    extension: str
    state: str
    reason: str
    started_at: datetime
    ended_at: datetime | None
    call_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalBatch:
    """Rows and positions that must become durable together.

    `records`: the newest state of each call that changed; a final one may follow a final one (a correction).
    """

    node: str
    positions: tuple[JournalPosition, ...]
    records: tuple[CallRecord, ...] = ()
    events: tuple[CallEvent, ...] = ()
    intervals: tuple[AgentInterval, ...] = ()
    quarantined: tuple[QuarantinedLine, ...] = ()
    notes: tuple[str, ...] = field(default=())


class StoreBatch(Protocol):
    """Stores a batch in one transaction; raises when nothing was stored, and then the same batch comes again."""

    async def __call__(self, batch: JournalBatch) -> None:
        """Store `batch` wholly or not at all."""
        ...


class LoadPositions(Protocol):
    """Tells the stored positions of a node."""

    async def __call__(self, node: str) -> tuple[JournalPosition, ...]:
        """Return the positions, empty at the first start."""
        ...
