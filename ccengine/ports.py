"""What the use cases need from the outside world, as small Protocols: the PBX, the engine's door, the store.

What does not live here: any implementation (asterisk/, store/, connectors/, engine/), any rule.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol


class PbxUnavailable(Exception):
    """The PBX cannot be asked now, or did not answer in time; whether the command was carried out may be unknown."""


class PbxRefused(Exception):
    """The PBX, or the edge before it, said no. `reason` is a code for the user's words, `detail` the raw text.

    Codes: bad_header, bad_argument, not_signed_in, agent_elsewhere, device_taken, no_such_channel, no_such_queue,
    no_permission, login_refused, refused.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Pbx(Protocol):
    """Commands to the PBX. A return means accepted; the state changes when the event comes back.

    Each raises PbxUnavailable or PbxRefused, and always within a deadline.
    """

    async def sign_in(self, agent_number: str, extension: str, queue: str) -> None:
        """Make the agent a member of the queue on that device; signing in twice on the same device is no error."""
        ...

    async def sign_out(self, agent_number: str, extension: str, queue: str) -> None:
        """Take the agent's device out of the queue; signing out twice is no error."""
        ...

    async def pause(self, agent_number: str, extension: str, reason: str | None) -> None:
        """Pause the agent with a reason code; None lifts the pause."""
        ...

    async def hangup(self, channel: str) -> None:
        """Hang up one channel by its name."""
        ...

    async def write_queue_log(self, event: str, uniqueid: str, interface: str, message: str) -> None:
        """Write a line of our own into the agents' journal."""
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
        """Start a call. `leg_id` becomes the leg's Uniqueid, so that a doubtful outcome can be looked up."""
        ...


class EngineDoor(Protocol):
    """The engine as the back office sees it. Raises PbxUnavailable when the engine does not answer in time."""

    async def board(self) -> dict[str, Any]:
        """Return the newest board snapshot (JSON of calls.board)."""
        ...

    def board_stream(self) -> AsyncIterator[dict[str, Any]]:
        """Yield a snapshot at once and at each change."""
        ...

    async def command(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """Carry out a command: sign_in, sign_out, pause, unpause, hangup. Raises PbxRefused too."""
        ...

    async def recording(self, file_name: str, byte_range: str | None) -> Any:
        """Open a recording for streaming, by HTTP Range syntax."""
        ...
