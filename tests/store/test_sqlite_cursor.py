"""SQLite's driver: a statement whose asker is cancelled comes to its end, and the cancellation is told then."""

from __future__ import annotations

import asyncio
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
