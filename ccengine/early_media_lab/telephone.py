"""What a telephone network does to a voice: codecs, noise, level, lost packets, what comes before and after it.

Codecs of the building set and of the test set are others. libgsm and libbcg729 (Debian: libgsm1, libbcg729-0) are
called directly, the others come with PyAV (extra [tts]). What does not live here: which clip gets what (clips.py).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 8000
Sound = NDArray[np.float32]
Random = np.random.Generator
BUILDING_CODECS = ("pcma", "gsm")
TEST_CODECS = ("pcma", "amr_4.75", "amr_12.2", "g729", "opus_8", "g723_1")


def through(codec: str, sound: Sound) -> Sound:
    """Return the sound as it comes out of a codec, and then, as on every trunk, out of A-law."""
    samples = _int16(sound)
    coders: dict[str, Callable[[NDArray[np.int16]], NDArray[np.int16]]] = {
        "pcma": lambda one: one,
        "gsm": _gsm,
        "amr_4.75": lambda one: _av("libopencore_amrnb", "libopencore_amrnb", one, 4750),
        "amr_12.2": lambda one: _av("libopencore_amrnb", "libopencore_amrnb", one, 12_200),
        "g729": _g729,
        "opus_8": lambda one: _av("libopus", "libopus", one, 8000),
        "g723_1": lambda one: _av("g723_1", "g723_1", one, 6300),
    }
    coded = coders[codec](samples)
    return (_a_law(coded) / 32768.0).astype(np.float32)


def noisy(sound: Sound, kind: str, snr_db: float, random: Random, babble: Sound | None = None) -> Sound:
    """Return the sound with noise: white, pink, hum (building set); brown, babble (test set)."""
    count = len(sound)
    if kind == "babble" and babble is not None:
        begin = int(random.integers(0, max(1, len(babble) - count)))
        noise = np.resize(babble[begin:], count).astype(np.float64)
    elif kind == "hum":
        at = np.arange(count) / RATE
        noise = 0.2 * random.normal(size=count)
        for order, hz in enumerate((50, 150, 250), 1):
            noise += np.sin(2 * np.pi * hz * at + random.uniform(0, 6)) / order
    else:
        power = {"white": 0.0, "pink": 0.5, "brown": 1.0}[kind]
        spectrum = np.fft.rfft(random.normal(size=count))
        spectrum /= np.maximum(np.arange(len(spectrum)), 8) ** power
        noise = np.fft.irfft(spectrum, count)
    active = np.abs(sound) > 0.01
    level = float(np.sqrt(np.mean(sound[active] ** 2))) if active.any() else 0.1
    noise *= level * 10 ** (-snr_db / 20) / max(float(np.sqrt(np.mean(noise**2))), 1e-9)
    return np.asarray(sound + noise, np.float32)


def faster(sound: Sound, factor: float) -> Sound:
    """Return the sound played faster: shorter, higher, with other formants: the nearest thing to another speaker."""
    at = np.arange(int(len(sound) / factor)) * factor
    return np.asarray(np.interp(at, np.arange(len(sound)), sound), np.float32)


def tilted(sound: Sound, amount: float) -> Sound:
    """Return the sound through a line that favours low (negative) or high frequencies."""
    return np.asarray(np.append(sound[:1], sound[1:] + amount * sound[:-1]) / (1 + abs(amount)), np.float32)


def lossy(sound: Sound, share: float, random: Random) -> Sound:
    """Return the sound with so many of its packets of 20 ms lost."""
    found = sound.copy()
    for begin in np.flatnonzero(random.random(len(sound) // 160) < share) * 160:
        found[begin : begin + 160] = 0
    return found


def level(sound: Sound, peak_db: float) -> Sound:
    """Return the sound with this peak."""
    return (sound * (10 ** (peak_db / 20) / max(float(np.abs(sound).max()), 1e-6))).astype(np.float32)


def tone(hz: float, seconds: float) -> Sound:
    """Return a sine."""
    return (0.2 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def silence(seconds: float) -> Sound:
    """Return nothing."""
    return np.zeros(int(seconds * RATE), np.float32)


def _int16(sound: Sound) -> NDArray[np.int16]:
    return (np.clip(sound, -1, 1) * 32767).astype(np.int16)


def _a_law(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """There and back, by formula."""
    x = np.abs(samples.astype(np.float64)) / 32768
    a, low = 87.6, 1 / 87.6
    pressed = np.where(x < low, a * x, 1 + np.log(np.maximum(a * x, 1e-9))) / (1 + np.log(a))
    steps = np.round(pressed * 127) / 127
    scaled = steps * (1 + np.log(a))
    back = np.where(scaled < 1, scaled / a, np.exp(scaled - 1) / a)
    return np.asarray(np.sign(samples) * back * 32768, np.float32)


def _av(encoder: str, decoder: str, samples: NDArray[np.int16], bit_rate: int) -> NDArray[np.int16]:
    import av
    import soxr

    coder: Any = av.CodecContext.create(encoder, "w")
    coder.sample_rate, coder.layout, coder.format, coder.bit_rate = RATE, "mono", "s16", bit_rate
    coder.time_base = Fraction(1, RATE)
    coder.open()
    size = coder.frame_size or 160
    reader: Any = av.CodecContext.create(decoder, "r")
    reader.sample_rate, reader.layout = RATE, "mono"
    if encoder == "libopus":
        reader.sample_rate = 48_000
        reader.extradata = coder.extradata
    padded = np.pad(samples, (0, -len(samples) % size + size))
    found, rate = [], RATE
    for begin in range(0, len(padded), size):
        frame = av.AudioFrame.from_ndarray(padded[None, begin : begin + size], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, begin, Fraction(1, RATE)
        for packet in coder.encode(frame):
            for out in reader.decode(packet):
                block, rate = out.to_ndarray()[0], out.sample_rate
                found.append(block.astype(np.float64) / (32768 if block.dtype == np.int16 else 1))
    sound = np.concatenate(found)
    if rate != RATE:
        sound = soxr.resample(sound, rate, RATE)
    return _int16(sound[: len(samples)].astype(np.float32))


@cache
def _library(name: str) -> ctypes.CDLL:
    return ctypes.CDLL(name)


def _gsm(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    library = _library("libgsm.so.1")
    library.gsm_create.restype = ctypes.c_void_p
    coder, reader = ctypes.c_void_p(library.gsm_create()), ctypes.c_void_p(library.gsm_create())
    padded = np.ascontiguousarray(np.pad(samples, (0, -len(samples) % 160)))
    found = np.zeros_like(padded)
    packet = (ctypes.c_ubyte * 33)()
    for begin in range(0, len(padded), 160):
        block = np.ascontiguousarray(padded[begin : begin + 160])
        out = np.zeros(160, np.int16)
        library.gsm_encode(coder, block.ctypes.data_as(ctypes.c_void_p), packet)
        library.gsm_decode(reader, packet, out.ctypes.data_as(ctypes.c_void_p))
        found[begin : begin + 160] = out
    library.gsm_destroy(coder)
    library.gsm_destroy(reader)
    return found[: len(samples)]


def _g729(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    library = _library("libbcg729.so.0")
    library.initBcg729EncoderChannel.restype = library.initBcg729DecoderChannel.restype = ctypes.c_void_p
    coder = ctypes.c_void_p(library.initBcg729EncoderChannel(ctypes.c_uint8(0)))
    reader = ctypes.c_void_p(library.initBcg729DecoderChannel())
    padded = np.pad(samples, (0, -len(samples) % 80))
    found = np.zeros_like(padded)
    packet, length = (ctypes.c_uint8 * 10)(), ctypes.c_uint8(0)
    none = ctypes.c_uint8(0)
    for begin in range(0, len(padded), 80):
        block = np.ascontiguousarray(padded[begin : begin + 80])
        out = np.zeros(80, np.int16)
        library.bcg729Encoder(coder, block.ctypes.data_as(ctypes.c_void_p), packet, ctypes.byref(length))
        library.bcg729Decoder(reader, packet, length, none, none, none, out.ctypes.data_as(ctypes.c_void_p))
        found[begin : begin + 80] = out
    library.closeBcg729EncoderChannel(coder)
    library.closeBcg729DecoderChannel(reader)
    return found[: len(samples)]
