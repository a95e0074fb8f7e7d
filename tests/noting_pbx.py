"""A PBX on paper: notes each command, or fails or waits as told. The real one is tested in tests/asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any


class NotingPbx:
    """Implements ports.Pbx; `told` is what it was told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.error = error
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

    async def listen(self, listener: str, extension: str, agent_number: str, call_id: str, mode: str) -> None:
        await self._note("listen", listener, extension, agent_number, call_id, mode)

    async def end_listening(self, listener: str) -> None:
        await self._note("end_listening", listener)

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
