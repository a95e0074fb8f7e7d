"""The evidence folder on a real disk: pieces in any order, twice, at once; content checked; pictures written anew."""

from __future__ import annotations

import asyncio
import io
import uuid
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import exif, jpeg, mp4, png, sha256
from PIL import Image

from ccengine.config import Evidence, Settings
from ccengine.evidence.folder import EvidenceFolder
from ccengine.ports import MediaRefused, NoRoom


def folder(path: Path, **limits: int | bool) -> EvidenceFolder:
    return EvidenceFolder(Settings(state_dir=path, evidence=Evidence(**{"min_free_bytes": 0, **limits})))  # type: ignore[arg-type]


async def sent(files: EvidenceFolder, content: bytes) -> str:
    key = str(uuid.uuid4())
    assert await files.append(key, 0, content, len(content)) == len(content)
    return key


async def test_photo_is_written_anew_upright_and_without_metadata(tmp_path: Path) -> None:
    files, content = folder(tmp_path), jpeg(3000, 1500, exif=exif(turned=6))
    key = await sent(files, content)
    media = await files.settle(key, "photo", sha256(content))
    assert (media.media_type, media.width, media.height) == ("image/jpeg", 1024, 2048)
    assert media.exif_at == datetime(2026, 11, 20, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert media.exif_place == (30.275, 120.15)
    shown = files.path(media.file_name)
    assert shown is not None
    raw = shown.read_bytes()
    assert b"SecretPhoneMaker" not in raw and b"Exif" not in raw
    picture = Image.open(io.BytesIO(raw)).convert("RGB")
    assert min(picture.getpixel((1000, 20))) > 240  # type: ignore[arg-type]  # the corner went to the top right
    assert max(picture.getpixel((20, 20))) < 240  # type: ignore[arg-type]
    small = files.path(media.thumbnail)
    assert small is not None and max(Image.open(small).size) == 320
    original = files.path(media.original)
    assert original is not None and original.read_bytes() == content
    assert oct(original.stat().st_mode)[-3:] == "600"


async def test_settling_again_after_a_crash_finds_the_same_files(tmp_path: Path) -> None:
    files, content = folder(tmp_path), jpeg()
    key = await sent(files, content)
    first = await files.settle(key, "photo", sha256(content))
    assert await folder(tmp_path).settle(key, "photo", sha256(content)) == first
    await files.forget(key)
    await files.forget(key)
    assert await files.received(key) == 0
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=20))
def test_any_pieces_in_any_order_never_spoil_the_file(tmp_path: Path, pieces: list[tuple[int, int]]) -> None:
    content = bytes(range(64))
    files, key = folder(tmp_path), str(uuid.uuid4())

    async def walk() -> None:
        here = 0
        for offset, length in pieces:
            now = await files.append(key, offset, content[offset : offset + length], len(content))
            expected = max(here, min(offset + length, len(content))) if offset <= here else here
            assert now == expected
            here = now
        while here < len(content):
            here = await files.append(key, here, content[here : here + 7], len(content))

    asyncio.run(walk())
    assert (tmp_path / "evidence/incoming" / key).read_bytes() == content


async def test_same_pieces_at_the_same_time_make_one_file(tmp_path: Path) -> None:
    content = jpeg(2000, 2000)
    files, key = folder(tmp_path), str(uuid.uuid4())
    step = 4096
    for start in range(0, len(content), step):
        piece = content[start : start + step]
        await asyncio.gather(*(files.append(key, start, piece, len(content)) for _ in range(4)))
    assert (await files.settle(key, "photo", sha256(content))).width == 2000


async def test_a_gap_and_more_than_announced_add_nothing(tmp_path: Path) -> None:
    files, key = folder(tmp_path), str(uuid.uuid4())
    assert await files.append(key, 5, b"later", 100) == 0
    assert await files.append(key, 0, b"x" * 101, 100) == 0
    assert await files.append(key, 0, b"x" * 100, 100) == 100


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("photo", b"<html><script>alert(1)</script>", "not_media"),
        ("photo", b"GIF89a" + bytes(100), "not_media"),
        ("photo", mp4(), "not_media"),
        ("video", jpeg(), "not_media"),
        ("signature", jpeg(), "not_media"),
        ("photo", jpeg()[:900], "broken"),
        ("photo", b"\xff\xd8\xff" + bytes(500), "broken"),
        ("photo", png(60_000, 60_000), "too_many_pixels"),
        ("photo", png(8_000, 7_000)[:300], "broken"),
        ("photo", b"RIFF\x10\0\0\0WEBPVP8 " + bytes(60), "broken"),
    ],
)
async def test_content_that_is_no_picture_is_refused(tmp_path: Path, kind: str, content: bytes, code: str) -> None:
    files = folder(tmp_path)
    key = await sent(files, content)
    with pytest.raises(MediaRefused) as refused:
        await files.settle(key, kind, sha256(content))
    assert refused.value.code == code
    assert [path.name for path in (tmp_path / "evidence").rglob("*") if path.is_file()] == [key]


async def test_content_that_is_not_what_was_announced_is_refused(tmp_path: Path) -> None:
    files = folder(tmp_path)
    key = await sent(files, jpeg())
    with pytest.raises(MediaRefused, match="changed"):
        await files.settle(key, "photo", sha256(b"another"))


async def test_film_without_metadata_is_kept_as_it_is_and_signature_stays_a_png(tmp_path: Path) -> None:
    files, film = folder(tmp_path), mp4()
    media = await files.settle(await sent(files, film), "video", sha256(film))
    kept = files.path(media.file_name)
    assert (media.media_type, media.thumbnail) == ("video/mp4", "") and kept is not None and kept.read_bytes() == film
    drawn = io.BytesIO()
    Image.new("RGBA", (600, 300), (0, 0, 0, 0)).save(drawn, "PNG")
    media = await files.settle(await sent(files, drawn.getvalue()), "signature", sha256(drawn.getvalue()))
    assert (media.media_type, media.original, media.width) == ("image/png", "", 600)
    shown = files.path(media.file_name)
    assert shown is not None and Image.open(shown).convert("L").getextrema() == (255, 255)  # clear became white


async def test_original_is_dropped_where_the_site_says_so(tmp_path: Path) -> None:
    files, content = folder(tmp_path, keep_originals=False), jpeg()
    assert (await files.settle(await sent(files, content), "photo", sha256(content))).original == ""


async def test_nothing_is_taken_when_the_disk_is_nearly_full(tmp_path: Path) -> None:
    files = folder(tmp_path, min_free_bytes=2**60)
    with pytest.raises(NoRoom):
        await files.append(str(uuid.uuid4()), 0, b"x", 1)


@pytest.mark.parametrize("name", ["", "../ccengine.sqlite", "/etc/passwd", "incoming", "2026/11/../../../x"])
async def test_names_that_lead_out_are_nobodys(tmp_path: Path, name: str) -> None:
    (tmp_path / "ccengine.sqlite").write_bytes(b"secret")
    (tmp_path / "evidence/incoming").mkdir(parents=True)
    assert folder(tmp_path).path(name) is None
