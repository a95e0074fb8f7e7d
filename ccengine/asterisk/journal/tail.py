"""Follows a journal file over rotations, torn lines, lost tails, reused inodes and our own restarts.

What does not live here: a file's identity (journal_file), cutting (cel, queue_log), what is done with the records
(engine/call_records).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from ccengine.asterisk.journal.journal_file import FilePosition, JournalFile, chain, exists, identity, is_at, older
from ccengine.asterisk.journal.pieces import MAX_RECORD_BYTES, Cutter, Piece
from ccengine.asterisk.journal.reading import BadStretch, Item, Reading

T = TypeVar("T")
CHUNK_BYTES = 256 * 1024
#: The first chunk, doubled each time: an engine that dies again and again soon after its start still gets on.
FIRST_CHUNK_BYTES = 16 * 1024


class Tail(Generic[T]):
    """Reads a journal from where it was left.

    Args:
        path: the file that is written now; older ones lie beside it as `name.*`.
        cutter: cuts bytes into records.
        read: where reading stopped; None: never read, begin with the oldest file.
        replay: where to begin again before that, to rebuild what was open; items before `read` say `replayed`.
        last_at: the time of the last record read, to find the place when the file is gone or shorter.
    """

    def __init__(
        self,
        path: Path,
        cutter: Cutter[T],
        read: FilePosition | None = None,
        replay: FilePosition | None = None,
        last_at: datetime | None = None,
    ) -> None:
        self.path = path
        self.last_at = last_at
        self._cutter = cutter
        self._goal = read if replay is not None and read is not None and replay != read else None
        self._begin = replay or read
        self._read_from = read
        self._file: JournalFile | None = None
        self._number = -1
        self._offset = 0
        self._buffer = b""
        self._chunk = FIRST_CHUNK_BYTES
        self._replay_until: datetime | None = None
        self._listed: tuple[tuple[int, int], bool] | None = None
        self._notes: list[str] = []
        self._identities: dict[int, JournalFile | FilePosition] = {}

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def mark(self) -> tuple[int, int]:
        """The place after the last piece taken."""
        return self._number, self._offset

    @property
    def replaying(self) -> bool:
        """Whether what is read was already stored before."""
        return self._goal is not None

    def position_of(self, mark: tuple[int, int]) -> FilePosition | None:
        """Return a mark as a position that outlives us; None before any file was there."""
        known = self._identities.get(mark[0])
        if isinstance(known, JournalFile):
            return known.position(mark[1])
        return known.at(mark[1]) if known is not None else self._begin

    def changed(self) -> bool:
        """Whether a look is worth while. Cheap: a few stat calls, no reading. Raises OSError."""
        if self._file is None:
            return exists(self.path) or (exists(self.path.parent) and self._in_folder(lambda: bool(older(self.path))))
        return self._file.size != self._offset + len(self._buffer) or self._is_rotated()

    def holds(self, word: bytes) -> bool:
        """Whether a word is in what was not read yet, or there is a whole chunk of that. Raises OSError."""
        if self._file is None:
            return False
        data = self._file.read(self._offset + len(self._buffer), CHUNK_BYTES)
        return word in data or len(data) == CHUNK_BYTES

    def read(self) -> Reading[T]:
        """Read on, one chunk at most. Never waits. Raises OSError: what was read so far stays."""
        if self._file is None and not self._open_first():
            return Reading(notes=self._take_notes())
        assert self._file is not None
        self._check_emptied()
        rotated = self._is_rotated()
        data = self._file.read(self._offset + len(self._buffer), self._chunk)
        full = len(data) == self._chunk
        if full and not self.replaying:
            self._chunk = min(2 * self._chunk, CHUNK_BYTES)
        self._buffer += data
        drained = rotated and not data
        items, bad = self._take(last=drained)
        if drained:
            self._go_on()
        caught_up = not drained and not full and not rotated
        return Reading(items=tuple(items), bad=tuple(bad), notes=self._take_notes(), caught_up=caught_up)

    def _take(self, last: bool) -> tuple[list[Item[T]], list[BadStretch]]:
        assert self._file is not None
        pieces, taken = self._cutter.cut(self._buffer, last=last)
        base = self._offset
        items: list[Item[T]] = []
        bad: list[BadStretch] = []
        for piece in pieces:
            replayed = self._is_replayed(base + piece.end)
            if piece.value is None:
                bad += [] if replayed else [self._bad(base, piece)]
                continue
            at = self._cutter.time_of(piece.value)
            replayed = replayed or (self._replay_until is not None and not self._is_later(at, self._replay_until))
            self.last_at = at if self.last_at is None else max(self.last_at, at)
            mark = (self._number, base + piece.start)
            items.append(Item(value=piece.value, mark=mark, end=base + piece.end, replayed=replayed))
        self._offset += taken
        self._buffer = self._buffer[taken:]
        self._is_replayed(self._offset + 1)
        return items, bad

    def _bad(self, base: int, piece: Piece[T]) -> BadStretch:
        assert self._file is not None
        return BadStretch(
            position=self._file.position(base + piece.start),
            length=piece.end - piece.start,
            reason=piece.reason,
            sample=piece.sample,
        )

    def _is_replayed(self, end: int) -> bool:
        """Whether a record ending there was stored before; notices when the goal is reached."""
        if self._goal is None or self._file is None:
            return False
        if self._file.position().same_file(self._goal) and end > self._goal.offset:
            self._goal = None
        return self._goal is not None

    # --- opening and changing files ---

    def _open_first(self) -> bool:
        """Open the file where reading begins; False when there is none yet."""
        paths = chain(self.path, self._cutter.first_time)
        if not paths:
            return False
        if self._begin is None:
            return self._enter(paths[0], 0)
        found = self._find(paths, self._begin)
        if found is not None and (self._goal is None or self._find(paths[paths.index(found) :], self._goal)):
            return self._enter(found, self._begin.offset)
        self._goal = None
        if self._read_from is not None and (found := self._find(paths, self._read_from)) is not None:
            return self._enter(found, self._read_from.offset)
        self._notes.append("lost_file: the file that was read last is gone; reading goes on by the records' times")
        return self._enter_after(paths)

    def _find(self, paths: list[Path], wanted: FilePosition) -> Path | None:
        """Return the file of a position: the very file, or one with the same first line (copied, restored).

        Last comes one with the inode alone: while it is empty it may be another that was given the same one.
        """
        here = {path: seen for path in paths if (seen := identity(path)) is not None}
        same_line = {path: one for path, one in here.items() if one.first_line and one.first_line == wanted.first_line}
        found = [path for path, one in same_line.items() if one.same_file(wanted)] + list(same_line)
        found += [path for path, one in here.items() if one.same_file(wanted)]
        if found and wanted is self._goal:
            self._goal = here[found[0]].at(wanted.offset)
        return found[0] if found else None

    def _enter(self, path: Path, offset: int) -> bool:
        try:
            file = JournalFile(path)
        except FileNotFoundError:
            return False
        self._leave()
        self._file = file
        self._number += 1
        self._identities[self._number] = file
        self._offset, self._buffer = offset, b""
        return True

    def _enter_after(self, paths: list[Path]) -> bool:
        """Begin with the first record later than the last one read, in whichever file it is."""
        for path in paths:
            if not self._enter(path, 0):
                continue
            offset = self._later_than_last()
            if offset is not None or path == paths[-1]:
                assert self._file is not None
                self._offset = self._file.size if offset is None else offset
                return True
        return self._file is not None

    def _leave(self) -> None:
        if self._file is not None:
            self._identities[self._number] = self._file.position()
            self._file.close()
            self._file = None

    def _is_rotated(self) -> bool:
        """Whether another file, with something in it, stands under our name: then ours gets nothing more.

        The PBX opens CEL for each record and queue_log at its reload: once it wrote the new file it left the old one.
        """
        assert self._file is not None
        try:
            status = os.stat(self.path)
        except OSError:
            return self._renamed_on()
        here = self._file.position()
        return (status.st_dev, status.st_ino) != (here.device, here.inode) and status.st_size > 0

    def _renamed_on(self) -> bool:
        """Ours was renamed and nothing stands under its name: whether another renamed file follows ours."""
        return self._in_folder(lambda: bool(self._following()))

    def _in_folder(self, look: Callable[[], bool]) -> bool:
        """Return what was found in the folder, which is listed only when it changed: no call may come for hours."""
        key = (self._number, os.stat(self.path.parent).st_mtime_ns)
        if self._listed is None or self._listed[0] != key:
            self._listed = (key, look())
        return self._listed[1]

    def _go_on(self) -> None:
        """Enter the file that follows ours in time."""
        following = self._following()
        if following:
            self._enter(following[0], 0)

    def _following(self) -> list[Path]:
        """The files that follow ours in time."""
        assert self._file is not None
        here = self._file.position()
        paths = chain(self.path, self._cutter.first_time)
        places = [number for number, path in enumerate(paths) if is_at(path, here)]
        if places:
            return paths[places[-1] + 1 :]
        # Ours was deleted: what follows is what began after our last record.
        return [path for path in paths if path == self.path or self._begins_later(path)]

    def _begins_later(self, path: Path) -> bool:
        try:
            with path.open("rb") as file:
                first = self._cutter.first_time(file.read(CHUNK_BYTES))
        except OSError:
            return False
        return first is None or self.last_at is None or first >= self.last_at

    # --- a file that became shorter, or was emptied and has grown again ---

    def _check_emptied(self) -> None:
        assert self._file is not None
        size = self._file.size
        if self._goal is not None and self._goal.offset > size and self._file.position().same_file(self._goal):
            # Lost while we were away: what is left was stored before, by its time.
            self._notes.append(
                f"lost_tail: the file is {self._goal.offset - size} bytes shorter than what was read of it"
            )
            self._goal, self._replay_until = None, self.last_at
        replaced = self._file.is_replaced()
        if size >= self._offset + len(self._buffer) and not replaced:
            return
        self._buffer = b""
        self._goal = None
        if replaced:
            if (copy := self._copy_before_emptying()) is not None:
                self._enter(copy, self._offset)  # it holds what was written since our last look; the file follows it
                return
            self._notes.append("written_anew: the file was emptied in place; reading begins at its first line")
            self._identities[self._number] = self._file.position()
            self._file.begin_anew()
            self._number += 1
            self._identities[self._number] = self._file
            self._offset = 0
            return
        offset = self._later_than_last()
        lost = self._offset - self._file.size
        self._offset = self._file.size if offset is None else offset
        self._notes.append(f"lost_tail: the file is {lost} bytes shorter than what was read of it")

    def _copy_before_emptying(self) -> Path | None:
        """The copy that a rotation by copying and emptying (copytruncate) left, if it holds more than we have read."""
        assert self._file is not None
        here = self._file.position()
        for path in chain(self.path, self._cutter.first_time):
            known = identity(path) if not is_at(path, here) else None
            if known is not None and known.first_line == here.first_line and path.stat().st_size > self._offset:
                return path
        return None

    def _later_than_last(self) -> int | None:
        """The place of the first record that is later than the last one read; None when there is none."""
        assert self._file is not None
        if self.last_at is None:
            return 0
        offset, rest = 0, b""
        while data := self._file.read(offset + len(rest), CHUNK_BYTES):
            rest += data
            pieces, taken = self._cutter.cut(rest, last=False)
            for piece in pieces:
                if piece.value is not None and self._is_later(self._cutter.time_of(piece.value), self.last_at):
                    return offset + piece.start
            offset, rest = offset + taken, rest[taken:]
            if len(rest) > 2 * MAX_RECORD_BYTES:
                break
        return None

    def _is_later(self, at: datetime, last_at: datetime) -> bool:
        """Whether a record was not read yet. By whole seconds that is unknown: the last second is read twice."""
        return at > last_at if self._cutter.exact_times else at >= last_at

    def _take_notes(self) -> tuple[str, ...]:
        notes, self._notes = tuple(self._notes), []
        return notes
