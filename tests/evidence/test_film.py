"""Films: what the container says of place, owner and phone is gone, pictures and sound and every offset stay."""

from __future__ import annotations

import base64
import io
import json
import struct
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import sha256

from ccengine.config import Evidence, Settings
from ccengine.evidence.film import blank, metadata_of
from ccengine.evidence.folder import EvidenceFolder
from ccengine.ports import MediaRefused

PLACE, OWNER, FIX = b"+30.2741+120.1551/", b"com.apple.quicktime.model iPhone", b"GPS 30.27 120.15"
PICTURES = b"pictures and sound" * 20


def box(kind: bytes, *inside: bytes, long: bool = False) -> bytes:
    content = b"".join(inside)
    if long:
        return struct.pack(">I", 1) + kind + struct.pack(">Q", 16 + len(content)) + content
    return struct.pack(">I", 8 + len(content)) + kind + content


def track(handler: bytes, samples_at: int = 0, size: int = 0) -> bytes:
    handled = box(b"hdlr", bytes(8) + handler + bytes(12))
    table = box(
        b"stbl",
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
        box(b"stsz", struct.pack(">IIII", 0, 0, 1, size)),
        box(b"stco", struct.pack(">III", 0, 1, samples_at)),
    )
    return box(b"trak", box(b"tkhd", bytes(80)), box(b"mdia", handled, box(b"minf", table)), box(b"udta", OWNER))


def phone_film() -> bytes:
    """A film as phones make it: a place in udta, a model in meta, a track of GPS readings among the sound."""
    head = box(b"ftyp", b"qt  \0\0\0\0qt  ")
    data = box(b"mdat", PICTURES, FIX, PICTURES, long=True)
    fix_at = len(head) + 16 + len(PICTURES)
    tracks = track(b"vide"), track(b"meta", fix_at, len(FIX))
    moov = box(b"moov", box(b"mvhd", bytes(100)), *tracks, box(b"udta", box(b"\xa9xyz", PLACE)), box(b"meta", OWNER))
    return head + data + moov + box(b"uuid", bytes(16) + OWNER)


def element(kind: int, *inside: bytes, unknown: bool = False) -> bytes:
    content = b"".join(inside)
    size = b"\x01" + b"\xff" * 7 if unknown else (len(content) | 1 << 56).to_bytes(8, "big")
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + size + content


def browser_film(*, unknown: bool) -> bytes:
    info = element(0x1549A966, element(0xBF, b"crc!"), element(0x7BA9, OWNER), element(0x4D80, b"muxer"))
    cluster = element(0x1F43B675, element(0xA3, PICTURES), unknown=unknown)
    tags = element(0x1254C367, PLACE * 20)
    head = element(0x1A45DFA3, element(0x4282, b"webm"))
    return head + element(0x18538067, info, cluster, tags, unknown=unknown)


FILMS = [
    (phone_film(), "video/mp4"),
    (browser_film(unknown=False), "video/webm"),
    (browser_film(unknown=True), "video/webm"),
]


@pytest.mark.parametrize(("content", "kind"), FILMS)
def test_place_owner_and_readings_are_gone_and_the_rest_has_not_moved(content: bytes, kind: str) -> None:
    film = io.BytesIO(content)
    taken = blank(film, metadata_of(film, kind))
    cleaned = film.getvalue()
    assert len(cleaned) == len(content)
    for secret in (PLACE, OWNER, FIX):
        assert secret not in cleaned
    assert cleaned.index(PICTURES) == content.index(PICTURES) and cleaned.count(PICTURES) == content.count(PICTURES)
    again = io.BytesIO(cleaned)
    assert blank(again, metadata_of(again, kind)) == []  # a film that says nothing is not changed
    for at, said in taken:
        film.seek(at)
        film.write(said)
    assert film.getvalue() == content


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FILMS), st.integers(0, 2000), st.binary(max_size=40), st.integers(0, 2000))
def test_torn_and_hostile_films_are_refused_or_cleaned_never_more(
    whole: tuple[bytes, str], cut: int, strange: bytes, at: int
) -> None:
    content = (whole[0][:at] + strange + whole[0][at:])[: len(whole[0]) - cut % 300]
    film = io.BytesIO(content)
    try:
        blank(film, metadata_of(film, whole[1]))
    except MediaRefused as refused:
        assert refused.code == "broken"
    assert len(film.getvalue()) == len(content)


@pytest.mark.parametrize("keep", [True, False])
async def test_what_was_taken_out_is_kept_beside_the_film_where_the_site_keeps_originals(
    tmp_path: Path, keep: bool
) -> None:
    limits = Evidence(min_free_bytes=0, keep_originals=keep)
    files, content = EvidenceFolder(Settings(state_dir=tmp_path, evidence=limits)), phone_film()
    key = str(uuid.uuid4())
    await files.append(key, 0, content, len(content))
    media = await files.settle(key, "video", sha256(content))
    shown = files.path(media.file_name)
    assert shown is not None
    cleaned = bytearray(shown.read_bytes())
    assert PLACE not in cleaned and OWNER not in cleaned
    taken = files.path(media.original)
    assert (taken is not None) is keep
    for at, said in json.loads(taken.read_text()) if taken else ():
        original = base64.b64decode(said)
        cleaned[at : at + len(original)] = original
    assert (sha256(bytes(cleaned)) == sha256(content)) is keep
    assert [path.name for path in (tmp_path / "evidence/incoming").iterdir()] == [key]


async def test_torn_film_is_refused(tmp_path: Path) -> None:
    files, content = EvidenceFolder(Settings(state_dir=tmp_path)), phone_film()[:-30]
    key = str(uuid.uuid4())
    await files.append(key, 0, content, len(content))
    with pytest.raises(MediaRefused, match="broken"):
        await files.settle(key, "video", sha256(content))
