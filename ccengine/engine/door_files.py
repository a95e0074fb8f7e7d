"""Recordings by Range: a path from outside is walked folder by folder below one root, symlinks refused, then sent.

What does not live here: who may listen (services.call_records), and the door's other answers (door.py).
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

from aiohttp import web

from ccengine.ports import RecordingNotFound

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}")
_TYPES = {".wav": "audio/wav"}
_CHUNK_BYTES = 64 * 1024


@contextmanager
def open_below(root: Path, relative: str) -> Iterator[int]:
    """Open a regular file below `root` for reading and give its descriptor.

    Each step is opened relative to the folder before it without following symlinks, so neither `..` nor a link, also
    one made meanwhile, leads outside. Raises RecordingNotFound.
    """
    opened: list[int] = []
    try:
        try:
            _walk(root, relative, opened)
        except OSError as error:
            raise RecordingNotFound(relative) from error
        yield opened[-1]
    finally:
        for descriptor in reversed(opened):
            os.close(descriptor)


def _walk(root: Path, relative: str, opened: list[int]) -> None:
    """Open each folder and at last the file, adding the descriptors to `opened`."""
    segments = relative.split("/")
    if len(segments) > 8 or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise RecordingNotFound(relative)
    opened.append(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    for segment in segments[:-1]:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        opened.append(os.open(segment, flags, dir_fd=opened[-1]))
    # NONBLOCK: opening a FIFO somebody put there must not hang
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    opened.append(os.open(segments[-1], flags, dir_fd=opened[-1]))
    if not stat.S_ISREG(os.fstat(opened[-1]).st_mode):
        raise RecordingNotFound(relative)


async def send_file(request: web.Request, root: Path, relative: str) -> web.StreamResponse:
    """Answer with the file, or the part of it the Range header asks for. Raises RecordingNotFound."""
    with open_below(root, relative) as descriptor:
        status = os.fstat(descriptor)
        etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        headers = {
            "Accept-Ranges": "bytes",
            "ETag": etag,
            "Last-Modified": formatdate(status.st_mtime, usegmt=True),
            "Cache-Control": "private, no-cache",
            "Content-Type": _TYPES.get(Path(relative).suffix, "application/octet-stream"),
        }
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        span = byte_range(request.headers.get("Range"), status.st_size)
        if request.headers.get("If-Range", etag) != etag:
            span = None
        if span == ():
            return web.Response(status=416, headers={"Content-Range": f"bytes */{status.st_size}"})
        first, last = span if span else (0, status.st_size - 1)
        if span:
            headers["Content-Range"] = f"bytes {first}-{last}/{status.st_size}"
        headers["Content-Length"] = str(last - first + 1)
        response = web.StreamResponse(status=206 if span else 200, headers=headers)
        await response.prepare(request)
        if request.method != "HEAD":
            await _copy(response, descriptor, first, last)
        await response.write_eof()
        return response


def byte_range(header: str | None, size: int) -> tuple[int, int] | tuple[()] | None:
    """Return (first, last) of a single byte range, None to send the whole, () when it cannot be satisfied.

    Anything but one plain `bytes=` range is ignored, as RFC 9110 §14.2 allows.
    """
    match = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", (header or "").strip())
    if match is None or match.groups() == ("", ""):
        return None
    first_text, last_text = match.groups()
    if not first_text:
        length = min(int(last_text), size)
        return (size - length, size - 1) if length else ()
    first = int(first_text)
    last = min(int(last_text), size - 1) if last_text else size - 1
    if last_text and int(last_text) < first:
        return None
    return (first, last) if first < size else ()


async def _copy(response: web.StreamResponse, descriptor: int, first: int, last: int) -> None:
    """Send bytes first..last; reading runs in a thread, a slow disk must not stop the engine."""
    while first <= last:
        chunk = await asyncio.to_thread(os.pread, descriptor, min(_CHUNK_BYTES, last - first + 1), first)
        if not chunk:  # the file was shortened meanwhile: the reader notices the missing length
            return
        await response.write(chunk)
        first += len(chunk)
