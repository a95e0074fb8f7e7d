"""What proves that work was done: kinds and phases of evidence, what an order's type demands, what a file really is.

What does not live here: files and pictures (evidence/), who may add evidence (services/evidence.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class EvidenceKind(StrEnum):
    """What a piece of evidence is."""

    PHOTO = "photo"  # 照片
    VIDEO = "video"  # 视频
    SIGNATURE = "signature"  # 客户签名


class Phase(StrEnum):
    """When it was taken, by the work."""

    BEFORE = "before"  # 处理前
    DURING = "during"  # 处理中
    AFTER = "after"  # 处理后


#: What each kind of file may be, by its content; nothing else is ever kept or served.
MEDIA_TYPES: dict[EvidenceKind, tuple[str, ...]] = {
    EvidenceKind.PHOTO: ("image/jpeg", "image/png", "image/webp"),
    EvidenceKind.VIDEO: ("video/mp4", "video/webm"),
    EvidenceKind.SIGNATURE: ("image/png",),
}
#: How much of a file `media_type` wants to see.
HEAD_BYTES = 64

#: Brands of ISO base media files that are films (a HEIC picture is such a file too and is no film).
_FILMS = frozenset(b"isom iso2 iso4 iso5 iso6 mp41 mp42 avc1 dash 3gp4 3gp5 3gp6 MSNV mmp4".split()) | {
    b"M4V ",
    b"qt  ",
}


def media_type(head: bytes) -> str | None:
    """Return what a file is by its first bytes (HEAD_BYTES of them), None when it is nothing that we take."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in _FILMS:
        return "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:HEAD_BYTES]:
        return "video/webm"
    return None


def missing_photos(phases: Iterable[str], *, before: bool, after: bool) -> tuple[Phase, ...]:
    """Return the phases of which a photo is demanded and none is there.

    Args:
        phases: the phase of each photo that is there.
        before: a photo before the work is demanded by the order's type.
        after: one after the work is.
    """
    there = set(phases)
    demanded = ([Phase.BEFORE] if before else []) + ([Phase.AFTER] if after else [])
    return tuple(phase for phase in demanded if phase.value not in there)
