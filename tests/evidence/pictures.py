"""Pictures for tests: made here, each with what it needs (size, place, time, traps)."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

from PIL import Image, ImageDraw


def jpeg(width: int = 640, height: int = 480, *, colour: str = "#2a7", exif: Image.Exif | None = None) -> bytes:
    """Return a JPEG with a white corner at the top left, so that its turning can be seen."""
    image = Image.new("RGB", (width, height), colour)
    ImageDraw.Draw(image).rectangle((0, 0, width // 4, height // 4), fill="white")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90, exif=exif or Image.Exif())
    return out.getvalue()


def exif(*, turned: int = 1, at: str = "2026:11:20 09:30:00", place: bool = True) -> Image.Exif:
    """Return metadata as a phone writes it: orientation, time, place, maker and a thumbnail's worth of secrets."""
    found = Image.Exif()
    found[274] = turned
    found[271] = "SecretPhoneMaker"
    found.get_ifd(34665)[36867] = at
    if place:
        found.get_ifd(34853).update({1: "N", 2: (30.0, 16.0, 30.0), 3: "E", 4: (120.0, 9.0, 0.0)})
    return found


def png(width: int, height: int) -> bytes:
    """Return a PNG that says it is that large; its content is next to nothing: a decompression bomb."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * min((width + 1) * height, 1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def mp4() -> bytes:
    """Return the beginning of a film, and nothing that could be played."""
    return struct.pack(">I", 24) + b"ftypisom\0\0\2\0isomiso2" + b"\0" * 400


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
