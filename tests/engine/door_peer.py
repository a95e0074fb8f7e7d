"""A scripted engine behind the real door: a board that tests change by hand and a PBX that answers as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ccengine.config import Door as DoorSettings
from ccengine.config import Settings
from ccengine.engine.door import Door


class ScriptedPbx:
    """Stands for the PBX: notes each command; raises or delays as told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.error: Exception | None = None
        self.delay_seconds = 0.0

    async def _note(self, *what: Any) -> None:
        await asyncio.sleep(self.delay_seconds)
        if self.error:
            raise self.error
        self.told.append(what)

    async def sign_in(self, agent_number: str, extension: str, queue: str) -> None:
        await self._note("sign_in", agent_number, extension, queue)

    async def sign_out(self, agent_number: str, extension: str, queue: str) -> None:
        await self._note("sign_out", agent_number, extension, queue)

    async def pause(self, agent_number: str, extension: str, reason: str | None) -> None:
        await self._note("pause", agent_number, extension, reason)

    async def hangup(self, channel: str) -> None:
        await self._note("hangup", channel)

    async def write_queue_log(self, event: str, uniqueid: str, interface: str, message: str) -> None:
        await self._note("write_queue_log", event, uniqueid, interface, message)

    async def originate(
        self,
        leg_id: str,
        channel: str,
        context: str,
        exten: str,
        variables: Mapping[str, str],
        timeout_seconds: float,
    ) -> None:
        await self._note("originate", leg_id, channel, context, exten, dict(variables), timeout_seconds)


class ScriptedLive:
    """Stands for the live view: `change()` makes a new board."""

    def __init__(self, padding: int = 0) -> None:
        self.pbx = ScriptedPbx()
        self.number = 0
        self._padding = "x" * padding
        self._changed = asyncio.Event()

    def change(self) -> None:
        self.number += 1
        self._changed.set()

    def snapshot(self) -> dict[str, Any]:
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
