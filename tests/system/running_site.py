"""A whole site for tests: the session's real PBX, and our own programs as real processes, asked through the API.

No pytest in here; the fixtures stand in conftest.py.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.operations import hosting, processes
from ccengine.operations.processes import ProcessFiles
from ccengine.services import tokens
from ccengine.services.context import ENGINE
from ccengine.services.rights import ROLES
from ccengine.store import migrate, seed

CUSTOMERS = 200


class RunningSite:
    """`ccengine run` on a PBX that runs already."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.token = ""
        self.passwords: dict[str, str] = {}
        self._begun = ""  # the PBX's journal tells this site also the calls of earlier tests: they do not count

    async def prepare(self) -> None:
        """Lay the database and a token."""
        self._begun = datetime.now(UTC).isoformat()
        await migrate.upgrade(self.settings)
        async with bootstrap.context(self.settings) as ctx:
            await seed.seed_defaults(ctx)
            await seed.seed_sample(ctx, CUSTOMERS)
            people = await seed.seed_people(ctx)
            self.passwords = {person.user: person.password for person in people}
            self.token = await tokens.issue(ctx, ENGINE, "tests", frozenset(ROLES))

    def start(self) -> None:
        """Start the process."""
        processes.start(self._files, [sys.executable, "-m", "ccengine", "run"], hosting.environment(self.settings))

    async def start_healthy(self) -> None:
        """Start the process and wait until it says that all is well."""
        self.start()
        await self.wait(self.healthy, "the site to be healthy", 150)

    def stop(self) -> None:
        """End the process."""
        processes.stop(self._files)

    def signal_engine(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        pid = processes.running_pid(self._files)
        assert pid is not None, "the engine does not run"
        os.kill(pid, number)

    def log(self) -> str:
        """Return the end of the process's log, without the API's requests."""
        lines = processes.last_lines(self._files, 2000).splitlines()
        return "\n".join([line for line in lines if '"event": "request"' not in line][-40:])

    @property
    def _files(self) -> ProcessFiles:
        return ProcessFiles.of(self.settings.state_dir, "run")

    async def healthy(self) -> bool:
        """Tell whether engine and pages are well."""
        try:
            health = await self.get("/health")
        except (aiohttp.ClientError, AssertionError):
            return False
        return bool(health)

    async def pages_answer(self) -> bool:
        """Tell whether the pages answer, well or not."""
        url = f"http://{self.settings.web.host}:{self.settings.web.port}/api/v1/health"
        try:
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                return answer.status in {200, 503}
        except aiohttp.ClientError:
            return False

    async def menu_answers(self) -> bool:
        """Tell whether callers reach our menu (the engine may be unwell otherwise)."""
        try:
            _, writer = await asyncio.open_connection(self.settings.agi.host, self.settings.agi.port)
        except OSError:
            return False
        writer.close()
        return True

    async def get(self, path: str, **query: str) -> Any:
        """Return the API's answer."""
        return await self._ask("GET", path, params=query)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Post to the API and return its answer."""
        return await self._ask("POST", path, json=body)

    async def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        url = f"http://{self.settings.web.host}:{self.settings.web.port}/api/v1{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.request(method, url, **arguments) as answer:
                text = await answer.text()
                assert answer.status < 300, f"{method} {path}: {answer.status} {text[:500]}"
                return await answer.json()

    async def get_bytes(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Return status and body of a file."""
        url = f"http://{self.settings.web.host}:{self.settings.web.port}/api/v1{path}"
        wanted = {"Authorization": f"Bearer {self.token}", **headers}
        async with aiohttp.ClientSession() as session, session.get(url, headers=wanted) as answer:
            return answer.status, await answer.read()

    async def calls_from(self, number: str) -> list[dict[str, Any]]:
        """Return the finished records of calls from that number, newest first."""
        listed = (await self.get("/calls", number=number))["items"]
        return [call for call in listed if call["final"] and call["started_at"] >= self._begun]

    async def record_of(self, number: str, seconds: float = 40) -> dict[str, Any]:
        """Wait for the one finished record of calls from that number."""
        found = await self.wait(lambda: self.calls_from(number), f"a record of {number}", seconds)
        assert len(found) == 1, found
        return dict(found[0])

    async def orders_of(self, call: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the work orders of a call."""
        return [await self.get(f"/work-orders/{order}") for order in call["work_order_ids"]]

    async def wait(
        self, condition: Callable[[], Awaitable[Any]], what: str, seconds: float = 40, *, every_seconds: float = 0.05
    ) -> Any:
        """Return the first true answer of `condition`."""
        deadline = time.monotonic() + seconds
        while not (answer := await condition()):
            assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}:\n{self.log()}"
            await asyncio.sleep(every_seconds)
        return answer


def fresh(settings: Settings, folder: Path, **sections: Any) -> Settings:
    """Return settings on the same PBX with a database of their own in `folder`."""
    url = f"sqlite+aiosqlite:///{folder / 'ccengine.sqlite'}"
    own = {"database": settings.database.model_copy(update={"url": url})}
    for name, values in sections.items():
        own[name] = getattr(settings, name).model_copy(update=values)
    return settings.model_copy(update=own)


@contextmanager
def started(settings: Settings) -> Iterator[RunningSite]:
    """Give a site that is healthy; end it afterwards."""
    running = RunningSite(settings)
    asyncio.run(running.prepare())
    try:
        asyncio.run(running.start_healthy())
        yield running
    finally:
        running.stop()
