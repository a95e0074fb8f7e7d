"""Watches the room on the disks of recordings and journal; recordings stop before the journal has to.

At `disk.full_percent` the dialplan is told to record no more (`disk.when_full`), and a file kept in reserve beside the
journal is given up when even that does not help. Alarms stand in health, metrics, log and on the board. What does not
live here: what the dialplan does (dialplan/recording.conf), records without a journal (live_fallback).
"""

from __future__ import annotations

import asyncio
import math
import os
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any

import structlog

from ccengine.clock import Clock
from ccengine.config import Settings
from ccengine.ports import PbxRefused, PbxUnavailable

log = structlog.get_logger(__name__)

RESERVE_NAME = ".ccengine-reserve"
#: With less room than this a line of the journal may have been lost.
_LEAST_BYTES = 256 * 1024
#: A level is left only when so many percent are free again, so that it does not flicker.
_MARGIN_PERCENT = 2
#: So often a disk that is still too full is told to the log again.
_REMIND_SECONDS = 600.0
#: The dialplan's switch is set anew so often: a PBX that was started anew has forgotten it.
_TELL_AGAIN_SECONDS = 30.0
Switch = Callable[[bool], Awaitable[None]]
Statvfs = Callable[[Path], os.statvfs_result]


class Level(IntEnum):
    """How full a disk is."""

    ROOM = 0
    LOW = 1
    FULL = 2


@dataclass(slots=True, kw_only=True)
class Space:
    """One disk as it was seen last. `device` 0: never seen."""

    name: str
    folder: Path
    level: Level = Level.ROOM
    used_percent: int = 0
    free_bytes: int = 0
    device: int = 0
    told_at: float = 0.0

    def look(self, statvfs: Statvfs) -> None:
        """Measure. Raises OSError."""
        seen = statvfs(self.folder)
        used = seen.f_blocks - seen.f_bfree
        self.used_percent = math.ceil(100 * used / max(used + seen.f_bavail, 1))
        self.free_bytes = seen.f_bavail * seen.f_frsize
        self.device = os.stat(self.folder).st_dev

    def judge(self, warn: int, full: int) -> bool:
        """Set the level; return whether it changed."""
        before, used = self.level, self.used_percent
        down = _MARGIN_PERCENT
        if used >= full or (before is Level.FULL and used > full - down):
            self.level = Level.FULL
        elif used >= warn or (before >= Level.LOW and used > warn - down):
            self.level = Level.LOW
        else:
            self.level = Level.ROOM
        return self.level is not before


