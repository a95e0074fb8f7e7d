"""Lists by words, however many rows there are.

Words are looked for in two ways. What many rows say is found by walking the first ones until the page is full; what
few say is found by the index of words, on PostgreSQL among more of the first rows, then among all. A walk that found
too little and did not see everything is followed by the index, so the answer is always whole. What does not live here:
what a list asks besides (order_list.py, calls.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Subquery, Table, collate, func, select, true
from sqlalchemy.sql import visitors
from sqlalchemy.sql.util import ClauseAdapter

from ccengine.store import search
from ccengine.store.database import Db

#: So many of the first rows are looked at, and so many of those that fit otherwise are read for words: about what the
#: index needs for words that are too seldom to be found so.
SEEN_MOST = {"postgresql": 10_000, "sqlite": 1500}
READ_MOST = {"postgresql": 1500, "sqlite": 1500}
#: So many times as many are read when the index would find many that do not fit.
FARTHER = 4
#: Then the index is asked for what it finds so many times as far, before it is asked for all (0: at once).
FURTHER = {"postgresql": 8, "sqlite": 0}
#: Given how words are looked for, returns the condition that asks for them.
Worded = Callable[[search.Found], ColumnElement[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A table that is listed in the order of some columns, the last of them its id; `key`: what the index of words
    calls a row."""

    kind: str
    table: Table
    key: Column[Any]
    order: tuple[Column[Any], ...]
    newest_first: bool = True
    collation: str = "default"  # of the key
    #: Given where a list begins, where it has come to and how many times as far it is to go, returns where that is and
    #: in which steps of the index all rows until there are; no steps where that is not known or they are too many.
    ahead: Callable[[Any, Any, int], tuple[Any, Sequence[str]]] | None = None

    @property
    def id(self) -> Column[Any]:
        """What a row is known by."""
        return self.order[-1]

    def first(self, query: Select[Any], limit: int, chosen: Subquery | None = None) -> Select[Any]:
        """Return the query's first rows, be it on the table or on rows `chosen` from it."""
        of = self.table.c if chosen is None else chosen.c
        columns = [of[column.name] for column in self.order]
        return query.order_by(*(one.desc() if self.newest_first else one for one in columns)).limit(limit)


async def ids_of(
    db: Db,
    listed: Listed,
    seek: Sequence[ColumnElement[bool]],
    sift: Sequence[ColumnElement[bool]],
    worded: Worded,
    limit: int,
    needed: str = "",
    *,
    few: bool = False,
) -> list[Any]:
    """Return the ids of the first `limit` rows.

    `seek`: conditions that an index leads to; `sift`: others; `needed`: a text that every row must be found by; `few`:
    an index leads to the rows that `sift` leaves, and they are fewer than those that have the words.
    """
    found, walk = await _walk(db, listed, seek, sift, worded, limit)
    if walk is None:
        return found
    if needed and db.dialect == "postgresql" and await search.only_initials(db, listed.kind, needed):
        return found
    if few and db.dialect == "postgresql":
        return await _read(db, listed, [*seek, *sift], worded, limit)
    if listed.ahead and FURTHER[db.dialect]:
        until, steps = _stage(listed, walk, FURTHER[db.dialect])
        if steps:
            found = await _indexed(db, listed, [*seek, *sift, until], worded, limit, needed, steps)
            if len(found) == limit:
                return found
    return await _indexed(db, listed, [*seek, *sift], worded, limit, needed, ())


async def _read(
    db: Db, listed: Listed, conditions: Sequence[ColumnElement[bool]], worded: Worded, limit: int
) -> list[Any]:
    """Return the ids of the first rows, each read for words; sorted before, so that it ends with the page."""
    wanted = {column.name: column for column in (listed.key, *listed.order)}.values()
    fitting = select(*wanted).where(*conditions).offset(0).subquery()
    columns = [fitting.c[column.name] for column in listed.order]
    chosen = select(fitting).order_by(*(one.desc() if listed.newest_first else one for one in columns)).offset(0)
    rows = chosen.subquery()
    words = worded(search.reader(db, listed.kind, rows.c[listed.key.name], select(rows.c[listed.key.name])))
    return await ids(db, listed.first(select(rows.c[listed.id.name]).where(words), limit, rows))


def _stage(listed: Listed, walk: _Walk, times: int) -> tuple[ColumnElement[bool], Sequence[str]]:
    """Return the condition that a row is so many times as far ahead, and the steps; none when nothing is behind it."""
    assert listed.ahead is not None
    sort = listed.order[0]
    until, steps = listed.ahead(walk.first, walk.last, times)
    if listed.newest_first:
        return sort >= until, steps if walk.end < until else ()
    return sort <= until, steps if walk.end > until else ()


