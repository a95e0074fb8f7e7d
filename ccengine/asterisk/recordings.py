"""The recording offered to people: left the caller, right the agents, made of each party's own received sound.

Why parts: a common build of Asterisk loses one side of what is played TO a channel after a transfer. A voice message
is offered as it is. Works in blocks, so hours of talk take a few megabytes. What does not live here: who may listen
(services), how a part begins (dialplan/recording.conf).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

import numpy as np

from ccengine.asterisk.wav import EMPTY_BYTES, RATE, NotWav, Samples, WavReader, stereo_header
from ccengine.clock import Clock, SystemClock
from ccengine.ports import BuiltRecording, RecordingNotReady
from ccengine.values import CALL_ID_PATTERN, CallRecord, Direction, RecordingPart, RecordingParty, Talk

#: So long after a call's end its files may still be on their way to the disk.
_SETTLE = timedelta(seconds=10)
#: A file whose header is open and that was written to so shortly ago is being written still.
_STILL_WRITTEN = timedelta(seconds=3)
#: A file without sound may still get some for so long, in the longest of calls; folders older than that were tidied.
_LEFT, _LOOKED_AT = timedelta(hours=12), timedelta(days=3)
_BLOCK_FRAMES = 30 * RATE
#: Only a talk of this length says something about a silent side.
_WORTH_HEARING = timedelta(seconds=1)
_CALLER, _AGENT = "caller", "agent"
#: Stands among the silent sides when all sound ends before the talk did: a full disk, a PBX that was killed.
CUT = "cut"
_CUT_FRAMES = RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """An open part and the frame of the whole recording at which it begins."""

    wav: WavReader
    first: int
    left: bool


class StereoBuilder:
    """Implements ports.RecordingBuilder. Args: directory: where the PBX writes; clock: to know what may still come."""

    def __init__(self, directory: Path, clock: Clock | None = None) -> None:
        self._directory = directory
        self._clock = clock or SystemClock()

    async def build(self, record: CallRecord) -> BuiltRecording:
        """Build a finished call's file. Raises RecordingNotReady."""
        settled = record.ended_at is None or self._clock.now() - record.ended_at > _SETTLE
        try:
            return await asyncio.to_thread(build, record, self._directory, self._clock.now(), settled)
        except (OSError, NotWav) as error:
            raise RecordingNotReady(str(error)) from error

    async def tidy(self) -> int:
        """See ports.RecordingBuilder."""
        return await asyncio.to_thread(_delete_empty, self._directory, self._clock.now())


def build(record: CallRecord, directory: Path, now: datetime, settled: bool) -> BuiltRecording:
    """Make the file and return it. `settled`: what is not there now will not come any more.

    Raises RecordingNotReady, OSError, NotWav.
    """
    if not CALL_ID_PATTERN.match(record.call_id):
        raise RecordingNotReady(f"call id {record.call_id!r} is none of ours")
    messages = [part for part in record.recordings if part.party is RecordingParty.MESSAGE]
    parts = [part for part in record.recordings if part.party is not RecordingParty.MESSAGE]
    if messages and not record.talks:
        return _message(messages[-1], directory, now)
    return build_stereo(record, parts, record.talks, directory, now, settled)


def build_stereo(
    record: CallRecord,
    parts: Sequence[RecordingPart],
    talks: Sequence[Talk],
    directory: Path,
    now: datetime,
    settled: bool,
) -> BuiltRecording:
    """Write `<call id>.wav` beside the first part, each part at its own time; see build()."""
    with ExitStack() as stack:
        opened = [(part, wav) for part in parts if (wav := _open(part, directory, now, settled, stack)) is not None]
        if not opened:
            raise RecordingNotReady("no part has any sound")
        begins = {part.file_name: _begin(part, wav, record) for part, wav in opened}
        origin = min(begins.values())
        placed = [
            _Placed(wav=wav, first=_frames(begins[part.file_name] - origin), left=part.party is RecordingParty.CALLER)
            for part, wav in opened
        ]
        frames = max(one.first + one.wav.frames for one in placed)
        name = str(PurePosixPath(parts[0].file_name).parent / f"{record.call_id}.wav")
        windows = [
            (_frames(talk.started_at - origin), _frames(talk.ended_at - origin))
            for talk in talks
            if talk.ended_at - talk.started_at >= _WORTH_HEARING
        ]
        silent = _write(_inside(directory, name), placed, frames, windows)
        if windows and frames < max(end for _, end in windows) - _CUT_FRAMES:
            silent += (CUT,)
    return BuiltRecording(file_name=name, seconds=round(frames / RATE, 3), silent_sides=silent)


