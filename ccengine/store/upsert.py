"""INSERT … ON CONFLICT, which both databases have and SQLAlchemy keeps in their dialects.

What does not live here: which rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from ccengine.store.database import Db


def _insert(dialect: str, table: Table) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


# Statements are made once and given values as parameters: building one costs more than running it.
@lru_cache(maxsize=256)
def _upsert(dialect: str, table: Table, columns: tuple[str, ...], keys: tuple[str, ...]) -> Any:
    statement = _insert(dialect, table)
    others = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


@lru_cache(maxsize=64)
def _insert_unless_there(dialect: str, table: Table, keys: tuple[str, ...]) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing(index_elements=keys)


@lru_cache(maxsize=64)
def _insert_new(dialect: str, table: Table, keys: tuple[str, ...]) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing(index_elements=keys).returning(table.c[keys[0]])


async def upsert(db: Db, table: Table, values: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Insert a row, or let the row with the same keys say the same."""
    await upsert_all(db, table, [values], keys)


async def upsert_all(db: Db, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> None:
    """Upsert rows of the same columns, in order; of two with the same keys the later one stays."""
    if rows:
        await db.execute(_upsert(db.dialect, table, tuple(rows[0]), tuple(keys)), rows)


def upsert_later(db: Db, table: Table, rows: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> None:
    """Upsert rows of the same columns some time before the commit (Db.later)."""
    for row in rows:
        db.later(_upsert(db.dialect, table, tuple(row), tuple(keys)), row)


def insert_new_later(db: Db, table: Table, rows: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> None:
    """Insert the rows whose keys are new some time before the commit (Db.later)."""
    for row in rows:
        db.later(_insert_unless_there(db.dialect, table, tuple(keys)), row)


async def insert_new(db: Db, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> int:
    """Insert the rows (of the same columns) whose keys are new; return how many were."""
    # Not rowcount: after an INSERT the drivers do not agree on what it is.
    return len(await insert_new_keys(db, table, rows, keys))


async def insert_new_keys(db: Db, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[Any]:
    """Insert the rows (of the same columns) whose keys are new; return the first key of those that were."""
    if not rows:
        return []
    return list((await db.execute(_insert_new(db.dialect, table, tuple(keys)), rows)).scalars())


async def count_up(db: Db, table: Table, keys: Mapping[str, Any], column: str) -> int:
    """Add one to a counter row (made at its first use) and return it."""
    statement = _insert(db.dialect, table).values(**keys, **{column: 1})
    raised = statement.on_conflict_do_update(index_elements=list(keys), set_={column: table.c[column] + 1})
    value: int = (await db.execute(raised.returning(table.c[column]))).scalar_one()
    return value
