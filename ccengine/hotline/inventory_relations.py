"""Which rows of a file can stand on what they name, and in which order they are written. Linear in rows and items.

What does not live here: what a row says by itself (inventory.py, services/inventory.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ccengine.hotline.inventory import RELATIONS, ItemText


class Why(StrEnum):
    """Why a row cannot stand on what it names."""

    MISSING = "missing"  # nothing is called so, or its row was refused
    WAITS = "waits"  # by way of what it names it would stand on an item whose own move was refused
    CIRCLE = "circle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A row that cannot be: which field, why, and what is called so."""

    field: str
    why: Why
    name: str


def refusals(items: Mapping[str, ItemText], rows: Mapping[str, ItemText], wrong: Iterable[str]) -> dict[str, Wrong]:
    """Return the rows that cannot be, by name. `items`: what is written; `wrong`: rows that are refused already.

    An item whose row is refused stays as it was. What newly names it stays possible; only an item that is written
    already may not be moved onto one whose own move was refused: with its old relation that might make a circle.
    """
    return _Settling(items, rows, wrong).settled()


class _Settling:
    def __init__(self, items: Mapping[str, ItemText], rows: Mapping[str, ItemText], wrong: Iterable[str]) -> None:
        self._items, self._rows = items, rows
        self._refused = set(wrong)
        self._open = list(self._refused)
        self._found: dict[str, Wrong] = {}
        self._tainted: set[tuple[str, str]] = set()
        self._upon: dict[tuple[str, str], list[str]] = {}
        for name, text in {**items, **rows}.items():
            for field in RELATIONS:
                if wanted := getattr(text, field):
                    self._upon.setdefault((field, wanted), []).append(name)

    def settled(self) -> dict[str, Wrong]:
        for name, text in self._rows.items():
            for field in RELATIONS:
                wanted = getattr(text, field)
                if wanted and wanted not in self._items and wanted not in self._rows:
                    self._refuse(name, Wrong(field=field, why=Why.MISSING, name=wanted))
        self._spread()
        for field in RELATIONS:
            for name in list(self._in_circles(field)):
                self._refuse(name, Wrong(field=field, why=Why.CIRCLE, name=name))
        self._spread()
        return self._found

    def _refuse(self, name: str, wrong: Wrong) -> None:
        if name not in self._refused:
            self._refused.add(name)
            self._found[name] = wrong
            self._open.append(name)

    def _moves(self, name: str, field: str) -> bool:
        known = self._items.get(name)
        return name in self._rows and (known is None or getattr(known, field) != getattr(self._rows[name], field))

    def _spread(self) -> None:
        """Refuse what cannot be without the rows that are refused by now."""
        while self._open:
            name = self._open.pop()
            for field in RELATIONS:
                if name in self._items and self._moves(name, field):
                    self._hold(field, name)
                elif name not in self._items:
                    for above in self._upon.get((field, name), ()):
                        self._refuse(above, Wrong(field=field, why=Why.MISSING, name=name))

    def _hold(self, field: str, root: str) -> None:
        """Refuse the moves of known items onto what stands on `root`."""
        ahead = [root]
        while ahead:
            for name in self._upon.get((field, ahead.pop()), ()):
                if name in self._items and self._moves(name, field):
                    self._refuse(name, Wrong(field=field, why=Why.WAITS, name=root))
                elif (field, name) not in self._tainted:
                    self._tainted.add((field, name))
                    ahead.append(name)

    def _in_circles(self, field: str) -> Iterator[str]:
        """Yield the rows that would move into a circle, as things stand by now."""
        now = {**self._items, **{name: text for name, text in self._rows.items() if name not in self._refused}}
        done: set[str] = set()
        for start in self._rows:
            path: dict[str, int] = {}
            name = start
            while name in now and name not in done and name not in path:
                path[name] = len(path)
                name = getattr(now[name], field)
            if name in path:
                circle = list(path)[path[name] :]
                yield from (one for one in circle if one not in self._refused and self._moves(one, field))
            done |= path.keys()


def in_order(items: Mapping[str, ItemText], rows: Mapping[str, ItemText]) -> Iterator[ItemText]:
    """Yield what is to be written one after the other so that each name is there before it is named, and nothing comes
    to stand on itself meanwhile: what a row stands on comes before it. Where that cannot be (it runs on what belongs to
    it) a row comes without that relation, and once more at the end."""
    now, done, begun = {**items, **rows}, set[str](), set[str]()
    later: list[str] = []
    for start in rows:
        ahead = [start]
        while ahead:
            name = ahead[-1]
            if name in begun:
                ahead.pop()
                if name not in done:
                    done.add(name)
                    if name in rows:
                        yield _first(items.get(name), rows[name], done, later)
                continue
            begun.add(name)
            below = (getattr(now[name], field) for field in RELATIONS)
            ahead.extend(one for one in below if one in now and one not in begun)
    yield from (rows[name] for name in later)


def _first(known: ItemText | None, text: ItemText, done: set[str], later: list[str]) -> ItemText:
    moves = (field for field in RELATIONS if getattr(text, field) != getattr(known, field, ""))
    waits = {field: "" for field in moves if getattr(text, field) and getattr(text, field) not in done}
    if waits:
        later.append(text.name)
    return replace(text, **waits) if waits else text  # type: ignore[arg-type]
