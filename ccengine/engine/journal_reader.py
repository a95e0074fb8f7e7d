"""Reads both journals in step and makes batches of rows and position. Files only; no database, no event loop.

CEL leads: whatever queue_log says of a channel was written after CEL told of it. What does not live here: storing
(call_records), following a file (asterisk/journal/tail), what lines mean (records/).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

from ccengine.asterisk.journal.cel import CelCutter
from ccengine.asterisk.journal.queue_log import QueueLogCutter
from ccengine.asterisk.journal.reading import BadStretch, Item
from ccengine.asterisk.journal.tail import Tail
from ccengine.clock import Clock
from ccengine.engine.journal_state import FILE_KEY, JournalState, Place, to_row
from ccengine.records.agent_timeline import Timeline
from ccengine.records.interpreter import Interpreter
from ccengine.records.journal_lines import JournalLine, QueueLogLine
from ccengine.records.pbx_starts import STARTED, PbxStart, death_in
from ccengine.records.pbx_stops import stop_at
from ccengine.rows import AnomalyRow, CallEvent, JournalBatch, QuarantinedLine
from ccengine.values import AgentInterval

CEL, QUEUE_LOG = "cel", "queue_log"
#: The last line of a call.
_END = b'"LINKEDID_END"'
#: So long a queue_log line waits for CEL to tell of its channel.
_WAIT_FOR_CEL = timedelta(seconds=1)
#: A leg this young when the PBX's list was made, or that ended this shortly before, is left alone.
_LIST_MARGIN = timedelta(seconds=1)
#: So long after a start of the PBX the engine's word is waited for, when it died; older starts have theirs behind them.
_DEATH_WORD = timedelta(seconds=4)
_FRESH = timedelta(seconds=60)
_AT_ONCE = timedelta()
#: So long a call that the PBX hung up on, nobody knows why, waits for the word that the PBX ends; where there is no
#: link on which the engine would have heard of it, for the PBX's next start.
_END_WORD, _NEXT_START = timedelta(seconds=3), timedelta(seconds=60)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
#: So much of queue_log (in the tail's chunks) is read at most in one batch.
_QUEUE_LOG_CHUNKS = 200
#: So many of a batch's lines that were put aside are told one by one, and so much of each.
_BAD_LINES_SHOWN, _BAD_LINE_CHARACTERS = 20, 120
_LONG_NUMBER = re.compile(r"[0-9]{7,}")  # whose number it may be is nobody's business
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """The PBX said what lives at a moment: legs from before that are not in `alive` are gone."""

    made_at: datetime
    #: Not before: the last lines of a leg that just ended may be on their way.
    due: datetime
    alive: frozenset[str]


class _Source(Generic[T]):
    """One tail with the items read but not yet taken."""

    def __init__(self, name: str, tail: Tail[T]) -> None:
        self.name = name
        self.tail = tail
        self.waiting: deque[tuple[Item[T], datetime]] = deque()
        self.bad: list[BadStretch] = []
        self.notes: list[str] = []
        self.caught_up = False

    def look(self, now: datetime) -> None:
        """Read one chunk more."""
        reading = self.tail.read()
        self.waiting.extend((item, now) for item in reading.items)
        self.bad += reading.bad
        self.notes += reading.notes
        self.caught_up = reading.caught_up

    def place(self, oldest: tuple[int, int] | None) -> Place:
        """Where this journal stands: everything before the first waiting item was taken."""
        mark = self.waiting[0][0].mark if self.waiting else self.tail.mark
        replay = mark if oldest is None else min(mark, oldest)
        return Place(read=self.tail.position_of(mark), replay=self.tail.position_of(replay), last_at=self.last_taken_at)

    last_taken_at: datetime | None = None


class JournalReader:
    """Turns what is in the journals into batches, one per `read()`; a batch must be stored before the next read.

    Args:
        node: the PBX's name; cel_file, queue_log_file: the journals; state: what was stored last.
        clock: for stamps of what is noted; people: extension -> agent number where the journal does not say it.
        linked: whether the engine hears of what the PBX does.
    """

    def __init__(
        self,
        node: str,
        cel_file: Path,
        queue_log_file: Path,
        state: JournalState,
        clock: Clock,
        people: Mapping[str, str] | None = None,
        linked: Callable[[], bool] = lambda: True,
    ) -> None:
        self.node = node
        self.clock = clock
        self.interpreter = Interpreter(node, people)
        self.timeline = Timeline(node)
        self.timeline.load(state.agents)
        self.interpreter.sign_ins.load(state.phones)
        cel, queue = state.cel, state.queue_log
        self._cel: _Source[JournalLine] = _Source(CEL, Tail(cel_file, CelCutter(), cel.read, cel.replay, cel.last_at))
        self._queue: _Source[QueueLogLine] = _Source(
            QUEUE_LOG, Tail(queue_log_file, QueueLogCutter(), queue.read, queue.replay, queue.last_at)
        )
        self._cel.last_taken_at, self._queue.last_taken_at = cel.last_at, queue.last_at
        self._lists: list[_List] = []
        self._linked = linked
        self._unlinked_since: datetime | None = None
        self._starts: dict[PbxStart, datetime] = {}  # not closed yet -> when they are, without word of the death
        self._stored_row = to_row(node, state)
        self._replay(state.held)

    def close(self) -> None:
        """Close the files."""
        self._cel.tail.close()
        self._queue.tail.close()

    def changed(self) -> bool:
        """Whether a read is worth while: cheap enough for every few milliseconds."""
        waiting = bool(self._cel.waiting or self._queue.waiting or self._lists or self._starts)
        return waiting or bool(self.interpreter.held) or self._cel.tail.changed() or self._queue.tail.changed()

    def holds_an_end(self) -> bool:
        """Whether what was not read yet tells of a call's end, or is so much that it should be read at once."""
        return bool(self._cel.waiting or self._lists or self._starts) or self._cel.tail.holds(_END)

    def reconcile(self, at: datetime, alive: frozenset[str]) -> None:
        """Take the PBX's word that at `at` only these channels lived; the journal's other open legs are interrupted."""
        self._lists.append(_List(made_at=at, alive=alive, due=at + _LIST_MARGIN))

    def pbx_ends(self, at: datetime) -> None:
        """Take the engine's word that the PBX hangs up on everybody from `at` on: the journal has it later."""
        self.interpreter.pbx_ended(stop_at(at))

    def read(self) -> JournalBatch | None:
        """Read on, and return what became of it; None when there was nothing new. Raises OSError."""
        now = self.clock.now()
        if not self._cel.waiting:
            self._cel.look(now)
        while self._cel.waiting:
            item, _ = self._cel.waiting.popleft()
            self._cel.last_taken_at = item.value.at
            self.interpreter.add(item.value, item.mark)
        self._close_what_is_gone(now)
        self._read_queue_log(now)
        intervals = self._take_queue_lines(now)
        return self._batch(intervals, now)

    def _read_queue_log(self, now: datetime) -> None:
        """Read as far as CEL has come: what ends a call here must be known before the call is told as ended."""
        for _ in range(_QUEUE_LOG_CHUNKS):
            self._queue.look(now)
            newest = self._queue.waiting[-1][0].value.at if self._queue.waiting else None
            ahead = newest and self._cel.last_taken_at and newest > self._cel.last_taken_at
            if self._queue.caught_up or (ahead and not self._cel.caught_up):
                return

    def _close_what_is_gone(self, now: datetime) -> None:
        """Close what the PBX no longer has, once CEL was read to its end: starts before the lists made after them."""
        if not self._cel.caught_up:
            return
        for start, due in list(self._starts.items()):
            if due <= now:
                del self._starts[start]
                self.interpreter.close_start(start, self._listed_since(start.died_at))
        while self._lists and not self._starts and self._lists[0].due <= now:
            one = self._lists.pop(0)
            self.interpreter.close_unlisted(one.made_at - _LIST_MARGIN, one.alive)

    def _listed_since(self, death: datetime | None) -> frozenset[str]:
        """Return what the PBX had by its lists made after a death, as far as they are not used up."""
        return frozenset(leg for one in self._lists if death and one.made_at > death for leg in one.alive)

    def _replay(self, held: Sequence[str]) -> None:
        """Read again what was stored before and belongs to open calls: to know them, not to tell them."""
        now = self.clock.now()
        for source in (self._cel, self._queue):
            while source.tail.replaying:
                source.look(now)
                if source.caught_up:
                    break
        while self._cel.waiting and self._cel.waiting[0][0].replayed:
            item, _ = self._cel.waiting.popleft()
            self.interpreter.add(item.value, item.mark)
        while self._queue.waiting and self._queue.waiting[0][0].replayed:
            entry, _ = self._queue.waiting.popleft()
            self._note_start(entry.value, now)
            self.interpreter.add_queue_line(entry.value, entry.mark)
        self.interpreter.settle(held)

    def _take_queue_lines(self, now: datetime) -> list[AgentInterval]:
        """Take the agents' lines as far as CEL has come; the rest waits."""
        intervals: list[AgentInterval] = []
        while self._queue.waiting:
            item, seen_at = self._queue.waiting[0]
            line = item.value
            if self._is_early(line, now - seen_at):
                break
            self._queue.waiting.popleft()
            self._queue.last_taken_at = line.at
            self._note_start(line, now)
            self.interpreter.add_queue_line(line, item.mark)
            intervals += self.timeline.feed(line, self.interpreter.call_id_of)
        return intervals

    def _note_start(self, line: QueueLogLine, now: datetime) -> None:
        """Remember a start of the PBX until the engine's word of the death is there, or will not come."""
        died_at = death_in(line)
        if line.event == STARTED:
            patience = _DEATH_WORD if now - line.at < _FRESH else _AT_ONCE
            self._starts[self.interpreter.start_of(line.at)] = now + patience
        elif died_at is not None:
            next((start for start in self._starts if start.learn(died_at)), None)  # the first one that it can be of
            self._starts = dict.fromkeys(self._starts, now)

    def _is_early(self, line: QueueLogLine, waited: timedelta) -> bool:
        """Whether CEL has not come so far yet (whole seconds here, microseconds there)."""
        reached = self._cel.last_taken_at
        if not self._cel.caught_up and reached is not None and line.at > reached:
            return True
        return waited < _WAIT_FOR_CEL and not self.interpreter.knows(line)

    def _held_since(self, now: datetime) -> datetime:
        """Say which calls that the PBX hung up on are told already: those of which it is known that it lived on."""
        linked = self._linked()
        self._unlinked_since = None if linked else self._unlinked_since or now
        if self._starts:
            return _LONG_AGO  # it is just being asked how the PBX ended
        if not (self._cel.caught_up and self._queue.caught_up):
            return (self._cel.last_taken_at or now) - _NEXT_START
        if self._unlinked_since is None:
            return now - _END_WORD
        return _LONG_AGO if now - self._unlinked_since < _NEXT_START else now - _NEXT_START

    def _batch(self, intervals: list[AgentInterval], now: datetime) -> JournalBatch | None:
        told = self.interpreter.tell(self._held_since(now), now)
        state = JournalState(
            cel=self._cel.place(self.interpreter.oldest_mark(CEL)),
            queue_log=self._queue.place(self.interpreter.oldest_mark(QUEUE_LOG)),
            agents=self.timeline.dump(),
            phones=self.interpreter.sign_ins.dump(),
            held=self.interpreter.held,
        )
        row = to_row(self.node, state)
        quarantined = self._quarantined()
        anomalies = (*self._anomalies(now), *_shown(quarantined, now))
        if row == self._stored_row and not (
            told.records or told.events or told.listened or intervals or quarantined or anomalies
        ):
            return None
        self._stored_row = row
        return JournalBatch(
            node=self.node,
            file=FILE_KEY,
            position=row,
            records=told.records,
            intervals=tuple(intervals),
            quarantined=quarantined,
            events=tuple(CallEvent(call_id=s.call_id, at=s.at, kind=s.kind, detail=s.detail) for s in told.events),
            anomalies=anomalies,
            listened=told.listened,
        )

    def _quarantined(self) -> tuple[QuarantinedLine, ...]:
        found = [
            QuarantinedLine(
                node=self.node, file=source.name, offset=bad.position.offset, reason=bad.reason, raw=bad.sample
            )
            for source in (self._cel, self._queue)
            for bad in source.bad
        ]
        self._cel.bad, self._queue.bad = [], []
        return tuple(found)

    def _anomalies(self, now: datetime) -> tuple[AnomalyRow, ...]:
        found = []
        for source in (self._cel, self._queue):
            for note in source.notes:
                kind, _, text = note.partition(": ")
                detail = {"file": source.name, "text": text}
                found.append(AnomalyRow(at=now, kind=kind, call_id=None, detail=detail))
            source.notes = []
        if self.interpreter.late_lines:
            detail = {"file": CEL, "text": f"{self.interpreter.late_lines} line(s) of calls told long ago"}
            found.append(AnomalyRow(at=now, kind="late_lines", call_id=None, detail=detail))
            self.interpreter.late_lines = 0
        return tuple(found)


def _shown(lines: Sequence[QuarantinedLine], now: datetime) -> Iterator[AnomalyRow]:
    """Each line that was put aside is shown to people, as far as they may see it; of very many the first ones are."""
    for line in lines[:_BAD_LINES_SHOWN]:
        text = f"{line.reason}: {line.raw[:_BAD_LINE_CHARACTERS]}"
        told = _LONG_NUMBER.sub("***", text.encode("unicode_escape").decode("ascii"))
        yield AnomalyRow(
            at=now, kind="bad_line", call_id=None, detail={"file": line.file, "offset": line.offset, "text": told}
        )
    if len(lines) > _BAD_LINES_SHOWN:
        left = f"{len(lines) - _BAD_LINES_SHOWN} more lines"
        yield AnomalyRow(at=now, kind="bad_line", call_id=None, detail={"file": lines[-1].file, "text": left})
