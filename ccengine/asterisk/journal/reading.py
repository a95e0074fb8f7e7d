"""What one look at a growing journal gives: records with their place, stretches that are none, notes.

What does not live here: the looking (tail).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from ccengine.asterisk.journal.journal_file import FilePosition

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Generic[T]):
    """A record with its place: `mark` = (number of the file since our start, byte where it begins), `end` its last."""

    value: T
    mark: tuple[int, int]
    end: int
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BadStretch:
    """Bytes that are no record, with their place."""

    position: FilePosition
    length: int
    reason: str
    sample: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[T]):
    """What one look at the file gave. `caught_up`: nothing more is there now."""

    items: tuple[Item[T], ...] = ()
    bad: tuple[BadStretch, ...] = ()
    notes: tuple[str, ...] = ()
    caught_up: bool = True
