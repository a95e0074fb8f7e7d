"""SQLite's driver with one trip to the connection's thread for a statement, where the shipped cursor makes four.

Each trip wakes a thread and then the event loop: most of what a short statement costs. A transaction begins with its
first statement, in the same trip; a rollback of nothing makes none, and that of a reader is not waited for. SQLAlchemy
sees an ordinary asyncio driver. A conversation with the thread comes to its end also when the one who waits for it is
cancelled; then the answer is given all the same, and whoever asked has to look (`to_the_end`).
What does not live here: pools, pragmas, deadlines (database.py).
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import aiosqlite

_ITER_CHUNK = 64
R = TypeVar("R")


async def to_the_end(action: Coroutine[Any, Any, R]) -> R:
    """Return what a conversation with the driver leads to. Raises CancelledError afterwards where that was wished for
    meanwhile; in this task, for a task of its own for each statement would cost as much as the statement."""
    task = asyncio.current_task()
    assert task is not None
    before = task.cancelling()
    try:
        return await action
    finally:
        if task.cancelling() > before:
            raise asyncio.CancelledError


class _Answer(asyncio.Future[Any]):
    """What the thread will say. Whoever cancels the task that waits for it must wait too."""

    def cancel(self, msg: Any = None) -> bool:
        return False


@dataclass(slots=True)
class _Outcome:
    """What is left of a cursor after its statement: the rows are fetched, the cursor itself is closed."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    rows: list[Any] = field(default_factory=list)


def _run(connection: sqlite3.Connection, begin: str, many: bool, operation: str, parameters: Any) -> _Outcome:
    """In the connection's thread."""
    cursor = connection.cursor()
    try:
        if begin:
            cursor.execute(begin)
        (cursor.executemany if many else cursor.execute)(operation, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return _Outcome(cursor.description, cursor.rowcount, cursor.lastrowid, rows)
    finally:
        cursor.close()


def _drive(work: Callable[[], Coroutine[Any, Any, R]]) -> R:
    """In the connection's thread, where each statement is there at once: no step ever waits."""
    coroutine = work()
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: R = done.value
        return result
    coroutine.close()
    raise RuntimeError("what is done at once may wait for its database only")


class _Cursor:
    """What an asyncio driver's cursor is to SQLAlchemy; it runs, fetches and closes at once."""

    __slots__ = ("_connection", "_outcome", "arraysize")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._outcome = _Outcome()
        self.arraysize = 1

    async def __aenter__(self) -> _Cursor:
        return self

    @property
    def description(self) -> Any:
        """The columns of the answer; None where there is none."""
        return self._outcome.description

    @property
    def rowcount(self) -> int:
        """How many rows were changed; -1 where that says nothing."""
        return self._outcome.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The id of the row that was added last."""
        return self._outcome.lastrowid

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> None:
        """Run one statement. Raises sqlite3.Error."""
        self._outcome = await self._connection.run(False, operation, parameters)

    async def executemany(self, operation: str, parameters: Sequence[Any]) -> None:
        """Run one statement for many rows. Raises sqlite3.Error."""
        self._outcome = await self._connection.run(True, operation, parameters)

    async def fetchall(self) -> list[Any]:
        """Return the rows, which are here already."""
        return self._outcome.rows

    async def close(self) -> None:
        """Nothing is left to be closed."""


class Connection(aiosqlite.Connection):
    """A connection whose cursors make one trip; its thread does not keep the process alive.

    Args:
        path: the file; timeout_seconds: how long a lock is waited for; reads_only: nothing is ever written with it.
    """

    def __init__(self, path: str, timeout_seconds: float, *, reads_only: bool = False) -> None:
        # Interrupted from the event loop's thread, when a statement is overdue.
        connect = partial(sqlite3.connect, path, timeout=timeout_seconds, check_same_thread=False)
        super().__init__(connect, _ITER_CHUNK)
        self._thread.daemon = True
        self._reads_only = reads_only
        self._begin = ""

    def begin_with_next(self, begin: str) -> None:
        """Let a transaction begin with the next statement; until it could, each statement tries."""
        self._begin = begin

    def cursor(self) -> Any:
        """Return a cursor at once: there is nothing to be waited for."""
        return _Cursor(self)

    async def run(self, many: bool, operation: str, parameters: Any) -> _Outcome:
        """Run a statement in the connection's thread. Raises sqlite3.Error, ValueError (it is closed)."""
        connection = self._conn
        try:
            outcome: _Outcome = await self._execute(_run, connection, self._begin, many, operation, parameters)
            return outcome
        finally:
            if self._begin and connection.in_transaction:
                self._begin = ""

    async def drive(self, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Do in one trip, within the connection's thread, what waits for nothing but this connection.

        Raises what the work raises; RuntimeError where it waited for something else.
        """
        done: R = await self._execute(copy_context().run, _drive, work)
        return done

    async def commit(self) -> None:
        """Make the transaction last. Raises sqlite3.Error."""
        self._begin = ""
        if self._conn.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Take the transaction back. Raises sqlite3.Error."""
        self._begin = ""
        if not self._conn.in_transaction:
            return
        if self._reads_only:  # nothing to go wrong, and whatever comes next comes after it
            self._tx.put_nowait((None, self._conn.rollback))
        else:
            await super().rollback()

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Have something done in the connection's thread. Raises sqlite3.Error, ValueError (it is closed)."""
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        if threading.get_ident() == self._thread.ident:
            return fn(*args, **kwargs)
        answer = _Answer(loop=asyncio.get_running_loop())
        self._tx.put_nowait((answer, partial(fn, *args, **kwargs)))
        try:
            return await answer
        except asyncio.CancelledError:  # thrown when the answer is there
            return answer.result()
