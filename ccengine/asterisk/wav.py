"""WAV files as Asterisk leaves them: read in blocks, with headers repaired in mind; stereo written in blocks.

What does not live here: which file belongs to whom (recordings).
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

#: The rate of everything we offer; a multiple of it is averaged down.
RATE = 8000
#: A file of this length has a header and no sound.
EMPTY_BYTES = 44


class NotWav(ValueError):
    """Not a file of 16-bit mono sound; the text says why."""


class WavReader:
    """A mono file of 16-bit samples. Raises NotWav, OSError.

    `open_header`: the lengths in the header are 0: it is being written still, or the PBX was killed.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        try:
            self._size = os.fstat(self._file.fileno()).st_size
            self._start, length = self._find_data()
        except (NotWav, struct.error) as error:
            self._file.close()
            raise NotWav(f"{path.name}: {error}") from None
        self.open_header = length == 0 and self._size > self._start
        self._bytes = self._size - self._start if self.open_header else min(length, self._size - self._start)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def frames(self) -> int:
        """How many samples it has, at RATE."""
        return self._bytes // 2 // self._factor

    def read(self, first: int, count: int) -> Samples:
        """Return `count` samples at RATE from the first-th; silence before the beginning and after the end."""
        result = np.zeros(count, dtype=np.int16)
        begin, end = max(first, 0), min(first + count, self.frames)
        if begin < end:
            self._file.seek(self._start + begin * 2 * self._factor)
            raw = self._file.read((end - begin) * 2 * self._factor)
            found = np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2")
            found = found[: len(found) // self._factor * self._factor]
            if self._factor > 1:
                found = found.reshape(-1, self._factor).mean(axis=1).astype(np.int16)
            result[begin - first : begin - first + len(found)] = found
        return result

    def _find_data(self) -> tuple[int, int]:
        """Return where the sound begins and how many bytes the header says it has."""
        head = self._file.read(12)
        if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
            raise NotWav("no RIFF header")
        self._factor = 0
        while len(chunk := self._file.read(8)) == 8:
            name, length = struct.unpack("<4sI", chunk)
            if name == b"data":
                if self._factor == 0:
                    raise NotWav("sound before its format")
                return self._file.tell(), length
            if name == b"fmt ":
                self._take_format(self._file.read(length))
            else:
                self._file.seek(length + length % 2, os.SEEK_CUR)
        raise NotWav("no sound in it")

    def _take_format(self, text: bytes) -> None:
        kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", text[:16])
        if (kind, channels, bits) != (1, 1, 16) or rate % RATE or rate == 0:
            raise NotWav(f"kind {kind}, {channels} channel(s), {rate} Hz, {bits} bit")
        self._factor = rate // RATE


def stereo_header(frames: int) -> bytes:
    """Return the header of a stereo file of so many frames at RATE."""
    data = frames * 4
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + data, b"WAVE", b"fmt ", 16, 1, 2, RATE, RATE * 4, 4, 16, b"data", data
    )
