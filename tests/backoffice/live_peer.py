"""A scripted live view behind the engine's real door: a board that tests change by hand, a PBX that notes commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from noting_pbx import NotingPbx


class BoardPbx(NotingPbx):
    """Notes each command and moves the agent on the board."""

    def __init__(self, live: ScriptedBoard) -> None:
        super().__init__()
        self._live = live

    async def sign_in(self, agent_number: str, extension: str, queue: str) -> None:
        await super().sign_in(agent_number, extension, queue)
        self._live.set_agent(agent_number, extension=extension, state="available", reason=None)

    async def sign_out(self, agent_number: str, extension: str, queue: str) -> None:
        await super().sign_out(agent_number, extension, queue)
        self._live.set_agent(agent_number, state="signed_out", reason=None)

    async def pause(self, agent_number: str, extension: str, reason: str | None) -> None:
        await super().pause(agent_number, extension, reason)
        self._live.set_agent(agent_number, state="paused" if reason else "available", reason=reason)


class ScriptedBoard:
    """Implements ports.LiveView; `board` is what the pages get."""

    def __init__(self) -> None:
        self.pbx = BoardPbx(self)
        self._changed = asyncio.Event()
        self.board: dict[str, Any] = {
            "pbx_connected": True,
            "stale": False,
            "queues": [{"queue": "hotline", "waiting": 0, "longest_wait_since": None}],
            "waiting": [],
            "calls": [],
            "agents": [_agent("8001", "1001"), _agent("8002", "1002")],
            "today": {
                "offered": 12,
                "answered": 10,
                "abandoned": 1,
                "served": 7,
                "average_wait_seconds": 14.4,
                "service_level_percent": None,
            },
        }

    def snapshot(self) -> dict[str, Any]:
        return {**self.board, "at": datetime.now(UTC).isoformat()}

    async def changes(self) -> AsyncIterator[None]:
        while True:
            await self._changed.wait()
            self._changed.clear()
            yield

    def health(self) -> dict[str, Any]:
        return {"ok": True}

    def change(self, **values: Any) -> None:
        """Put new values on the board."""
        self.board = {**self.board, **values}
        self._changed.set()

    def set_agent(self, number: str, **values: Any) -> None:
        """Change one agent's row."""
        now = datetime.now(UTC).isoformat()
        agents = [{**row, "since": now, **values} if row["number"] == number else row for row in self.board["agents"]]
        self.change(agents=agents)

    def ring(self, number: str, call_id: str, caller: str, state: str = "ringing") -> None:
        """Let a call ring at an agent's phone."""
        now = datetime.now(UTC).isoformat()
        call = {
            "call_id": call_id,
            "direction": "inbound",
            "state": state,
            "since": now,
            "caller_number": caller,
            "caller_name": "",
            "queue": "hotline",
            "agent_number": number,
            "menu_item": "repair",
            "language": "zh",
        }
        self.board = {**self.board, "calls": [call]}
        self.set_agent(number, state=state, call_id=call_id, peer_number=caller)

    def wait(self, call_id: str, caller: str) -> None:
        """Let a caller wait in the queue."""
        row = {
            "call_id": call_id,
            "caller_number": caller,
            "caller_name": "",
            "queue": "hotline",
            "position": 1,
            "since": datetime.now(UTC).isoformat(),
            "priority": 0,
        }
        self.change(waiting=[row])


def _agent(number: str, extension: str) -> dict[str, Any]:
    return {
        "number": number,
        "name": number,
        "extension": extension,
        "state": "signed_out",
        "reason": None,
        "since": datetime.now(UTC).isoformat(),
        "call_id": None,
        "peer_number": None,
    }
