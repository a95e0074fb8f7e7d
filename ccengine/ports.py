"""What the services, the engine and the back office need from the outside, as small Protocols, with the errors they raise.

What does not live here: implementations (asterisk/, store/, connectors/, engine/door.py, backoffice/engine_door.py) and rules.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol


class PbxUnavailable(Exception):
    """The PBX gave no answer: not connected, link lost, or the deadline passed. Whether the action ran is unknown."""


class PbxRefused(Exception):
    """The PBX answered "no"; `reason` is its own text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EngineUnavailable(PbxUnavailable):
    """The engine's door does not answer, so neither board nor PBX can be reached; work orders go on."""


class RecordingNotFound(Exception):
    """No such recording below the recordings folder."""


class Pbx(Protocol):
    """Commands to the PBX. A return means accepted; the state changes when the PBX's event comes back.

    Every method raises PbxUnavailable (no answer in time) or PbxRefused (answered with an error).
    """

    async def sign_in(self, agent_number: str, extension: str, queue: str) -> None:
        """Make the agent a member of the queue on that device."""
        ...

    async def sign_out(self, agent_number: str, extension: str, queue: str) -> None:
        """Take the agent's device out of the queue."""
        ...

    async def pause(self, agent_number: str, extension: str, reason: str | None) -> None:
        """Pause the device in all its queues with a reason code; None lifts the pause."""
        ...

    async def hangup(self, channel: str) -> None:
        """Hang up one channel."""
        ...

    async def write_queue_log(self, event: str, uniqueid: str, interface: str, message: str) -> None:
        """Write one line into the PBX's queue_log."""
        ...

    async def originate(
        self,
        leg_id: str,
        channel: str,
        context: str,
        exten: str,
        variables: Mapping[str, str],
        timeout_seconds: float,
    ) -> None:
        """Start a leg with the given unique id and send it, once answered, to context/exten."""
        ...


class LiveView(Protocol):
    """What the engine knows about now; the door shows it."""

    @property
    def pbx(self) -> Pbx:
        """Where commands go."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """Return the board as JSON-ready data (calls.board.BoardSnapshot.as_json)."""
        ...

    def changes(self) -> AsyncIterator[None]:
        """Yield once after each change of the board; several changes may be told as one."""
        ...

    def health(self) -> dict[str, Any]:
        """Return JSON-ready facts about the links; `"ok": bool` among them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStream:
    """A recording on its way: HTTP status (200, 206 or 416), the headers that go with it, and the bytes."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class EngineDoor(Pbx, Protocol):
    """The back office's view of the engine. Every method raises EngineUnavailable when the engine is away."""

    async def board(self) -> dict[str, Any]:
        """Return the newest board snapshot."""
        ...

    def board_stream(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the board now and after each change; never ends and never raises while the engine is away: then it
        yields the last board marked `"stale": true, "engine_connected": false`."""
        ...

    async def command(self, verb: str, **arguments: Any) -> None:
        """Run one command by name; also raises PbxRefused, PbxUnavailable, ValueError (arguments refused)."""
        ...

    def recording(
        self, file_name: str, headers: Mapping[str, str] | None = None
    ) -> AbstractAsyncContextManager[RecordingStream]:
        """Open a recording; `headers` may carry Range, If-Range, If-None-Match. Also raises RecordingNotFound."""
        ...

    async def health(self) -> dict[str, Any]:
        """Return the engine's health."""
        ...
