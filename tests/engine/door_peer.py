"""A scripted engine behind the real door: a board that tests change by hand and a PBX that answers as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from noting_pbx import NotingPbx

from ccengine.config import Door as DoorSettings
from ccengine.config import Settings
from ccengine.engine.door import Door


class ScriptedLive:
    """Stands for the live view: `change()` makes a new board."""

    def __init__(self, padding: int = 0) -> None:
        self.pbx = NotingPbx()
        self.number = 0
        self.pictures = 0
        self._padding = "x" * padding
        self._changed = asyncio.Event()

    def change(self) -> None:
        self.number += 1
        self._changed.set()

    def snapshot(self) -> dict[str, Any]:
        self.pictures += 1
        return {"number": self.number, "padding": self._padding, "stale": False, "pbx_connected": True}

    async def changes(self) -> AsyncIterator[None]:
        while True:
            await self._changed.wait()
            self._changed.clear()
            yield

    def health(self) -> dict[str, Any]:
        return {"ok": True, "number": self.number}


def door_settings(folder: Path, **door: Any) -> Settings:
    """Return settings whose state is in `folder` and whose waits are short."""
    given = {"command_seconds": 1, "connect_seconds": 1, "heartbeat_seconds": 0.3, **door}
    return Settings(state_dir=folder, door=DoorSettings(**given))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An engine's settings in a folder of the test's own."""
    return door_settings(tmp_path)


@pytest.fixture
async def live() -> ScriptedLive:
    """What the door tells and commands."""
    return ScriptedLive()


@pytest.fixture
async def door(settings: Settings, live: ScriptedLive) -> AsyncIterator[Door]:
    """The open door."""
    made = Door(settings, live)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def http(settings: Settings, door: Door) -> AsyncIterator[aiohttp.ClientSession]:
    """The door by plain HTTP, without our client."""
    connector = aiohttp.UnixConnector(str(settings.door_socket))
    async with aiohttp.ClientSession("http://engine", connector=connector) as session:
        yield session


async def raw(settings: Settings, request: bytes) -> bytes:
    """Send bytes, return everything until the door closes."""
    reader, writer = await asyncio.open_unix_connection(str(settings.door_socket))
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer
