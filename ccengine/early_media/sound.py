"""Sound as numbers: 8 kHz samples to frames of energy and log-mel bands, one every 10 ms.

What does not live here: what they mean (tones.py, phones.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
RATE = 8000
HOP = 80
WINDOW = 200
_FFT = 256
BANDS = 24
_LOW_HZ, _HIGH_HZ = 120.0, 3700.0
#: What a full-scale sine has; everything is told relative to it.
_FULL_SCALE = 32768.0
#: Quieter than this is silence, whatever the rest of the call is like.
SILENT_DB = -62.0


@dataclass(frozen=True, slots=True)
class Frames:
    """A sound cut into frames of 10 ms. `power`: of each FFT bin (31.25 Hz); `level_db`: relative to full scale."""

    power: Floats
    level_db: Floats

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.level_db)


def frames_of(samples: NDArray[np.int16]) -> Frames:
    """Cut 8 kHz samples into frames; a rest shorter than a window is left out."""
    sound = samples.astype(np.float32) / _FULL_SCALE
    count = max(0, (len(sound) - WINDOW) // HOP + 1)
    if count == 0:
        return Frames(np.zeros((0, _FFT // 2 + 1), np.float32), np.zeros(0, np.float32))
    cut = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP][:count]
    cut = cut - cut.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(cut * _hann(), _FFT, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    level = 10 * np.log10(np.maximum((cut**2).mean(axis=1) * 2, 1e-10))
    return Frames(power, level.astype(np.float32))


def log_mel(frames: Frames) -> Floats:
    """Return the log energies of the mel bands of each frame."""
    bands: Floats = np.log(frames.power @ _filters() + 1e-8).astype(np.float32)
    return bands


@cache
def _hann() -> Floats:
    return np.hanning(WINDOW).astype(np.float32)


@cache
def _filters() -> Floats:
    """Triangles, evenly spaced in mel: bins x bands."""
    mel = np.linspace(_mel(_LOW_HZ), _mel(_HIGH_HZ), BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    bins = np.arange(_FFT // 2 + 1) * RATE / _FFT
    found = np.zeros((len(bins), BANDS), np.float32)
    for band in range(BANDS):
        low, middle, high = edges[band : band + 3]
        rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
        found[:, band] = np.maximum(0, np.minimum(rising, falling))
    return found


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))
