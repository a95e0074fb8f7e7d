"""Two growing journals, rows in memory and a reader that may die at any time.

What does not live here: the calls that are written (scripted_calls.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cel_lines import START, Script
from interpreting import PEOPLE

from ccengine.clock import ManualClock
from ccengine.engine.journal_reader import JournalReader
from ccengine.engine.journal_state import from_row
from ccengine.records.agent_timeline import Timeline
from ccengine.records.journal_lines import parse_queue_log
from ccengine.rows import JournalBatch, JournalPosition
from ccengine.values import CallRecord


@dataclass
class Rows:
    """Rows in memory, a batch wholly or not at all."""

    position: JournalPosition | None = None
    calls: dict[str, CallRecord] = field(default_factory=dict)
    finals: list[str] = field(default_factory=list)
    steps: list[tuple[object, ...]] = field(default_factory=list)
    intervals: list[tuple[object, ...]] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    anomalies: list[str] = field(default_factory=list)

    def keep(self, batch: JournalBatch) -> None:
        """Store a batch."""
        self.position = batch.position
        for record in batch.records:
            self.calls[record.call_id] = record
            self.finals += [record.call_id] if record.final else []
        self.steps += [(one.call_id, one.at, one.kind, tuple(one.detail.items())) for one in batch.events]
        self.intervals += [(one.agent_number, one.state, one.started_at) for one in batch.intervals if one.ended_at]
        self.quarantined += [one.raw for one in batch.quarantined]
        self.anomalies += [one.kind for one in batch.anomalies]


class World:
    """Two growing journals, a store, and a reader that may die at any time."""

    def __init__(self, folder: Path) -> None:
        self.cel, self.queue_log = folder / "cel.csv", folder / "queue_log"
        for path in folder.glob("*"):
            path.unlink()
        self.rows = Rows()
        self.clock = ManualClock(START + timedelta(hours=1))
        self.reader: JournalReader | None = None
        self.rotations = 0
        self.linked = True

    def write(self, path: Path, text: str) -> None:
        """The PBX writes a line."""
        with path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    def rotate(self, path: Path) -> None:
        """Somebody renames a journal."""
        if path.exists():
            self.rotations += 1
            path.rename(path.with_name(f"{path.name}.{self.rotations}"))

    def read(self, lose: bool = False) -> bool:
        """Read one batch; `lose`: the process dies before it is stored."""
        if self.reader is None:
            state = from_row(self.rows.position)
            self.reader = JournalReader("n1", self.cel, self.queue_log, state, self.clock, PEOPLE, lambda: self.linked)
        batch = self.reader.read()
        if lose:
            self.crash()
        elif batch is not None:
            self.rows.keep(batch)
        return batch is not None

    def crash(self) -> None:
        """The process dies."""
        if self.reader is not None:
            self.reader.close()
        self.reader = None

    def finish(self) -> None:
        """Read until nothing more comes."""
        for _ in range(200):
            if not self.read():
                return
        raise AssertionError("the reader never came to an end")


def merged(calls: list[Script]) -> list[tuple[str, str]]:
    """All lines of both journals in the order of their times: ("cel" or "queue", text)."""
    timed: list[tuple[float, int, str, str]] = []
    for call in calls:
        for text, line in zip(call.cel, call.cel_lines, strict=True):
            timed.append((line.at.timestamp(), len(timed), "cel", text))
        for text, entry in zip(call.queue_log, call.queue_lines, strict=True):
            timed.append((entry.at.timestamp() + 0.9, len(timed), "queue", text))
    return [(file, text) for _, _, file, text in sorted(timed)]


def intervals_of(calls: list[Script]) -> list[tuple[object, ...]]:
    """The agents' closed intervals, told by a reader that never stopped."""
    timeline, found = Timeline("n1"), []
    ids = {call.uid(0): call.call_id for call in calls}
    for file, text in merged(calls):
        if file == "queue":
            found += [one for one in timeline.feed(parse_queue_log(text), ids.get) if one.ended_at]
    return [(one.agent_number, one.state, one.started_at) for one in found]
