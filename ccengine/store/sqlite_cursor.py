"""SQLite's driver with one trip to the connection's thread for a statement, where the shipped cursor makes four.

Each trip wakes a thread and then the event loop: most of what a short statement costs. What does not live here: pools,
pragmas, deadlines (database.py).
"""

from __future__ import annotations

import collections
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util import EMPTY_DICT, await_only


@dataclass(slots=True)
class _Outcome:
    """What is left of a cursor after its statement: rows are fetched, the cursor itself is closed."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    arraysize: int = 1

    def close(self) -> None:
        """Nothing is left to be closed."""


def _run(connection: sqlite3.Connection, many: bool, operation: str, parameters: Any) -> tuple[_Outcome, list[Any]]:
    """In the connection's thread."""
    cursor = connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(operation, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return _Outcome(cursor.description, cursor.rowcount, cursor.lastrowid), rows
    finally:
        cursor.close()


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Runs, fetches and closes at once."""

    __slots__ = ()
    _awaitable_cursor_close = False

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._cursor: Any = _Outcome()
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = collections.deque()

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        return await self._go(False, operation, parameters if parameters is not None else ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        return await self._go(True, operation, seq_of_parameters)

    async def _go(self, many: bool, operation: str, parameters: Sequence[Any]) -> None:
        driver: Any = self._connection
        async with self._adapt_connection._execute_mutex:
            self._cursor, rows = await driver._execute(_run, driver._conn, many, operation, parameters)
        self._rows = collections.deque(rows)


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arguments: Any, **more: Any) -> AsyncAdapt_aiosqlite_connection:
        """Return a connection whose cursors make one trip; its thread does not keep the process alive."""
        connection: Any = aiosqlite.connect(*arguments, **more)
        connection._thread.daemon = True
        return _Connection(self, await_only(connection))


def driver() -> AsyncAdapt_aiosqlite_dbapi:
    """Return what `create_async_engine` takes as its `module`."""
    return _Driver(aiosqlite, sqlite3)
