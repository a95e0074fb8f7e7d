"""One film: what its container says of place, owner and phone is found and overwritten; the rest stays as it is.

No program is needed for this: MP4 and QuickTime are boxes within boxes (ISO/IEC 14496-12 §4.2), WebM is elements (RFC
8794 and 9559). A box of metadata becomes a `free` one of the same length, an element a Void: nothing else moves.
What does not live here: where films stand (folder.py), whether they are taken at all (hotline/evidence.py).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ccengine.ports import MediaRefused

#: Boxes that hold other boxes which may hold metadata; boxes that are metadata (or room that was metadata once).
_HOLDERS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf"))
_METADATA = frozenset((b"udta", b"meta", b"uuid", b"free", b"skip"))
#: Tracks of readings taken beside the film (GPS, motion): mdia/hdlr says so.
_READINGS = frozenset((b"meta", b"camm"))
_BOXES_MOST = 20_000
#: What is overwritten is kept in memory for a moment; a film that is mostly that is none.
_METADATA_MOST_BYTES = 16 * 2**20
#: Elements that hold others; those that say something of their maker: Tags, Attachments, Title, SegmentFilename; and
#: checksums, which would be wrong afterwards.
_SEGMENT, _INFO, _CLUSTER = 0x18538067, 0x1549A966, 0x1F43B675
_TOLD = frozenset((0x1254C367, 0x1941A469, 0x7BA9, 0x7384, 0xBF))
_VOID = b"\xec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """A stretch to be overwritten: with `head`, then with zeros."""

    at: int
    length: int
    head: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    kind: bytes
    at: int
    inner: int  # where its content begins
    end: int


def metadata_of(film: BinaryIO, media_type: str) -> tuple[Blank, ...]:
    """Return the stretches of a film that hold metadata. Raises MediaRefused(broken) for what is no whole film."""
    end = film.seek(0, 2)
    found = _in_webm(film, end) if media_type == "video/webm" else _in_mp4(film, end)
    if sum(one.length for one in found) > _METADATA_MOST_BYTES:
        raise MediaRefused("broken", "more metadata than film")
    return tuple(sorted(found, key=lambda blank: blank.at))


def blank(film: BinaryIO, stretches: tuple[Blank, ...]) -> list[tuple[int, bytes]]:
    """Overwrite the stretches; return what was changed by that: (where, bytes), to be put back by who must."""
    taken: list[tuple[int, bytes]] = []
    for one in stretches:
        film.seek(one.at)
        said, nothing = film.read(one.length), one.head.ljust(one.length, b"\0")
        if said != nothing:
            taken.append((one.at, said))
            film.seek(one.at)
            film.write(nothing)
    return taken


# -- MP4 and QuickTime


def _in_mp4(film: BinaryIO, end: int) -> list[Blank]:
    found: list[Blank] = []
    left = [_BOXES_MOST]

    def walk(start: int, stop: int) -> None:
        for box in _boxes(film, start, stop, left):
            if box.kind in _METADATA:
                found.append(_freed(box))
            elif box.kind == b"trak" and (readings := _readings(film, box, left)) is not None:
                found.extend((*readings, _freed(box)))
            elif box.kind in _HOLDERS:
                walk(box.inner, box.end)

    walk(0, end)
    return found


def _freed(box: _Box) -> Blank:
    """Return the box as free room: its length stays, its name is another, its content is gone."""
    long = box.inner - box.at == 16
    size = struct.pack(">I", 1) + b"free" + struct.pack(">Q", box.end - box.at)
    head = size if long else struct.pack(">I", box.end - box.at) + b"free"
    return Blank(at=box.at, length=box.end - box.at, head=head)


def _boxes(film: BinaryIO, start: int, end: int, left: list[int]) -> Iterator[_Box]:
    at = start
    while at + 8 <= end:
        left[0] -= 1
        if left[0] < 0:
            raise MediaRefused("broken", "more boxes than any film has")
        film.seek(at)
        head = film.read(16)
        size, kind, inner = struct.unpack(">I", head[:4])[0], head[4:8], at + 8
        if size == 1 and len(head) == 16:
            size, inner = struct.unpack(">Q", head[8:])[0], at + 16
        elif size == 0:  # up to the end of the file
            size = end - at
        if at + size < inner or at + size > end:
            raise MediaRefused("broken", f"a box of {size} bytes at {at} does not fit")
        yield _Box(kind=kind, at=at, inner=inner, end=at + size)
        at += size


def _readings(film: BinaryIO, track: _Box, left: list[int]) -> list[Blank] | None:
    """Return where a track's readings lie when it is one of readings; None for pictures and sound."""
    inside = {box.kind: box for box in _below(film, track, left)}
    if b"hdlr" not in inside or _bytes(film, inside[b"hdlr"])[8:12] not in _READINGS:
        return None
    return _samples(film, inside)


