"""The sound of announcements as files beside the PBX: written once, found by content, old ones taken away.

What does not live here: what is on air (services/announcements.py).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

from ccengine.asterisk.pbx_user import own
from ccengine.config import Settings
from ccengine.rows import AnnouncementRow
from ccengine.services import announcements
from ccengine.services.context import Context


def folder_of(settings: Settings) -> Path:
    """Return where announcements stand: among the recordings, where the PBX may read and write."""
    return settings.recordings_dir.absolute() / "announcements"


class OnAirSounds:
    """Where the PBX finds each announcement. The folder belongs to the engine alone."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.folder = folder_of(ctx.settings)

    async def current(self) -> tuple[AnnouncementRow, ...]:
        """Return what is on air now or will be, all with their files written. Errors: Unavailable, OSError."""
        rows = await announcements.not_over(self._ctx)
        missing = [row for row in rows if not self.path(row).with_suffix(".alaw").exists()]
        for row in missing:
            sound = await announcements.sound(self._ctx, row.id)
            await asyncio.to_thread(_write, self.path(row).with_suffix(".alaw"), sound)
        if missing:
            await asyncio.to_thread(self._tidy, rows)
        return rows

    def path(self, row: AnnouncementRow) -> Path:
        """Return the file's name without its ending, as the PBX wants it."""
        return self.folder / f"{row.id}-{row.sound_hash[:16]}"

    def _tidy(self, rows: Iterable[AnnouncementRow]) -> None:
        wanted = {self.path(row).name for row in rows}
        for path in self.folder.glob("*.alaw"):
            if path.stem not in wanted:
                path.unlink(missing_ok=True)


def _write(path: Path, sound: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(sound)
    partial.chmod(0o644)
    os.replace(partial, path)
    own(path.parent)
