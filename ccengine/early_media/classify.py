"""What a sound before the answer is: one of values.Heard, with what speaks for it. "Do not know" is an answer.

What does not live here: what follows for the call (hotline/dial_result.py), files (engine/early_media.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccengine.early_media.evidence import Evidence, evidence_of
from ccengine.early_media.model import Model
from ccengine.early_media.sound import HOP, RATE, SILENT_DB, frames_of
from ccengine.values import Heard

#: Less sound than this says nothing.
_LEAST_SECONDS = 0.3
#: So much sound beside a tone may be an announcement after it.
_BESIDE_SECONDS = 0.8
#: Words that fit worse than this were not said, whatever else speaks for their kind.
_LEAST_FIT = -1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was heard. `score`: how sure, 0 to 1; `phrase`: the words that fit best; `guess`: the likeliest kind where
    it is not sure enough to be told; `tone`: a tone that is in it; `sound_seconds`: what is not silence."""

    heard: Heard
    score: float
    phrase: str = ""
    guess: str = ""
    tone: str = ""
    seconds: float = 0.0
    sound_seconds: float = 0.0


def classify(samples: NDArray[np.int16], model: Model) -> Finding:
    """Return what a sound is, by what was learnt; `samples`: 8 kHz, one side."""
    frames = frames_of(samples)
    sounding = frames.level_db > SILENT_DB
    seconds, sound_seconds = len(samples) / RATE, float(sounding.sum()) * HOP / RATE
    if sound_seconds < _LEAST_SECONDS:
        return Finding(heard=Heard.NOTHING, score=1.0, seconds=seconds, sound_seconds=sound_seconds)
    evidence = evidence_of(model, samples)
    tone = evidence.tones.kind
    active = evidence.frames.level_db > max(SILENT_DB, float(evidence.frames.level_db.max()) - 30)
    beside = float((active & ~evidence.tones.frames).sum()) * HOP / RATE
    if tone is not None and beside < _BESIDE_SECONDS:
        return _finding(tone, 1.0, "", "", tone, seconds, sound_seconds)
    kind, score = model.kind_of(evidence.row)
    fit, phrase = _best_words(model, evidence, kind)
    sure = score >= model.bar and (fit >= _LEAST_FIT or kind == Heard.MUSIC) and kind != Heard.UNKNOWN
    if sure:
        return _finding(Heard(kind), score, phrase, "", tone, seconds, sound_seconds)
    if tone is not None:
        return _finding(tone, 0.5, "", kind, tone, seconds, sound_seconds)
    return _finding(Heard.UNKNOWN, score, phrase, kind, tone, seconds, sound_seconds)


def _best_words(model: Model, evidence: Evidence, kind: str) -> tuple[float, str]:
    fits = zip(model.texts, evidence.fits, strict=True)
    return max(((float(fit), words) for (known, words), fit in fits if known == kind), default=(0.0, ""))


def _finding(
    heard: Heard, score: float, phrase: str, guess: str, tone: Heard | None, seconds: float, sound_seconds: float
) -> Finding:
    return Finding(
        heard=heard,
        score=round(score, 3),
        phrase=phrase,
        guess=guess,
        tone=tone.value if tone else "",
        seconds=round(seconds, 2),
        sound_seconds=round(sound_seconds, 2),
    )
