"""What the use cases need from the outside world, as small Protocols: the PBX, the engine's door, the store.

What does not live here: any implementation (asterisk/, store/, evidence/, engine/), any rule.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from ccengine.values import CallRecord


class PbxUnavailable(Exception):
    """The PBX cannot be asked now, or did not answer in time; whether the command was carried out may be unknown."""


class PbxRefused(Exception):
    """The PBX, or the edge before it, said no. `reason` is a code for the user's words, `detail` the raw text.

    Codes: bad_header, bad_argument, not_signed_in, agent_elsewhere, device_taken, no_such_channel, no_such_queue,
    no_permission, login_refused, not_talking, listens_elsewhere, still_ringing, phone_busy, refused.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class EngineUnavailable(PbxUnavailable):
    """The engine's door does not answer, so neither board nor PBX can be reached; work orders go on."""


class RecordingNotFound(Exception):
    """No such recording below the recordings folder."""


class PhonePasswords(Protocol):
    """The PBX's password of a phone, None where it is not to be had here."""

    def __call__(self, extension: str) -> str | None: ...


class Originator(Protocol):
    """Where calls begin. Raises PbxUnavailable (then nobody knows yet whether the call was begun) or PbxRefused."""

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


class Pbx(Originator, Protocol):
    """Commands to the PBX. A return means accepted; the state changes when the event comes back.

    Each raises PbxUnavailable or PbxRefused, and always within a deadline.
    """

    async def sign_in(self, agent_number: str, extension: str, queue: str) -> None:
        """Make the agent a member of the queue on that device; signing in twice on the same device is no error."""
        ...

    async def sign_out(self, agent_number: str, extension: str, queue: str) -> None:
        """Take the agent out of the queue, on whatever device; signing out twice is no error."""
        ...

    async def pause(self, agent_number: str, extension: str, reason: str | None) -> None:
        """Pause the agent, on whatever device, with a reason code; None lifts the pause."""
        ...

    async def hangup(self, channel: str) -> None:
        """Hang up one channel by its name."""
        ...

    async def listen(self, listener: str, extension: str, agent_number: str, call_id: str, mode: str) -> None:
        """Let `listener` (an agent number) hear an agent's talk on that phone, or go on in another mode.

        Asked again for the same it changes nothing. Refusals: not_talking, listens_elsewhere, still_ringing,
        phone_busy.
        """
        ...

    async def end_listening(self, listener: str) -> None:
        """End what `listener` listens to; nothing is no error."""
        ...

    async def write_queue_log(self, event: str, uniqueid: str, interface: str, message: str) -> None:
        """Write a line of our own into the agents' journal."""
        ...


class Trunk(Originator, Protocol):
    """What the dialler needs of the PBX: begin a call under a name of ours, and see which of ours live."""

    async def living(self) -> frozenset[str]:
        """Return what the PBX's channels are known by now: unique ids, linked ids, account codes."""
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
        """Yield once after each change of the board; changes made while the reader is busy are told as one, later."""
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

    async def metrics(self) -> str:
        """Return the engine's figures in Prometheus' text format."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CdrWord:
    """What the PBX's own detail records say of one call: when its last pair ended, whether two people were joined."""

    ended_at: datetime
    connected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CdrTruth:
    """The PBX's own detail records by call id. `reaches_back_to`: its first one; calls before it are not judged."""

    calls: Mapping[str, CdrWord]
    reaches_back_to: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskTruth:
    """What the files of the PBX say of one stretch of time, read anew.

    `records`: by call id; `whole`: the journal reaches back to the beginning; `connected`: the callers' legs that
    queue_log says an agent answered; `files`: size of each recording by its name below the recordings folder;
    `cdr`: None where the PBX keeps none for us.
    """

    records: Mapping[str, CallRecord]
    whole: bool
    connected: frozenset[str]
    files: Mapping[str, int]
    cdr: CdrTruth | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTruth:
    """What the live view says of now: the calls on the trunk, by call id, and since when."""

    calls: Mapping[str, datetime]


class ReadDay(Protocol):
    """Reads what happened in a stretch of time from the disk."""

    async def __call__(self, since: datetime, until: datetime) -> DiskTruth:
        """Return what the disk says of the calls that began in between. Raises OSError."""
        ...


class RecordingNotReady(Exception):
    """A call's audio files are not (or not completely) there yet; trying again later may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltRecording:
    """The file offered to people, below the recordings folder. `silent_sides`: bridged parties with digital silence;
    `cut` among them: all sound ends before the talk did."""

    file_name: str
    seconds: float
    silent_sides: tuple[str, ...] = ()


class RecordingBuilder(Protocol):
    """Makes one stereo file (or takes the voice message as it is) from the parts of a finished call."""

    async def build(self, record: CallRecord) -> BuiltRecording:
        """Build the file and return it. Raises RecordingNotReady."""
        ...

    async def tidy(self) -> int:
        """Delete the files without sound that phones rung in vain have left; return how many. Raises OSError."""
        ...


class MediaRefused(Exception):
    """A file's content is not taken. Codes: changed (not what was announced), not_media, broken, too_many_pixels."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


class NoRoom(Exception):
    """The disk of the evidence folder has less room than the settings demand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMedia:
    """A file that was checked and put in its place; names are below the evidence folder."""

    media_type: str
    file_name: str
    thumbnail: str
    original: str
    width: int
    height: int
    exif_at: datetime | None = None  # a picture's own time, taken for the site's
    exif_place: tuple[float, float] | None = None


class EvidenceFiles(Protocol):
    """Where files from the field are gathered and kept. Raises OSError when the disk does not work."""

    async def received(self, key: str) -> int:
        """Return how many bytes of a file are here."""

    async def append(self, key: str, offset: int, data: bytes, size: int) -> int:
        """Add bytes that begin at `offset`; those that are here already are passed over. Returns how many are here.

        A gap, or more than `size` in all, adds nothing. Raises NoRoom.
        """

    async def settle(self, key: str, kind: str, sha256: str) -> StoredMedia:
        """Check a whole file by its content, re-encode a picture, and put all into place; again does the same again.

        Raises MediaRefused.
        """

    async def forget(self, key: str) -> None:
        """Drop the gathered bytes: they are settled, or not wanted."""

    def path(self, name: str) -> Path | None:
        """Return the file of that name, None where there is none."""
