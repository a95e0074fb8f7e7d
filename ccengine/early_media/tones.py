"""Call progress tones by frequency and cadence (China: GB/T 3380, 450 Hz), SIT, fax. Pure.

What does not live here: music and speech (classify.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ccengine.early_media.sound import HOP, RATE, Floats, Frames
from ccengine.values import Heard

_BIN_HZ = RATE / 256
_FRAME_SECONDS = HOP / RATE
#: A frame is a tone when its strongest bins hold so much of its energy.
_PURE = 0.8
_QUIET_DB = -45.0
#: Runs closer than this are one: a codec's hiccup, a lost packet.
_GAP_SECONDS = 0.08
_LEAST_SECONDS = 0.15
_SIT_HZ = (950.0, 1400.0, 1800.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A stretch of one tone, in seconds from the beginning."""

    begin: float
    end: float
    hz: float

    @property
    def length(self) -> float:
        """How long it lasted."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Tones:
    """What tones a sound holds: the kind they make (None: none that is known), and which frames are tone."""

    kind: Heard | None
    bursts: tuple[Burst, ...]
    frames: NDArray[np.bool_]


def find_tones(frames: Frames) -> Tones:
    """Return the tones of a sound."""
    hz, pure = _strongest(frames)
    tonal = pure & (frames.level_db > _QUIET_DB)
    bursts = tuple(one for one in _bursts(tonal, hz) if one.length >= _LEAST_SECONDS)
    marked = np.zeros(frames.count, dtype=bool)
    for one in bursts:
        marked[int(one.begin / _FRAME_SECONDS) : int(one.end / _FRAME_SECONDS) + 1] = True
    return Tones(kind=_kind(bursts, frames.count * _FRAME_SECONDS), bursts=bursts, frames=marked)


def _strongest(frames: Frames) -> tuple[Floats, NDArray[np.bool_]]:
    """Return each frame's main frequency, and whether five bins around it hold nearly all of its energy."""
    power = frames.power[:, 4:]  # below 125 Hz: hum
    if not len(power):
        return np.zeros(0, np.float32), np.zeros(0, dtype=bool)
    at = power.argmax(axis=1)
    summed = np.pad(np.cumsum(power, axis=1), ((0, 0), (1, 0)))
    low, high = np.maximum(at - 2, 0), np.minimum(at + 3, power.shape[1])
    rows = np.arange(len(power))
    inside = summed[rows, high] - summed[rows, low]
    bins = np.arange(-2, 3)
    around = np.clip(at[:, None] + bins, 0, power.shape[1] - 1)
    near = np.take_along_axis(power, around, axis=1)
    centre = (near * (around + 4)).sum(axis=1) / np.maximum(near.sum(axis=1), 1e-12)
    return (centre * _BIN_HZ).astype(np.float32), inside > _PURE * np.maximum(summed[:, -1], 1e-12)


def _bursts(tonal: NDArray[np.bool_], hz: Floats) -> list[Burst]:
    """Join neighbouring frames of about the same frequency."""
    found: list[Burst] = []
    for at in np.flatnonzero(tonal):
        begin, end, here = at * _FRAME_SECONDS, (at + 1) * _FRAME_SECONDS, float(hz[at])
        last = found[-1] if found else None
        if last is not None and begin - last.end <= _GAP_SECONDS and abs(last.hz - here) <= 40:
            mixed = last.hz + (here - last.hz) * 0.1
            found[-1] = Burst(begin=last.begin, end=end, hz=mixed)
        else:
            found.append(Burst(begin=begin, end=end, hz=here))
    return found


def _kind(bursts: Sequence[Burst], seconds: float) -> Heard | None:
    if _is_sit(bursts):
        return Heard.SIT
    if _fax(bursts):
        return Heard.FAX
    steady = [one for one in bursts if 400 <= one.hz <= 500]
    return _cadence(steady, seconds)


def _is_sit(bursts: Sequence[Burst]) -> bool:
    for first, second, third in zip(bursts, bursts[1:], bursts[2:], strict=False):
        near = all(abs(one.hz - hz) < 60 for one, hz in zip((first, second, third), _SIT_HZ, strict=True))
        if near and third.end - first.begin < 2.0:
            return True
    return False


def _fax(bursts: Sequence[Burst]) -> bool:
    answered = any(abs(one.hz - 2100) < 40 and one.length > 1.0 for one in bursts)
    calling = sum(abs(one.hz - 1100) < 40 and 0.35 < one.length < 0.75 for one in bursts)
    return answered or calling >= 2


def _cadence(bursts: Sequence[Burst], seconds: float) -> Heard | None:
    """Judge 450 Hz by the lengths of its bursts and pauses; the first and the last burst may be cut."""
    if not bursts:
        return None
    pauses = [after.begin - before.end for before, after in pairwise(bursts)]
    whole = [one.length for one in bursts if one.begin > 0.05 and one.end < seconds - 0.05]
    if len(pauses) >= 3 and _mostly(pauses, 0.2, 0.5) and _mostly(whole, 0.2, 0.5):
        return Heard.BUSY_TONE
    if len(pauses) >= 2 and _mostly(pauses, 0.55, 0.9) and _mostly(whole, 0.55, 0.9):
        return Heard.CONGESTION_TONE
    lasting = max(one.length for one in bursts)
    if any(2.0 <= one <= 5.0 for one in pauses) and 0.3 <= lasting <= 2.3:
        return Heard.RINGING
    if len(bursts) == 1 and 0.7 <= lasting <= 2.3:
        return Heard.RINGING
    return None


def _mostly(lengths: Sequence[float], low: float, high: float) -> bool:
    return bool(lengths) and sum(low <= one <= high for one in lengths) >= 0.75 * len(lengths)
