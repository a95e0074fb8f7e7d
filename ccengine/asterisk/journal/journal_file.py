"""One file of a journal, known by device, inode and the hash of its first line; and its older, renamed siblings.

What does not live here: following a file as it grows (tail), cutting bytes into records (cel, queue_log).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

_FIRST_LINE_BYTES = 4096
_SNIFF_BYTES = 64 * 1024
#: What a compressed or half-made sibling ends with: never read.
_NOT_A_JOURNAL = (".gz", ".xz", ".bz2", ".zst", ".tmp")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePosition:
    """A byte in a file that keeps its identity over renames. `first_line`: a hash, "" while there is no whole line."""

    device: int
    inode: int
    first_line: str
    offset: int

    def at(self, offset: int) -> FilePosition:
        """Return another byte of the same file."""
        return replace(self, offset=offset)

    def same_file(self, other: FilePosition) -> bool:
        """Whether both are in one file. An inode alone is no identity: it is given to the next file at once."""
        if self.first_line and other.first_line:
            return self.first_line == other.first_line and self.inode == other.inode
        return (self.device, self.inode) == (other.device, other.inode)


class JournalFile:
    """An open journal file. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        status = os.fstat(self.descriptor)
        self._device, self._inode = status.st_dev, status.st_ino
        self._first_line = ""
        try:
            self.position()
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.descriptor)

    @property
    def size(self) -> int:
        """Bytes in it now."""
        return os.fstat(self.descriptor).st_size

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`."""
        return os.pread(self.descriptor, count, offset)

    def position(self, offset: int = 0) -> FilePosition:
        """Return a byte's position, with the first line's hash as soon as there is a first line."""
        if not self._first_line:
            self._first_line = self._hash()
        return FilePosition(device=self._device, inode=self._inode, first_line=self._first_line, offset=offset)

    def is_replaced(self) -> bool:
        """Whether the file was emptied and written anew in place: its first line is another one."""
        return bool(self._first_line) and self._hash() != self._first_line

    def begin_anew(self) -> None:
        """Forget the first line: the file was written anew."""
        self._first_line = self._hash()

    def _hash(self) -> str:
        head = self.read(0, _FIRST_LINE_BYTES)
        line, newline, _ = head.partition(b"\n")
        if not newline and len(head) < _FIRST_LINE_BYTES:
            return ""
        return hashlib.sha256(line).hexdigest()[:32]


def exists(path: Path) -> bool:
    """Whether a file stands there. Raises OSError when that cannot be told."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    return True


def identity(path: Path) -> FilePosition | None:
    """Return the first byte's position of the file that stands there; None when there is none that can be read."""
    try:
        file = JournalFile(path)
    except OSError:
        return None
    here = file.position()
    file.close()
    return here


def is_at(path: Path, here: FilePosition) -> bool:
    """Whether the file that stands there has this position's inode."""
    try:
        status = os.stat(path)
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == (here.device, here.inode)


def older(path: Path) -> list[Path]:
    """Return the journal's renamed files (name.*), in no order."""
    return [one for one in path.parent.glob(f"{path.name}.*") if one.suffix not in _NOT_A_JOURNAL and one.is_file()]


def chain(path: Path, first_time: Callable[[bytes], datetime | None]) -> list[Path]:
    """Return the journal's files that exist, oldest first: renamed ones (name.*) and the one written now.

    Ordered by the time of their first record, whatever a rotation calls them (two of one second: by their last
    writing, then by the numbers in their names); the one written now comes last.
    """
    dated: list[tuple[datetime, int, list[int], str, Path]] = []
    for one in older(path):
        try:
            with one.open("rb") as file:
                found = first_time(file.read(_SNIFF_BYTES))
            written = one.stat().st_mtime_ns
            begun = found or datetime.fromtimestamp(written / 1e9, UTC)
            numbers = [int(digits) for digits in re.findall(r"[0-9]+", one.name)]
            dated.append((begun, written, numbers, one.name, one))
        except OSError:
            continue
    return [entry[-1] for entry in sorted(dated)] + ([path] if path.exists() else [])
