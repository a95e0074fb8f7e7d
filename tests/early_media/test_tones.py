"""Tones of the network by frequency and cadence, also cut, noisy and detuned; what is no tone is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ccengine import assets
from ccengine.early_media.classify import classify
from ccengine.early_media.model import model_of
from ccengine.early_media.sound import RATE
from ccengine.values import Heard

Sound = NDArray[np.float64]
MODEL = model_of(assets.EARLY_MEDIA_MODEL.read_bytes())


def tone(hz: float, seconds: float) -> Sound:
    return np.asarray(0.2 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE))


def pause(seconds: float) -> Sound:
    return np.zeros(int(seconds * RATE))


def heard(*parts: Sound, noise: float = 0.0005) -> Heard:
    sound = np.concatenate(parts)
    sound = sound + np.random.default_rng(5).normal(0, noise, len(sound))
    return classify((np.clip(sound, -1, 1) * 32767).astype(np.int16), MODEL).heard


CASES = {
    "ring-back": (Heard.RINGING, [tone(450, 1), pause(4)] * 3),
    "one ring, then cut": (Heard.RINGING, [pause(0.2), tone(450, 1), pause(1.5)]),
    "cut in the first ring": (Heard.RINGING, [tone(450, 0.4), pause(4), tone(450, 1), pause(1)]),
    "busy": (Heard.BUSY_TONE, [tone(450, 0.35), pause(0.35)] * 8),
    "busy, detuned": (Heard.BUSY_TONE, [tone(425, 0.4), pause(0.4)] * 5),
    "congestion": (Heard.CONGESTION_TONE, [tone(450, 0.7), pause(0.7)] * 5),
    "sit": (Heard.SIT, [tone(950, 0.33), tone(1400, 0.33), tone(1800, 0.33), pause(2)]),
    "a fax answers": (Heard.FAX, [pause(1), tone(2100, 3), pause(0.1)]),
    "a fax calls": (Heard.FAX, [tone(1100, 0.5), pause(3)] * 3),
    "silence": (Heard.NOTHING, [pause(3)]),
    "one beep": (Heard.UNKNOWN, [pause(1), tone(1000, 0.5), pause(1)]),
}


@pytest.mark.parametrize("name", CASES)
def test_tones_by_their_cadence(name: str) -> None:
    expected, parts = CASES[name]
    assert heard(*parts) is expected


@pytest.mark.parametrize("name", ["ring-back", "busy", "congestion", "a fax answers"])
def test_tones_in_noise(name: str) -> None:
    expected, parts = CASES[name]
    assert heard(*parts, noise=0.02) is expected


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=6000), st.integers(0, 20))
def test_any_bytes_are_a_sound(noise: bytes, repeat: int) -> None:
    """Whatever a carrier sends, there is an answer and no error."""
    samples = np.frombuffer((noise * repeat)[: len(noise) * repeat // 2 * 2], dtype="<i2")
    found = classify(samples, MODEL)
    assert 0 <= found.score <= 1 and found.sound_seconds <= found.seconds + 0.1
