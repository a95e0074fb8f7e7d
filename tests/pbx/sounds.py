"""Tones: how test parties are told apart."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

RATE = 8000


def tone_share(sound: np.ndarray, hertz: float) -> float:
    """Return how much of `sound` is a tone of `hertz`: 0 … 1 of its energy (0 for silence)."""
    if len(sound) < 400 or float(np.abs(sound).max()) < 200:
        return 0.0
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / RATE)
    near = np.abs(frequencies - hertz) < 25
    return float(spectrum[near].sum() / spectrum[frequencies > 60].sum())


def tone_seconds(path: Path, hertz: float) -> float:
    """Return for how many seconds a tone of `hertz` sounds in a WAV file of one channel, in steps of 0.1 s."""
    sound = read_wav(path)
    step = RATE // 10
    return sum(tone_share(sound[at : at + step], hertz) > 0.6 for at in range(0, len(sound) - step + 1, step)) / 10


def read_wav(path: Path) -> np.ndarray:
    """Return the samples of a 16-bit WAV file of one channel."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)


def tone_file(folder: Path, hertz: int) -> Path:
    """Return ten seconds of a tone as an A-law file in `folder`, made once: what SIPp plays."""
    path = folder / f"tone{hertz}.alaw"
    if not path.exists():
        when = np.arange(RATE * 10) / RATE
        path.write_bytes(alaw((8000 * np.sin(2 * np.pi * hertz * when)).astype(np.int16)))
    return path


def alaw(samples: np.ndarray) -> bytes:
    """Return G.711 A-law of 16-bit samples."""
    value = samples.astype(np.int32) >> 3
    sign = np.where(value >= 0, 0xD5, 0x55)
    value = np.where(value < 0, -value - 1, value)
    exponent = np.clip(np.floor(np.log2(np.maximum(value, 1))).astype(int) - 4, 0, 7)
    segment = np.where(value < 32, 0, exponent)
    mantissa = np.where(segment < 2, value >> 1, value >> segment) & 0x0F
    return bytes(((segment << 4 | mantissa) ^ sign).astype(np.uint8))
