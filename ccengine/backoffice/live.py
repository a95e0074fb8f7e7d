"""Keeps the newest board snapshot for all tabs: one stream from the engine's door, however many people look.

What does not live here: what the board means (calls/board) and how it looks (supervisor/).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, cast

import structlog

from ccengine.ports import EngineDoor, PbxUnavailable

_log = structlog.get_logger(__name__)

_RETRY_SECONDS = 1.0
_AWAY: dict[str, Any] = {"pbx_connected": False, "stale": True, "engine_connected": False}


class BoardHub:
    """The newest snapshot, its version, and a way to wait for the next one."""

    def __init__(self, door: EngineDoor) -> None:
        self._door = door
        self._changed = asyncio.Condition()
        self._rendered: dict[tuple[str, ...], str] = {}
        self.version = 0
        self.snapshot: dict[str, Any] = dict(_AWAY)

    @property
    def fresh(self) -> bool:
        """Tell whether the snapshot may be shown as "now"; the stream says so when the engine is silent or away."""
        return bool(self.version) and self.engine_connected and not self.snapshot.get("stale", False)

    @property
    def engine_connected(self) -> bool:
        """Tell whether the engine's door answered last time."""
        return bool(self.snapshot.get("engine_connected", True))

    def agent(self, number: str) -> dict[str, Any] | None:
        """Return one agent's row of the board, or None when the engine does not know the person."""
        rows: list[dict[str, Any]] = self.snapshot.get("agents", [])
        return next((row for row in rows if row.get("number") == number), None)

    def call(self, call_id: str) -> dict[str, Any] | None:
        """Return one call of now, or None."""
        rows: list[dict[str, Any]] = self.snapshot.get("calls", [])
        return next((row for row in rows if row.get("call_id") == call_id), None)

    def rendered(self, key: tuple[str, ...], make: Callable[[dict[str, Any]], str]) -> str:
        """Return the board's HTML for one kind of viewer, made once for each version."""
        if key not in self._rendered:
            self._rendered[key] = make(self.snapshot)
        return self._rendered[key]

    async def wait_change(self, seen: int, seconds: float) -> int:
        """Wait until the version differs from `seen`, at most `seconds`; return the version."""
        try:
            async with asyncio.timeout(seconds):
                async with self._changed:
                    await self._changed.wait_for(lambda: self.version != seen)
        except TimeoutError:
            pass
        return self.version

    async def run(self) -> None:
        """Follow the engine's stream until cancelled."""
        while True:
            try:
                async with aclosing(cast(Any, self._door.board_stream())) as stream:
                    async for snapshot in stream:
                        await self._take(snapshot)
            except (PbxUnavailable, OSError) as error:
                _log.info("engine away", error=repr(error)[:200])
            await self._take({**self.snapshot, **_AWAY})
            await asyncio.sleep(_RETRY_SECONDS)

    async def _take(self, snapshot: dict[str, Any]) -> None:
        """Keep a snapshot; one that differs in its time of making only is no news."""
        same = self.version and {**snapshot, "at": ""} == {**self.snapshot, "at": ""}
        self.snapshot = snapshot
        if same:
            return
        async with self._changed:
            self.version += 1
            self._rendered.clear()
            self._changed.notify_all()
