"""Connections to SQLite or PostgreSQL: pools, pragmas, deadlines; and the driver's errors in the store's own words.

What does not live here: SQL of a noun (the repositories), transactions as services see them (unit_of_work.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import aiosqlite
from sqlalchemy import CursorResult, Executable, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ccengine.config import Settings
from ccengine.store import sqlite_cursor
from ccengine.store_port import AlreadyExists, StoreBusy, StoreUnavailable
from ccengine.store_port.patience import patience_seconds

R = TypeVar("R")

#: PostgreSQL ends one of two transactions that wait for each other.
_GAVE_IN = ("DeadlockDetected", "SerializationFailure")
#: What SQLite says of a file that is damaged, or no database at all (its subclasses are other troubles).
_DAMAGED = (sqlite3.DatabaseError,)


def _sqlite_engine(settings: Settings, *, writer: bool) -> AsyncEngine:
    """One connection that writes (waiting in line beats fighting for the lock), some that read."""
    path, patience = str(make_url(settings.database_url).database), settings.database.connect_seconds

    async def connect() -> aiosqlite.Connection:
        return await sqlite_cursor.Connection(path, patience, reads_only=not writer)

    engine = create_async_engine(
        settings.database_url,
        async_creator=connect,
        pool_size=1 if writer else settings.database.sqlite_readers,
        max_overflow=0,
        pool_timeout=patience,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves; the driver would say it too late
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={int(settings.database.connect_seconds * 1000)}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # NORMAL may lose the last commits at a power cut
        cursor.execute("PRAGMA foreign_keys=ON")
        if not writer:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.connection.driver_connection.begin_with_next("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine


def _postgres_engine(settings: Settings, *, writer: bool) -> AsyncEngine:
    """A reader's transaction sees one moment, so a page never shows half of a change."""
    seconds = settings.database.statement_seconds
    idle = int(settings.database.idle_transaction_seconds * 1000) if writer else 0
    return create_async_engine(
        settings.database_url,
        pool_size=settings.database.postgres_connections,
        max_overflow=0,
        pool_timeout=max(settings.database.connect_seconds, settings.web.request_seconds),
        pool_pre_ping=True,
        isolation_level="READ COMMITTED" if writer else "REPEATABLE READ",
        connect_args={
            "connect_timeout": max(2, round(settings.database.connect_seconds)),
            "options": f"-c statement_timeout={int(seconds * 1000)} -c timezone=UTC"
            f" -c idle_in_transaction_session_timeout={idle}",
        },
    )


def make_engine(settings: Settings, *, writer: bool) -> AsyncEngine:
    """Return the pool for writing or for reading."""
    if settings.database_url.startswith("sqlite"):
        return _sqlite_engine(settings, writer=writer)
    return _postgres_engine(settings, writer=writer)


async def unbroken(action: Coroutine[Any, Any, R]) -> R:
    """Let a conversation with the driver come to its end, also when the one who waits for it is cancelled.

    A driver that is cancelled in the middle of a statement leaves a connection nobody owns, on SQLite with the write
    lock in its hands. The cancellation is only told later: each statement has its own deadline.
    """
    task = asyncio.ensure_future(action)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # looked at: nobody else will
        raise


