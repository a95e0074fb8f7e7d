"""What a sound before the answer is: one of values.Heard, with what speaks for it. "Do not know" is an answer.

What does not live here: what follows for the call (hotline/dial_result.py), files (engine/early_media.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccengine.early_media.sound import HOP, RATE, SILENT_DB, frames_of
from ccengine.early_media.tones import find_tones
from ccengine.values import Heard

#: Less sound than this says nothing.
_LEAST_SECONDS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was heard. `score`: how sure, 0 to 1; `phrase`: the announcement's words; `sound_seconds`: not silence."""

    heard: Heard
    score: float
    phrase: str = ""
    tone: str = ""
    seconds: float = 0.0
    sound_seconds: float = 0.0


def classify(samples: NDArray[np.int16]) -> Finding:
    """Return what a sound of 8 kHz is."""
    frames = frames_of(samples)
    sounding = frames.level_db > SILENT_DB
    seconds, sound_seconds = len(samples) / RATE, float(sounding.sum()) * HOP / RATE
    if sound_seconds < _LEAST_SECONDS:
        return Finding(heard=Heard.NOTHING, score=1.0, seconds=seconds, sound_seconds=sound_seconds)
    tones = find_tones(frames)
    tone = tones.kind.value if tones.kind else ""
    heard = tones.kind or Heard.UNKNOWN
    return Finding(
        heard=heard,
        score=1.0 if tones.kind else 0.0,
        tone=tone,
        seconds=round(seconds, 2),
        sound_seconds=round(sound_seconds, 2),
    )
