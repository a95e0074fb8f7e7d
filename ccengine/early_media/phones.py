"""Which phone sounds in each 20 ms: a small network over log-mel bands, run with numpy. Pure.

What does not live here: its weights (model.npz, made by `ccengine early-media train`), what is looked for in its
answers (phrases.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccengine.early_media.sound import BANDS, Floats, Frames, log_mel

#: One answer for so many frames of 10 ms.
STEP = 2
_AROUND = np.arange(-12, 13, 2)
#: Means are taken over so many frames to each side, where there is something to hear.
_MEAN_FRAMES = 150
_ACTIVE_DB = 32.0
_SCALE = 2.5
INPUTS = len(_AROUND) * BANDS

#: Sounds of the voice that are one to us: what two languages write differently, and what a telephone cannot tell apart.
_SAME = {
    "ᵊ": "ə", "ɐ": "ə", "ʌ": "ə", "ɜ": "ə", "ᵻ": "ɪ", "ɚ": "ɹ", "ɻ": "ɹ", "ɑ": "a", "ɾ": "t", "ɡ": "k", "θ": "s",
    "ð": "d", "ɥ": "y", "ʤ": "ʨ", "ʧ": "ʨ", "ɕ": "ʂ", "h": "x", "ꭧ": "ʦ", "b": "p", "v": "f", "g": "k", "ʃ": "ʂ",
    "ʒ": "z", "ɤ": "ə",
}  # fmt: skip
#: No sound, but says how the one before it is said.
_MARKS = frozenset("↓↘→↗ˈˌː")
_PAUSES = frozenset(" ,.?!;:—")
PAUSE = "_"


def phone_of(sign: str) -> str:
    """Return the phone of a sign of the voice's alphabet: PAUSE for silence, "" for a mark."""
    if sign in _MARKS:
        return ""
    return PAUSE if sign in _PAUSES else _SAME.get(sign, sign)


def phones_of(signs: str) -> tuple[str, ...]:
    """Return the phones of a text in the voice's alphabet, without pauses."""
    return tuple(one for sign in signs if (one := phone_of(sign)) not in ("", PAUSE))


@dataclass(frozen=True, slots=True)
class Network:
    """Two hidden layers. `phones`: what its outputs stand for."""

    phones: tuple[str, ...]
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    def log_likely(self, inputs: Floats) -> Floats:
        """Return the log probability of each phone for each row of inputs."""
        here = inputs
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            here = np.maximum(here @ weight + bias, 0)
        out = here @ self.weights[-1] + self.biases[-1]
        out -= out.max(axis=1, keepdims=True)
        found: Floats = out - np.log(np.exp(out).sum(axis=1, keepdims=True))
        return found


def inputs_of(frames: Frames, tonal: NDArray[np.bool_]) -> Floats:
    """Return what the network looks at, one row for each step; tones do not count for the line's own colour."""
    if frames.count == 0:
        return np.zeros((0, INPUTS), np.float32)
    bands = log_mel(frames)
    active = (frames.level_db > frames.level_db.max() - _ACTIVE_DB) & ~tonal
    bands = (bands - _means(bands, active)) / _SCALE
    centres = np.arange(0, frames.count, STEP)
    at = np.clip(centres[:, None] + _AROUND, 0, frames.count - 1)
    return np.ascontiguousarray(bands[at].reshape(len(centres), -1), dtype=np.float32)


def _means(bands: Floats, active: NDArray[np.bool_]) -> Floats:
    """The mean of what can be heard around each frame; over everything where little can be heard around it."""
    weight = active.astype(np.float64)
    if weight.sum() < 10:
        weight[:] = 1.0
    summed = np.cumsum(np.vstack([np.zeros((1, BANDS)), bands * weight[:, None]]), axis=0)
    counted = np.cumsum(np.concatenate([[0.0], weight]))
    low = np.clip(np.arange(len(bands)) - _MEAN_FRAMES, 0, None)
    high = np.clip(np.arange(len(bands)) + _MEAN_FRAMES + 1, None, len(bands))
    total, count = summed[high] - summed[low], (counted[high] - counted[low])[:, None]
    whole = summed[-1] / counted[-1]
    found: Floats = ((total + 20 * whole) / (count + 20)).astype(np.float32)
    return found
