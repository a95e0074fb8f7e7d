"""Music on hold: forty seconds of our own, made of sines, that loop without a seam.

Plucked notes over soft chords (four chords, twice round with another melody), nobody's melody and nobody's recording.
"""

from __future__ import annotations

import numpy as np

from ccengine.prompts.sound import Samples

PATH = "moh/ccengine"
KEY = "music-1"
_BEAT_SECONDS = 0.625
_BEATS = 64
_CHORDS = ((48, 55, 64, 71), (45, 52, 60, 67), (41, 53, 60, 69), (43, 50, 59, 65))
_MELODY = "76 . 79 . 83 . 79 . 76 . 72 . 74 . . . 72 . 76 . 81 . 79 76 74 . 71 . 74 . . . "
_ANSWER = "79 . 76 . 74 . 76 . 72 . 69 . 72 . . . 69 . 72 . 77 . 76 72 71 . 74 . 72 . . . "


def loop(rate: int) -> Samples:
    """Return one turn of the music; what rings on at its end is laid over its beginning."""
    found = np.zeros(int(_BEATS * _BEAT_SECONDS * rate))
    for bar in range(_BEATS // 4):
        chord = _CHORDS[bar // 2 % 4]
        _lay(found, _pad(chord, rate), bar * 4 * _BEAT_SECONDS, rate)
        for step, note in enumerate((0, 2, 1, 3, 2, 1, 3, 2)):
            _lay(found, _pluck(chord[note] + 12, 0.35, rate), (bar * 4 + step / 2) * _BEAT_SECONDS, rate)
    for beat, name in enumerate((_MELODY + _ANSWER).split()):
        if name != ".":
            _lay(found, _pluck(int(name), 0.8, rate), beat * _BEAT_SECONDS, rate)
    return np.asarray(found / np.abs(found).max())


def _lay(found: Samples, note: Samples, at_seconds: float, rate: int) -> None:
    places = (int(at_seconds * rate) + np.arange(len(note))) % len(found)
    found[places] += note


def _hz(note: int) -> float:
    return float(440.0 * 2 ** ((note - 69) / 12))


def _pluck(note: int, strength: float, rate: int) -> Samples:
    at = np.arange(int(2.2 * rate)) / rate
    partials = sum(np.sin(2 * np.pi * _hz(note) * k * at) * np.exp(-at * (1.6 + k)) / k**1.7 for k in (1, 2, 3, 4))
    return np.asarray(partials * strength * np.minimum(at / 0.006, 1.0) * np.minimum((at[-1] - at) / 0.2, 1.0))


def _pad(chord: tuple[int, ...], rate: int) -> Samples:
    length = 4 * _BEAT_SECONDS + 0.8
    at = np.arange(int(length * rate)) / rate
    voices = sum(np.sin(2 * np.pi * _hz(n) * at + 0.3 * np.sin(2 * np.pi * 0.8 * at)) for n in chord)
    return np.asarray(voices * 0.09 * np.minimum(at / 0.8, 1.0) * np.minimum((length - at) / 0.8, 1.0))
