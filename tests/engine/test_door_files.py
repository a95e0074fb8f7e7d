"""Recordings through the door: whole, by range, and nothing that lies outside of their folder."""

from __future__ import annotations

import os
from pathlib import Path

import aiohttp
import pytest
from door_peer import door, http, live, raw, settings

from ccengine.config import Settings
from ccengine.engine.door import Door
from ccengine.engine.door_files import byte_range


@pytest.fixture
def recording(settings: Settings) -> Path:
    folder = settings.recordings_dir / "2026/11/21"
    folder.mkdir(parents=True)
    (settings.recordings_dir.parent / "secret.wav").write_bytes(b"secret")
    (folder / "n1-1-1.wav").write_bytes(bytes(range(256)) * 1000)
    (folder / "link.wav").symlink_to(settings.recordings_dir.parent / "secret.wav")
    (folder / "folder").symlink_to(settings.recordings_dir.parent)
    os.mkfifo(folder / "pipe.wav")
    return folder / "n1-1-1.wav"


async def test_recording_is_sent_whole_and_by_range(http: aiohttp.ClientSession, recording: Path) -> None:
    whole = recording.read_bytes()
    address = "/recording/2026/11/21/n1-1-1.wav"
    async with http.get(address) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "audio/wav", whole)
        etag = answer.headers["ETag"]
    for header, first, last in [
        ("bytes=0-0", 0, 0),
        ("bytes=100-70000", 100, 70_000),
        ("bytes=255990-", 255_990, 255_999),
        ("bytes=-10", 255_990, 255_999),
        ("bytes=5-999999", 5, 255_999),
    ]:
        async with http.get(address, headers={"Range": header}) as answer:
            assert (answer.status, await answer.read()) == (206, whole[first : last + 1])
            assert answer.headers["Content-Range"] == f"bytes {first}-{last}/256000"
    async with http.get(address, headers={"Range": "bytes=256000-"}) as answer:
        assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */256000")
    async with http.get(address, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
    async with http.get(address, headers={"Range": "bytes=0-0", "If-Range": '"other"'}) as answer:
        assert answer.status == 200
    async with http.head(address) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, "256000")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.wav",
        "%2e%2e/secret.wav",
        "..%2fsecret.wav",
        "2026/11/21/../../../../secret.wav",
        "2026/11/21/link.wav",
        "2026/11/21/folder/secret.wav",
        "2026/11/21/pipe.wav",
        "2026/11/21",
        "2026/11/21/",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "2026/11/21/absent.wav",
        "2026/11/21/n1-1-1.wav%00.txt",
        ".hidden",
        "%ff",
    ],
)
async def test_path_that_leads_outside_or_nowhere_is_not_found(
    settings: Settings, door: Door, recording: Path, path: str
) -> None:
    answer = await raw(settings, b"GET /recording/" + path.encode() + b" HTTP/1.0\r\n\r\n")
    assert answer.split()[1] == b"404"
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("header", "size", "expected"),
    [
        (None, 10, None),
        ("bytes=", 10, None),
        ("bytes=-", 10, None),
        ("lines=0-1", 10, None),
        ("bytes=0-1,3-4", 10, None),
        ("bytes=5-2", 10, None),
        ("bytes=0-", 0, ()),
        ("bytes=-0", 10, ()),
        ("bytes=-5", 0, ()),
        ("bytes=10-", 10, ()),
        ("bytes=9-", 10, (9, 9)),
        ("bytes=-99", 10, (0, 9)),
        ("bytes=99999999999999999999-", 10, None),
        ("bytes=１-２", 10, None),
    ],
)
def test_byte_range_reads_one_plain_range(header: str | None, size: int, expected: object) -> None:
    assert byte_range(header, size) == expected
