"""The evidence folder: parts that arrive bit by bit, whole files checked and put into place. Implements EvidenceFiles.

    incoming/<key>               what has arrived so far; its length is how much that is
    2026/11/<key>.jpg            what people see
    2026/11/<key>-small.jpg      its thumbnail
    2026/11/<key>-original.bin   the file as the phone sent it, by setting
    2026/11/<key>-taken.json     what was overwritten in a film, so that its original can be told; by the same setting

Names are made of the upload's key (a UUID, checked before), never of a stranger's text. All work is done in threads, no
more than two pictures at a time. What does not live here: pictures (photo.py), rows (store/), rights (services/).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ccengine.config import Settings
from ccengine.evidence.film import blank, metadata_of
from ccengine.evidence.photo import re_encode
from ccengine.hotline.evidence import HEAD_BYTES, MEDIA_TYPES, EvidenceKind, media_type
from ccengine.ports import MediaRefused, NoRoom, StoredMedia

#: Pictures unpacked at the same time: each takes up to some hundred MB of memory for a second.
_AT_ONCE = 2
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4", "video/webm": "webm"}


class EvidenceFolder:
    """Implements ports.EvidenceFiles on this machine's disk."""

    def __init__(self, settings: Settings) -> None:
        self._root = settings.evidence_dir
        self._limits = settings.evidence
        self._zone = ZoneInfo(settings.site.timezone)
        self._pictures = asyncio.Semaphore(_AT_ONCE)

    async def received(self, key: str) -> int:
        """Return how many bytes of a file are here."""
        return await asyncio.to_thread(self._length, key)

    async def append(self, key: str, offset: int, data: bytes, size: int) -> int:
        """Add bytes that begin at `offset`. Raises NoRoom, OSError."""
        return await asyncio.to_thread(self._append, key, offset, data, size)

    async def settle(self, key: str, kind: str, sha256: str) -> StoredMedia:
        """Check and place a whole file. Raises MediaRefused, OSError."""
        async with self._pictures:
            return await asyncio.to_thread(self._settle, key, EvidenceKind(kind), sha256)

    async def forget(self, key: str) -> None:
        """Drop the gathered bytes."""
        await asyncio.to_thread(self._part(key).unlink, missing_ok=True)

    def path(self, name: str) -> Path | None:
        """Return the file of that name; one that leads out of the folder is nobody's."""
        root = self._root.resolve()
        path = (root / name).resolve()
        return path if name and path.is_relative_to(root) and path.is_file() else None

    # -- in threads

    def _part(self, key: str) -> Path:
        return self._root / "incoming" / key

    def _length(self, key: str) -> int:
        try:
            return self._part(key).stat().st_size
        except FileNotFoundError:
            return 0

    def _append(self, key: str, offset: int, data: bytes, size: int) -> int:
        part = self._part(key)
        _make(part.parent)
        if shutil.disk_usage(part.parent).free - len(data) < self._limits.min_free_bytes:
            raise NoRoom(f"less than {self._limits.min_free_bytes} bytes are free in {self._root}")
        if offset and not part.exists():
            return 0  # settled and gone meanwhile, or never begun
        file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Each byte has its place, so that the same piece sent twice, even at the same time, is written once.
            here = os.fstat(file).st_size
            if offset <= here and offset + len(data) <= size:
                new = data[here - offset :]
                while new:
                    written = os.pwrite(file, new, here)
                    here, new = here + written, new[written:]
            return os.fstat(file).st_size
        finally:
            os.close(file)

    def _settle(self, key: str, kind: EvidenceKind, sha256: str) -> StoredMedia:
        part = self._part(key)
        with part.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise MediaRefused("changed")
            file.seek(0)
            found = media_type(file.read(HEAD_BYTES))
        if found not in MEDIA_TYPES[kind]:
            raise MediaRefused("not_media", f"{found or 'unknown'} is no {kind}")
        # The file's own time: settling again, after a crash, finds the same place.
        made = datetime.fromtimestamp(part.stat().st_mtime, self._zone)
        stem = f"{made:%Y/%m}/{key}"
        _make((self._root / stem).parent)
        if kind is EvidenceKind.VIDEO:
            return self._settle_film(part, stem, found)
        return self._settle_picture(part, stem, kind)

    def _settle_film(self, part: Path, stem: str, found: str) -> StoredMedia:
        name, original = f"{stem}.{_ENDINGS[found]}", ""
        with part.open("rb") as film:
            stretches = metadata_of(film, found)
        copy = part.with_suffix(".blank")
        try:
            shutil.copyfile(part, copy)
            with copy.open("r+b") as film:
                taken = blank(film, stretches)
            if self._limits.keep_originals:
                original = f"{stem}-taken.json" if taken else name
            if original and taken:
                kept = [[at, base64.b64encode(said).decode()] for at, said in taken]
                self._place(original, json.dumps(kept).encode())
            self._place(name, copy)
        finally:
            copy.unlink(missing_ok=True)
        return StoredMedia(media_type=found, file_name=name, thumbnail="", original=original, width=0, height=0)

    def _settle_picture(self, part: Path, stem: str, kind: EvidenceKind) -> StoredMedia:
        signature = kind is EvidenceKind.SIGNATURE
        limits = self._limits
        photo = re_encode(
            part.read_bytes(),
            self._zone,
            max_pixels=limits.photo_max_pixels,
            longest=limits.longest_side,
            thumbnail=limits.thumbnail_side,
            keep_png=signature,
        )
        name, small = f"{stem}.{'png' if signature else 'jpg'}", f"{stem}-small.jpg"
        self._place(name, photo.picture)
        self._place(small, photo.thumbnail)
        original = ""
        if limits.keep_originals and not signature:
            original = f"{stem}-original.bin"
            self._place(original, part)
        return StoredMedia(
            media_type="image/png" if signature else "image/jpeg",
            file_name=name,
            thumbnail=small,
            original=original,
            width=photo.width,
            height=photo.height,
            exif_at=photo.exif_at,
            exif_place=photo.exif_place,
        )

    def _place(self, name: str, content: bytes | Path) -> None:
        """Put a file into place as a whole, and onto the disk: its row must never point to half of it."""
        target = self._root / name
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                if isinstance(content, bytes):
                    file.write(content)
                else:
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, file, 2**20)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
