"""What a sound offers for a decision: how well each kind's words fit, how much of it is speech, music, tone. Pure.

What does not live here: the decision (classify.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccengine.early_media.model import Model
from ccengine.early_media.phones import STEP, inputs_of
from ccengine.early_media.phrases import NO_FIT, best_fits
from ccengine.early_media.sound import Floats, Frames, frames_of
from ccengine.early_media.tones import Tones, find_tones


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """`row`: the numbers that are weighed; `fits`: of each phrase, in the model's order."""

    row: Floats
    fits: Floats
    frames: Frames
    tones: Tones


def evidence_of(model: Model, samples: NDArray[np.int16]) -> Evidence:
    """Return what a sound of 8 kHz offers."""
    frames = frames_of(samples)
    tones = find_tones(frames)
    inputs = inputs_of(frames, tones.frames)
    likely = model.network.log_likely(inputs)
    fits, _ = best_fits(model.net, likely)
    row = np.concatenate([_by_kind(model, fits), _texture(frames, tones, likely)])
    return Evidence(row=row.astype(np.float32), fits=fits, frames=frames, tones=tones)


def _by_kind(model: Model, fits: Floats) -> Floats:
    """The best fit of each kind in each language: words of one kind are ways to say the same."""
    groups: dict[tuple[str, bool], float] = {}
    for (kind, words), fit in zip(model.texts, fits, strict=True):
        key = (kind, words.isascii())
        groups[key] = max(groups.get(key, NO_FIT), float(fit))
    return np.array([max(one, -4.0) for one in groups.values()], np.float32)


def _texture(frames: Frames, tones: Tones, likely: Floats) -> Floats:
    """How sure the network is, how much of the sound is neither pause nor speech, how often phones change."""
    if not len(likely):
        return np.zeros(10, np.float32)
    level = frames.level_db[::STEP][: len(likely)]
    active = (level > frames.level_db.max() - 32) & ~tones.frames[::STEP][: len(likely)]
    share = float(active.mean())
    if active.sum() < 5:
        return np.array([share, *[0.0] * 9], np.float32)
    heard = likely[active]
    sure = np.exp(heard.max(axis=1))
    other = np.exp(heard[:, 1])
    best = likely.argmax(axis=1)
    changes = float((best[1:] != best[:-1])[active[1:]].mean())
    loud = level[active]
    speech = [
        share,
        float(sure.mean()),
        float(other.mean()),
        float((other > 0.5).mean()),
        changes,
        float(loud.std()) / 10,
    ]
    return np.array(speech + _steadiness(frames, active), np.float32)


def _steadiness(frames: Frames, active: NDArray[np.bool_]) -> list[float]:
    """Notes last, syllables do not: how alike the spectrum is to itself 80 and 240 ms later, how sharp its peaks are,
    how much of it is deep."""
    power = frames.power[::STEP][: len(active)]
    shape = np.sqrt(power[:, 3:])
    shape /= np.maximum(np.linalg.norm(shape, axis=1, keepdims=True), 1e-9)
    alike = []
    for lag in (4, 12):
        both = active[lag:] & active[:-lag]
        alike.append(float((shape[lag:] * shape[:-lag]).sum(axis=1)[both].mean()) if both.any() else 0.0)
    some = power[active]
    crest = np.log10(np.maximum(some.max(axis=1), 1e-12) / np.maximum(some.mean(axis=1), 1e-12))
    deep = float(some[:, :10].sum() / max(float(some.sum()), 1e-12))
    return [*alike, float(crest.mean()), deep]