@asynccontextmanager
async def store_errors() -> AsyncIterator[None]:
    """Turn the driver's errors into the store's: taken keys, and everything that means "no answer"."""
    try:
        yield
    except IntegrityError as error:
        raise AlreadyExists(str(error.orig)) from error
    except OperationalError as error:
        if type(error.orig).__name__ in _GAVE_IN:
            raise StoreBusy(str(error.orig)) from error
        raise StoreUnavailable(str(error)) from error
    except (PoolTimeout, TimeoutError, OSError) as error:
        raise StoreUnavailable(str(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_closed(error) or type(error.orig) in _DAMAGED:
            raise StoreUnavailable(str(error)) from error
        raise
    except SQLAlchemyError as error:
        if "closed" in str(error) or "invalid" in str(error):
            raise StoreUnavailable(str(error)) from error
        raise


def _is_closed(error: DBAPIError) -> bool:
    return "closed" in str(error.orig) or "QueryCanceled" in type(error.orig).__name__


class Pulse:
    """When the newest question that was answered to anybody of this process was asked: it tells busy from away.

    An answer to what was asked long ago does not count: a database that takes seconds for each word is as good as away
    for whoever is impatient.
    """

    def __init__(self) -> None:
        self._asked_at = float("-inf")

    def beat(self, asked_at: float) -> None:
        """Take note of an answer; when it was asked for, in the loop's time."""
        self._asked_at = max(self._asked_at, asked_at)

    def beats(self, seconds: float) -> bool:
        """Say whether something asked within the last `seconds` was answered."""
        return asyncio.get_running_loop().time() - self._asked_at <= seconds


class Db:
    """One connection inside a transaction, each statement with a deadline; what repositories are given."""

    def __init__(self, connection: AsyncConnection, settings: Settings, pulse: Pulse) -> None:
        self._connection = connection
        self._pulse = pulse
        self._seconds = settings.database.statement_seconds
        self.area_code = settings.site.area_code
        self.timezone = settings.site.timezone
        self.zone = ZoneInfo(settings.site.timezone)
        self.dialect = connection.dialect.name
        self._overdue = False
        self._asked_at: float | None = None  # of the newest statement of what is done at once
        self.customer_names: dict[str, str] = {}  # by account, of those that were met (customers.py)
        self._later: dict[Executable, dict[object, Mapping[str, Any]]] = {}
        self.search_rows: dict[tuple[str, str], dict[str, Any]] = {}  # what the index is to say (search.py)

    async def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        *,
        apart: bool = False,
    ) -> CursorResult[Any]:
        """Run one statement; what waits (`later`) is written before, unless this one has nothing to do with that.

        Raises StoreUnavailable, StoreBusy, AlreadyExists.
        """
        if self._later and not apart:
            await self.write_later()
        return await self._in_time(self._connection.execute(statement, parameters))

    def later(self, statement: Executable, row: Mapping[str, Any], same: object = None) -> None:
        """Write a row with the next statement that may look at it, at the latest with the commit: rows of the same
        statement at once. The statement must be one that is made once; of rows with the same `same` the last counts."""
        rows = self._later.setdefault(statement, {})
        rows[len(rows) if same is None else same] = row

    async def write_later(self) -> None:
        """Write what waits, in the order of the statements' first rows."""
        waiting, self._later = self._later, {}
        for statement, rows in waiting.items():
            await self._in_time(self._connection.execute(statement, list(rows.values())))

    async def commit(self) -> None:
        """Make it last. Raises StoreUnavailable (then whether it was kept is unknown)."""
        await self.write_later()
        await self._in_time(self._connection.commit())

    async def at_once(self, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Do what waits for this database only: on SQLite in one trip, though each statement keeps its deadline."""
        proxied = self._connection.sync_connection
        if self.dialect == "postgresql" or proxied is None:
            return await work()
        driver: Any = proxied.connection.driver_connection
        self._asked_at = asked_at = time.monotonic()
        self._watch_for(self._seconds)
        try:
            done: R = await self.to_the_end(driver.drive(work))
            self._pulse.beat(asked_at)
            return done
        finally:
            self._asked_at = None
            self._timer.cancel()

    def _watch_for(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look_at_newest)

    def _look_at_newest(self) -> None:
        """Give up when the newest statement of what is done at once is overdue."""
        if self._asked_at is None:
            return
        left = self._asked_at + self._seconds - time.monotonic()
        if left <= 0:
            self._give_up()  # which SQLite does not hear between two statements
        self._watch_for(left if left > 0 else self._seconds)

    async def _in_time(self, action: Coroutine[Any, Any, R]) -> R:
        if self._asked_at is not None:  # at once, in the connection's thread: there is no loop
            self._asked_at = time.monotonic()
            async with store_errors():
                return await action
        loop = asyncio.get_running_loop()
        asked_at, timer = loop.time(), loop.call_later(self._seconds, self._give_up)
        try:
            async with store_errors():
                answer = await self.to_the_end(action)
            self._pulse.beat(asked_at)
            return answer
        finally:
            timer.cancel()

    def to_the_end(self, action: Coroutine[Any, Any, R]) -> Coroutine[Any, Any, R]:
        """Let a conversation with the driver come to its end; a cancellation is told afterwards."""
        return unbroken(action) if self.dialect == "postgresql" else sqlite_cursor.to_the_end(action)

    async def now(self) -> datetime:
        """Return the database's own time: the one clock that all who share it look at."""
        if self.dialect == "postgresql":
            moment: datetime = (await self.execute(text("SELECT clock_timestamp()"))).scalar_one()
            return moment.astimezone(UTC)
        return datetime.now(UTC)  # SQLite has no other clock than its process's

    async def lose_patience_with_locks(self) -> None:
        """For whoever is impatient, a lock that somebody keeps is as bad as a database that is away."""
        seconds = patience_seconds(self._seconds)
        if seconds < self._seconds and self.dialect == "postgresql":
            await self.execute(text(f"SET LOCAL lock_timeout = {int(seconds * 900)}"))

    async def lock(self, key: str) -> None:
        """Wait until nobody else holds `key`; held until the transaction ends. SQLite has one writer anyway."""
        if self.dialect == "postgresql":
            await self.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})

    async def lock_all(self, keys: Sequence[str]) -> None:
        """Hold all these keys; sorted, so that two who want the same ones do not wait for each other."""
        if self.dialect == "postgresql" and keys:
            query = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(CAST(:keys AS text[])) AS key"
            await self.execute(text(query), {"keys": list(keys)})

    def _give_up(self) -> None:
        """The deadline passed: end the statement from outside, so that the awaiting code gets its error.

        Cancelling would not do: psycopg waits for a server that may be frozen, aiosqlite's thread goes on.
        """
        self._overdue = True
        proxied = self._connection.sync_connection
        if proxied is None or proxied.invalidated:
            return
        driver: Any = proxied.connection.driver_connection
        if self.dialect != "postgresql":
            driver._conn.interrupt()
        elif not driver.closed:
            _hang_up(driver.fileno())

    async def close(self) -> None:
        """Give the connection back, rolling back what was not committed; a hopeless one is thrown away."""
        if self._overdue and self.dialect == "postgresql":
            await self._connection.invalidate()
        await self._connection.close()


def _hang_up(descriptor: int) -> None:
    """End a connection's conversation without closing its descriptor: who waits on it hears the end at once.

    Closed here, its number would go to the next connection that somebody opens, a caller's to the menu for one, and the
    driver, still waiting on the number, would then make the event loop deaf to that one.
    """
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as line:
        line.shutdown(socket.SHUT_RDWR)


def clean(text: str) -> str:
    """Return text as both databases take it: no NUL, no half characters."""
    return str(text).replace("\x00", "").encode("utf-8", "replace").decode()


def fit(table: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as the table's text columns can take them: clean, and not too long.

    Text that comes from the network must never make a row impossible to store: the journal would stand still.
    """
    fitted: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, str):
            value = clean(value)
            length = getattr(table.c[name].type, "length", None)
            value = value[:length] if length else value
        fitted[name] = value
    return fitted


def storable_id(value: int) -> bool:
    """Say whether a number can be a row's id at all; others are nobody's."""
    return 0 < value < 2**63