def _below(film: BinaryIO, box: _Box, left: list[int]) -> Iterator[_Box]:
    for one in _boxes(film, box.inner, box.end, left):
        yield one
        if one.kind in (b"mdia", b"minf", b"stbl"):
            yield from _below(film, one, left)


def _bytes(film: BinaryIO, box: _Box) -> bytes:
    film.seek(box.inner)
    return film.read(min(box.end - box.inner, 2**22))


def _samples(film: BinaryIO, inside: dict[bytes, _Box]) -> list[Blank]:
    """Return each chunk of a track's samples (ISO/IEC 14496-12 §8.7): where it begins, and how long all in it are."""
    wide = b"co64" in inside
    places = _bytes(film, inside[b"co64"] if wide else inside[b"stco"]) if wide or b"stco" in inside else b""
    sizes, runs = (_bytes(film, inside[kind]) if kind in inside else b"" for kind in (b"stsz", b"stsc"))
    try:
        chunks = [place for (place,) in struct.iter_unpack(">Q" if wide else ">I", places[8:])] if places else []
        same, count = struct.unpack(">II", sizes[4:12]) if sizes else (0, 0)
        each = [same] * min(count, 2**20) if same else [size for (size,) in struct.iter_unpack(">I", sizes[12:])]
        first = {run[0]: run[1] for run in struct.iter_unpack(">III", runs[8:])} if runs else {}
    except struct.error as error:
        raise MediaRefused("broken", "a track's table is torn") from error
    end, found, many, next_sample = film.seek(0, 2), [], 0, 0
    for at, place in enumerate(chunks, start=1):
        many = first.get(at, many)
        length = sum(each[next_sample : next_sample + many])
        next_sample += many
        if length and place + length <= end:
            found.append(Blank(at=place, length=length))
    return found


# -- WebM


def _in_webm(film: BinaryIO, end: int) -> list[Blank]:
    found: list[Blank] = []
    at = 0
    while at < end:
        film.seek(at)
        head = film.read(12)
        kind, kind_length = _number(head, keep_marker=True)
        size, size_length = _number(head[kind_length:])
        inner = at + kind_length + size_length
        unknown = size == (1 << (7 * size_length)) - 1
        if kind in (_SEGMENT, _INFO) or (kind == _CLUSTER and unknown):
            at = inner  # what is inside is looked at as if it stood here
            continue
        if unknown:
            raise MediaRefused("broken", f"an element without an end at {at}")
        if kind in _TOLD:
            found.append(_void(at, min(inner + size, end) - at))
        at = inner + size  # beyond the end: a recording that was cut off, which players show up to there
    return found


def _number(data: bytes, *, keep_marker: bool = False) -> tuple[int, int]:
    """Return a number of variable length and how many bytes it has (RFC 8794 §4)."""
    if not data or data[0] == 0:
        raise MediaRefused("broken", "no element where one should be")
    length = 9 - data[0].bit_length()
    if len(data) < length:
        raise MediaRefused("broken", "the file ends within an element")
    value = int.from_bytes(data[:length], "big")
    return (value if keep_marker else value & ((1 << (7 * length)) - 1)), length


def _void(at: int, length: int) -> Blank:
    """Return an element of nothing of that length (at least two bytes)."""
    if length <= 128:
        return Blank(at=at, length=length, head=_VOID + bytes([0x80 | (length - 2)]))
    return Blank(at=at, length=length, head=_VOID + (length - 9 | 1 << 56).to_bytes(8, "big"))
