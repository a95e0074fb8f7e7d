"""INSERT … ON CONFLICT, which both databases have and SQLAlchemy keeps in their dialects.

What does not live here: which rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from ccengine.store.database import Db

#: SQLite takes 32,766 values in one statement.
_ROWS_AT_ONCE = 500


def _insert(db: Db, table: Table) -> Any:
    return postgresql.insert(table) if db.dialect == "postgresql" else sqlite.insert(table)


async def upsert(db: Db, table: Table, values: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Insert a row, or let the row with the same keys say the same."""
    statement = _insert(db, table).values(**values)
    others = {name: statement.excluded[name] for name in values if name not in keys}
    await db.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=others))


async def insert_new(db: Db, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> int:
    """Insert the rows whose keys are new; return how many were."""
    added = 0
    for values in rows:
        statement = _insert(db, table).values(**values).on_conflict_do_nothing(index_elements=list(keys))
        # Not rowcount: after an INSERT the drivers do not agree on what it is.
        added += len((await db.execute(statement.returning(table.c[keys[0]]))).all())
    return added


async def insert_many_new(db: Db, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> int:
    """Do the same in a few statements, for rows that all name the same columns; return how many were new."""
    added = 0
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        statement = _insert(db, table).values([dict(row) for row in rows[start : start + _ROWS_AT_ONCE]])
        new = statement.on_conflict_do_nothing(index_elements=list(keys)).returning(table.c[keys[0]])
        added += len((await db.execute(new)).all())
    return added


async def count_up(db: Db, table: Table, keys: Mapping[str, Any], column: str) -> int:
    """Add one to a counter row (made at its first use) and return it."""
    statement = _insert(db, table).values(**keys, **{column: 1})
    raised = statement.on_conflict_do_update(index_elements=list(keys), set_={column: table.c[column] + 1})
    value: int = (await db.execute(raised.returning(table.c[column]))).scalar_one()
    return value
