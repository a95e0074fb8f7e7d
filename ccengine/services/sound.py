"""Sound that people record for callers: any plain WAV becomes 8 kHz A-law, as the PBX plays it; no program is run.

What does not live here: recordings of calls (asterisk/recordings), what is recorded (announcements.py).
"""

from __future__ import annotations

import io
import wave
from array import array
from functools import cache
from itertools import pairwise

RATE = 8000
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)


class BadSound(ValueError):
    """Not a sound that can be played: the reason is one of form, rate, empty."""


def to_alaw(wav: bytes) -> bytes:
    """Return 8 kHz A-law for a WAV file with 16-bit samples, one or two channels. Raises BadSound."""
    try:
        with wave.open(io.BytesIO(wav)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError, ValueError) as error:
        raise BadSound("form") from error
    if width != 2 or channels not in (1, 2):
        raise BadSound("form")
    if rate not in _RATES:
        raise BadSound("rate")
    samples = array("h", frames[: len(frames) // (2 * channels) * 2 * channels])
    if channels == 2:
        samples = array("h", ((left + right) // 2 for left, right in zip(samples[::2], samples[1::2], strict=True)))
    if not samples:
        raise BadSound("empty")
    table = _encoding()
    return bytes(table[sample & 0xFFFF] for sample in _resampled(samples, rate))


def to_wav(alaw: bytes) -> bytes:
    """Return a WAV file that browsers play."""
    table = _decoding()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array("h", (table[byte] for byte in alaw)).tobytes())
    return out.getvalue()


def seconds_of(alaw: bytes) -> float:
    """Return how long it plays."""
    return len(alaw) / RATE


def _resampled(samples: array[int], rate: int) -> array[int]:
    """Return the samples at 8 kHz: each is the mean of what lies in its time, which also takes off what is too high."""
    if rate == RATE:
        return samples
    count = len(samples) * RATE // rate
    bounds = [index * rate // RATE for index in range(count + 1)]
    means = (sum(samples[start:end]) // (end - start) for start, end in pairwise(bounds) if end > start)
    return array("h", means)


def _encode(sample: int) -> int:
    """ITU-T G.711 A-law of one 16-bit sample."""
    sign = 0x80 if sample >= 0 else 0
    value = min(32635, sample if sample >= 0 else -sample - 1)
    if value < 256:
        code = value >> 4
    else:
        exponent = value.bit_length() - 8
        code = (exponent << 4) | ((value >> (exponent + 3)) & 0x0F)
    return (code | sign) ^ 0x55


def _decode(byte: int) -> int:
    byte ^= 0x55
    exponent, mantissa = (byte >> 4) & 7, byte & 0x0F
    value = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if byte & 0x80 else -value


@cache
def _encoding() -> bytes:
    """The code of each sample, by the sample's 16 bits without sign."""
    return bytes(_encode(sample if sample < 0x8000 else sample - 0x10000) for sample in range(0x10000))


@cache
def _decoding() -> tuple[int, ...]:
    return tuple(_decode(byte) for byte in range(256))
