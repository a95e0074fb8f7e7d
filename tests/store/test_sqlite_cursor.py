"""SQLite's driver: a statement whose asker is cancelled comes to its end, and the cancellation is told then."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from ccengine.store.sqlite_cursor import Connection, to_the_end

_COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT count(*) FROM n"


@pytest.mark.parametrize(
    ("statement", "kept"), [(f"INSERT INTO t {_COUNT}", [(200000,)]), (f"INSERT INTO u {_COUNT}", [])]
)
async def test_statement_that_is_cancelled_comes_to_its_end(tmp_path: Path, statement: str, kept: list[object]) -> None:
    connection = await Connection(str(tmp_path / "one.sqlite"), 1.0)
    await connection.run(False, "CREATE TABLE t (i INTEGER)", ())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await to_the_end(connection.run(False, statement, ()))
    assert (await to_the_end(connection.run(False, "SELECT i FROM t", ()))).rows == kept
    await connection.close()


async def test_transaction_begins_with_first_statement_and_again_where_that_was_locked(tmp_path: Path) -> None:
    path = str(tmp_path / "one.sqlite")
    first, second = await Connection(path, 0.0), await Connection(path, 0.0)
    for one in (first, second):
        one._conn.isolation_level = None
    await first.run(False, "CREATE TABLE t (i INTEGER)", ())
    for one in (first, second):
        one.begin_with_next("BEGIN IMMEDIATE")
    await first.run(False, "INSERT INTO t VALUES (1)", ())
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await second.run(False, "INSERT INTO t VALUES (2)", ())
    await first.rollback()
    await second.run(False, "INSERT INTO t VALUES (3)", ())
    await second.commit()
    assert (await first.run(False, "SELECT i FROM t", ())).rows == [(3,)]
    first.begin_with_next("BEGIN IMMEDIATE")
    await first.commit()  # nothing was begun
    await second.run(False, "INSERT INTO t VALUES (4)", ())  # nothing holds the lock
    for one in (first, second):
        await one.close()
