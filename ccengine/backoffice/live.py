"""Keeps the newest board snapshot for all tabs: one stream from the engine's door, however many people look; none
while nobody is there.

What does not live here: what the board means (calls/board) and how it looks (supervisor/).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, cast

import structlog

from ccengine.ports import EngineDoor, PbxUnavailable

_log = structlog.get_logger(__name__)

_RETRY_SECONDS = 1.0
#: After the last look at a page the board is followed so long; nobody there: no pictures are made.
_AWAKE_SECONDS = 60.0
#: The first page after that waits so long at most for the board of now.
_WAKE_SECONDS = 0.5
_AWAY: dict[str, Any] = {"pbx_connected": False, "stale": True, "engine_connected": False}


class BoardHub:
    """The newest snapshot, its version, and a way to wait for the next one."""

    def __init__(self, door: EngineDoor, tells_listened: bool = False) -> None:
        self._door = door
        self.tells_listened = tells_listened  # web.tell_who_is_listened_to
        self._changed = asyncio.Event()
        self._looked_at = 0.0
        self._somebody = asyncio.Event()
        self._awake = asyncio.Event()
        self.version = 0
        self.snapshot: dict[str, Any] = dict(_AWAY)

    @property
    def fresh(self) -> bool:
        """Tell whether the snapshot may be shown as "now"; the stream says so when the engine is silent or away."""
        return self._awake.is_set() and self.engine_connected and not self.snapshot.get("stale", False)

    @property
    def engine_connected(self) -> bool:
        """Tell whether the engine's door answered last time."""
        return bool(self.snapshot.get("engine_connected", True))

    def agent(self, number: str) -> dict[str, Any] | None:
        """Return one agent's row of the board, or None when the engine does not know the person."""
        rows: list[dict[str, Any]] = self.snapshot.get("agents", [])
        return next((row for row in rows if row.get("number") == number), None)

    def listened(self, number: str) -> bool:
        """Tell whether a supervisor takes part in an agent's talk now."""
        rows: list[dict[str, Any]] = self.snapshot.get("listening", [])
        return any((row.get("agent_number"), row.get("state")) == (number, "on") for row in rows)

    def call(self, call_id: str) -> dict[str, Any] | None:
        """Return one call of now, or None."""
        rows: list[dict[str, Any]] = self.snapshot.get("calls", [])
        return next((row for row in rows if row.get("call_id") == call_id), None)

    async def wake(self) -> None:
        """Say that somebody is there; the first one in a while waits for the board of now."""
        self._looked_at = asyncio.get_running_loop().time()
        self._somebody.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WAKE_SECONDS):
                await self._awake.wait()

    async def wait_change(self, seen: int, seconds: float) -> int:
        """Wait until the version differs from `seen`, at most `seconds`; return the version."""
        self._looked_at = asyncio.get_running_loop().time()
        self._somebody.set()
        if self.version == seen:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
        return self.version

    async def run(self) -> None:
        """Follow the engine's stream while somebody is there, until cancelled."""
        while True:
            await self._somebody.wait()
            try:
                await self._follow()
            except (PbxUnavailable, OSError) as error:
                _log.info("engine away", error=repr(error)[:200])
                self._take({**self.snapshot, **_AWAY})
                await asyncio.sleep(_RETRY_SECONDS)

    async def _follow(self) -> None:
        async with contextlib.aclosing(cast(Any, self._door.board_stream())) as stream:
            async for snapshot in stream:  # at each heartbeat too
                self._take(snapshot)
                self._awake.set()
                if asyncio.get_running_loop().time() - self._looked_at > _AWAKE_SECONDS:
                    self._awake.clear()
                    self._somebody.clear()
                    break

    def _take(self, snapshot: dict[str, Any]) -> None:
        """Keep a snapshot; one that differs in its time of making only is no news."""
        same = self.version and {**snapshot, "at": ""} == {**self.snapshot, "at": ""}
        self.snapshot = snapshot
        if same:
            return
        self.version += 1
        told, self._changed = self._changed, asyncio.Event()
        told.set()