class Reserve:
    """A file that only takes up room beside the journal, to be given up when nothing else is left."""

    def __init__(self, folder: Path, size_bytes: int) -> None:
        self.path = folder / RESERVE_NAME
        self.size_bytes = size_bytes

    @property
    def held(self) -> bool:
        """Whether it is there."""
        return self.path.exists()

    def take(self) -> None:
        """Lay it. Raises OSError (and leaves nothing behind)."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self.size_bytes)
        except OSError:
            self.path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)

    def give_up(self) -> None:
        """Free its space. Raises OSError."""
        self.path.unlink(missing_ok=True)


class DiskWatch:
    """Looks every `disk.check_seconds`. `switch` tells the dialplan whether to record; `statvfs` measures."""

    def __init__(self, settings: Settings, clock: Clock, switch: Switch, statvfs: Statvfs = os.statvfs) -> None:
        self._statvfs = statvfs
        self._clock = clock
        self._looked_at = clock.now()
        self._torn: deque[tuple[datetime, datetime | None]] = deque(maxlen=100)
        self._disk = settings.disk
        self._switch = switch
        self.recordings = Space(name="recordings", folder=settings.recordings_dir)
        self.journal = Space(name="journal", folder=settings.cel_file.parent)
        self._reserve = Reserve(settings.cel_file.parent, int(settings.disk.reserve_mb * 2**20))
        self._reserve_given = False
        self.recording = True
        self._told: bool | None = None
        self._told_at = 0.0
        self._trouble = ""
        self.on_change: Callable[[], None] = lambda: None  # told when there are other alarms than before

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._disk.check_seconds)

    async def look(self) -> None:
        """Measure both disks and do what the policy asks for."""
        try:
            await asyncio.to_thread(self._measure)
        except OSError as error:
            self._say_trouble(f"{error.filename}: {error.strerror}")
            return
        self._say_trouble("")
        before = self.alarms()
        for space in (self.recordings, self.journal):
            self._judge(space)
        try:
            await asyncio.to_thread(self._keep_reserve)
        except OSError as error:
            log.warning("no reserve beside the journal", action="disk", error=error.strerror)
        self._note_torn()
        self._decide()
        if self.alarms() != before:
            self.on_change()
        await self._tell()

    def health(self) -> dict[str, Any]:
        """Return facts about the disks. A full disk is an alarm, not an ill engine: starting it anew would not help."""
        disks = {
            space.name: {"used_percent": space.used_percent, "free_bytes": space.free_bytes, "level": space.level.name}
            for space in (self.recordings, self.journal)
        }
        return {
            "ok": True,
            "disks": disks,
            "recording": self.recording,
            "reserve_bytes": self._reserve.size_bytes if self._reserve.held else 0,
            "alarms": self.alarms(),
            "error": self._trouble,
        }

    def alarms(self) -> list[dict[str, Any]]:
        """Return what people should see: a code and how full the disk is."""
        found: list[dict[str, Any]] = []
        for space in (self.recordings, self.journal):
            if space.level is not Level.ROOM:
                code = f"{space.name}_disk_{space.level.name.lower()}"
                found.append({"code": code, "percent": space.used_percent, "bad": space.level is Level.FULL})
        if not self.recording:
            found.append({"code": "recording_off", "percent": self.recordings.used_percent, "bad": True})
        return found

    def journal_torn(self, since: datetime, until: datetime) -> bool:
        """Whether the journal may have lacked the room for a line at any time in between."""
        return any(begin <= until and since <= (end or until) for begin, end in self._torn)

    # --- steps of one look

    def _measure(self) -> None:
        for space in (self.recordings, self.journal):
            space.look(self._statvfs)

    def _judge(self, space: Space) -> None:
        now = asyncio.get_running_loop().time()
        changed = space.judge(self._disk.warn_percent, self._disk.full_percent)
        again = space.level is not Level.ROOM and now - space.told_at > _REMIND_SECONDS
        if not changed and not again:
            return
        space.told_at = now
        facts = {"disk": space.name, "used_percent": space.used_percent, "folder": str(space.folder)}
        if space.level is Level.ROOM:
            log.info("disk has room again", action="disk", **facts)
        else:
            remedy = "free space: old recordings, rotated journals, or a larger disk"
            log.warning(f"disk {space.level.name.lower()}", action="disk", remedy=remedy, **facts)

    def _note_torn(self) -> None:
        """Remember when the journal had no room, from the look before to the look after."""
        now = self._clock.now()
        if self.journal.free_bytes < _LEAST_BYTES:
            if not self._torn or self._torn[-1][1] is not None:
                self._torn.append((self._looked_at, None))
        elif self._torn and self._torn[-1][1] is None:
            self._torn[-1] = (self._torn[-1][0], now)
        self._looked_at = now

    def _decide(self) -> None:
        """Recordings stop when their disk is full, and when they would take the journal's last room.

        The reserve's room is the journal's: they go on only when it could be laid again.
        """
        shared = self.recordings.device == self.journal.device
        full = self.recordings.level is Level.FULL or (shared and self.journal.level is Level.FULL)
        full = full or (shared and self._reserve_given)
        wanted = not (full and self._disk.when_full == "stop_recording")
        if wanted is not self.recording:
            log.warning("recordings go on" if wanted else "recordings stop: the disk is full", action="disk")
            self.recording = wanted

    async def _tell(self) -> None:
        """Tell the dialplan; what the PBX does not take now is said again at the next look."""
        now = asyncio.get_running_loop().time()
        if self._told is self.recording and now - self._told_at < _TELL_AGAIN_SECONDS:
            return
        try:
            await self._switch(self.recording)
        except (PbxUnavailable, PbxRefused) as error:
            if self._told is not None:
                log.warning("the PBX was not told about recordings", action="disk", error=str(error))
            self._told = None
        else:
            self._told, self._told_at = self.recording, now

    def _keep_reserve(self) -> None:
        """Lay the reserve while there is room for it and more; give it up when the journal's own room runs out."""
        reserve, space = self._reserve, self.journal
        if reserve.size_bytes <= 0:
            return
        if reserve.held and space.level is Level.FULL and space.free_bytes < reserve.size_bytes // 2:
            reserve.give_up()
            self._reserve_given = True
            log.error("the journal's reserve is given up", action="disk", freed_bytes=reserve.size_bytes)
        elif not reserve.held and space.level is Level.ROOM and space.free_bytes > 4 * reserve.size_bytes:
            reserve.take()
            if self._reserve_given:
                self._reserve_given = False
                log.info("the journal has its reserve again", action="disk")

    def _say_trouble(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.warning("a disk cannot be looked at", action="disk", error=trouble)
        self._trouble = trouble