def _message(part: RecordingPart, directory: Path, now: datetime) -> BuiltRecording:
    path = _inside(directory, part.file_name)
    with WavReader(path) as wav:
        if wav.open_header and _is_fresh(path, now):
            raise RecordingNotReady(f"{part.file_name} is being written")
        silent = not any(wav.read(first, _BLOCK_FRAMES).any() for first in range(0, max(wav.frames, 1), _BLOCK_FRAMES))
        return BuiltRecording(
            file_name=part.file_name,
            seconds=round(wav.frames / RATE, 3),
            silent_sides=(_CALLER,) if silent else (),
        )


def _open(part: RecordingPart, directory: Path, now: datetime, settled: bool, stack: ExitStack) -> WavReader | None:
    """Open a part; None for one that has no sound or will never come."""
    path = _inside(directory, part.file_name)
    if not path.exists() or path.stat().st_size <= EMPTY_BYTES:
        if settled:
            return None
        raise RecordingNotReady(f"{part.file_name} has no sound yet")
    try:
        wav = stack.enter_context(WavReader(path))
    except NotWav:
        if settled:
            return None
        raise
    if wav.open_header and _is_fresh(path, now):
        raise RecordingNotReady(f"{part.file_name} is being written")
    return wav


def _begin(part: RecordingPart, wav: WavReader, record: CallRecord) -> datetime:
    """When a part begins. A customer whom we rang may be heard before the answer (early media): count from the end."""
    if part.party is RecordingParty.CALLER and record.direction is Direction.OUTBOUND and record.ended_at:
        return min(part.started_at, record.ended_at - timedelta(seconds=wav.frames / RATE))
    return part.started_at


def _write(path: Path, placed: Sequence[_Placed], frames: int, windows: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Write the stereo file under another name, then give it its own. Returns the sides silent in a whole window."""
    heard = np.zeros((len(windows), 2), dtype=bool)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(stereo_header(frames))
            for first in range(0, frames, _BLOCK_FRAMES):
                count = min(_BLOCK_FRAMES, frames - first)
                block = np.stack([_mix(placed, True, first, count), _mix(placed, False, first, count)], axis=1)
                file.write(block.astype("<i2").tobytes())
                for number, (begin, end) in enumerate(windows):
                    inside = block[max(begin - first, 0) : max(end - first, 0)]
                    heard[number] |= inside.any(axis=0)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return tuple(side for column, side in enumerate((_CALLER, _AGENT)) if not heard[:, column].all())


def _mix(placed: Sequence[_Placed], left: bool, first: int, count: int) -> Samples:
    """One side's samples: its parts added up, without wrapping around."""
    total = np.zeros(count, dtype=np.int32)
    for one in placed:
        if one.left is left and one.first < first + count and one.first + one.wav.frames > first:
            total += one.wav.read(first - one.first, count)
    return np.clip(total, -32768, 32767).astype(np.int16)


def _frames(length: timedelta) -> int:
    return round(length.total_seconds() * RATE)


def _is_fresh(path: Path, now: datetime) -> bool:
    return now.timestamp() - path.stat().st_mtime < _STILL_WRITTEN.total_seconds()


def _inside(directory: Path, name: str) -> Path:
    """Return the file's path. Raises RecordingNotReady for a name that leads out of the folder."""
    path = directory / PurePosixPath(name)
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise RecordingNotReady(f"{name!r} leads out of the recordings folder")
    return path


def _delete_empty(directory: Path, now: datetime) -> int:
    """Delete what phones left that were rung and not answered: a header and no sound. Returns how many.

    All of a day at once: to look through a day's folder for one call takes longer than to build its recording.
    """
    found = 0
    for folder in directory.glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]"):
        if now.timestamp() - folder.stat().st_mtime > _LOOKED_AT.total_seconds():
            continue
        for one in os.scandir(folder):
            if "-leg-" in one.name and one.name.endswith("-r.wav") and _is_left(one, now):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(one.path)
                    found += 1
    return found


def _is_left(one: os.DirEntry[str], now: datetime) -> bool:
    try:
        status = one.stat()
    except FileNotFoundError:
        return False
    return status.st_size <= EMPTY_BYTES and now.timestamp() - status.st_mtime > _LEFT.total_seconds()