async def _indexed(
    db: Db,
    listed: Listed,
    conditions: Sequence[ColumnElement[bool]],
    worded: Worded,
    limit: int,
    needed: str,
    steps: Sequence[str],
) -> list[Any]:
    """Return the ids of the first rows that the index finds."""
    if needed and db.dialect == "postgresql":
        fitting = _led_by(db, listed, conditions, worded, needed, steps)
    else:
        words = worded(search.finder(db, listed.kind, listed.key, steps))
        fitting = select(*listed.order).where(*conditions, words).offset(0).subquery()  # found first, then sorted
    return await ids(db, listed.first(select(fitting.c[listed.id.name]), limit, fitting))


def _led_by(
    db: Db,
    listed: Listed,
    conditions: Sequence[ColumnElement[bool]],
    worded: Worded,
    needed: str,
    steps: Sequence[str],
) -> Subquery:
    """Return the rows that a text finds by the index and that fit: one look at the table for each of them.

    Said so that PostgreSQL has no choice: it takes rare words for common ones, and would read the whole table.
    """
    keys = search.keys_of(db, listed.kind, needed, steps)
    assert keys is not None
    found = keys.offset(0).subquery("found")
    read = search.reader(db, listed.kind, listed.key, keys)
    words = worded(lambda text: true() if text == needed else read(text))
    same = listed.key == collate(found.c.key, listed.collation)
    row = select(*listed.order).where(same, *conditions, words).offset(0).lateral("fitting")
    return select(row).select_from(found.join(row, true())).subquery()


async def ids(db: Db, query: Select[Any]) -> list[Any]:
    """Return the first column."""
    return list((await db.execute(query)).scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """A walk that did not see everything: where it began and ended, and where the table does, by the first column of
    the list's order."""

    first: Any
    last: Any
    end: Any


async def _walk(
    db: Db,
    listed: Listed,
    seek: Sequence[ColumnElement[bool]],
    sift: Sequence[ColumnElement[bool]],
    worded: Worded,
    limit: int,
) -> tuple[list[Any], _Walk | None]:
    """Read the first rows for words; return what was found, and how far that was unless it is the answer."""
    seen_most, read_most = SEEN_MOST[db.dialect], READ_MOST[db.dialect]
    needed = _columns(listed, [*sift, worded(search.finder(db, listed.kind, listed.key))])
    # Each step says the order: so nothing is sorted, and the walk ends with the page.
    seen = listed.first(select(*needed).where(*seek), seen_most).subquery("seen")
    found = await _words_in(db, listed, seen, sift, worded, limit, read_most)
    if limit > len(found) >= limit / FARTHER and (seek or sift) and db.dialect == "postgresql":
        read_most *= FARTHER  # of what is asked besides, the index of words knows nothing
        found = await _words_in(db, listed, seen, sift, worded, limit, read_most)
    if len(found) == limit:
        return found, None
    sort = seen.c[listed.order[0].name]
    first, last = (func.max, func.min) if listed.newest_first else (func.min, func.max)
    end = select(last(listed.order[0])).scalar_subquery()
    fitting = func.count().filter(*_said_of(seen, sift)) if sift else func.count()
    told = select(first(sort), last(sort), end, func.count(), fitting).select_from(seen)
    answer: Sequence[Any] = (await db.execute(told)).one()
    begin, until, furthest, seen_many, read_many = answer
    if seen_many < seen_most and read_many < read_most:
        return found, None
    return found, _Walk(first=begin, last=until, end=furthest)


async def _words_in(
    db: Db,
    listed: Listed,
    seen: Subquery,
    sift: Sequence[ColumnElement[bool]],
    worded: Worded,
    limit: int,
    read_most: int,
) -> list[Any]:
    """Return the ids of the first rows that have the words, of so many that fit otherwise."""
    read = listed.first(select(seen).where(*_said_of(seen, sift)), read_most, seen).subquery("read")
    words = worded(search.reader(db, listed.kind, listed.key, select(seen.c[listed.key.name])))
    query = select(read.c[listed.id.name]).where(*_said_of(read, [words]))
    return await ids(db, listed.first(query, limit, read))


def _columns(listed: Listed, conditions: Sequence[ColumnElement[bool]]) -> list[Column[Any]]:
    """Return the columns that a walk needs: to carry all of them through takes longer than to look at them."""
    asked = {listed.key.name, *(column.name for column in listed.order)}
    for part in (one for condition in conditions for one in visitors.iterate(condition)):
        if isinstance(part, Column) and part.table is listed.table:
            asked.add(part.name)
    return [column for column in listed.table.c if column.name in asked]


def _said_of(rows: Subquery, conditions: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """Return conditions on the table as conditions on rows chosen from it."""
    adapter = ClauseAdapter(rows)
    return [adapter.traverse(one) for one in conditions]
