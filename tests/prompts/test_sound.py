"""Levels, limits and coding, measured on made sounds."""

from __future__ import annotations

import numpy as np
import pytest

from ccengine.prompts import music, sound

RATE = 24_000


def sine(hz: float, seconds: float, level: float = 0.5, rate: int = RATE) -> sound.Samples:
    return level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)


def test_alaw_of_every_code_survives_a_round_trip() -> None:
    codes = bytes(range(256))
    assert sound.encode_alaw(sound.decode_alaw(codes)) == codes


def test_alaw_of_a_sine_is_near_the_sine() -> None:
    wave = sine(400, 1.0, rate=8000)
    noise = sound.decode_alaw(sound.encode_alaw(wave)) - wave
    assert 10 * np.log10((wave**2).mean() / (noise**2).mean()) > 35


def test_alaw_known_values_are_those_of_the_standard() -> None:
    assert sound.encode_alaw(np.zeros(2)) == b"\xd5\xd5"
    assert sound.encode_alaw(np.array([1.0, -1.0])) == b"\xaa\x2a"


def test_loudness_of_the_reference_tone_is_that_of_the_standard() -> None:
    """BS.1770: a 997 Hz sine of full scale in one channel reads -3.01 LUFS."""
    assert sound.loudness_lufs(sine(997, 3.0, 1.0, 48_000), 48_000) == pytest.approx(-3.01, abs=0.1)


def test_level_brings_quiet_and_loud_to_the_same() -> None:
    for level in (0.01, 0.1, 0.9):
        assert sound.loudness_lufs(sound.level(sine(500, 1.0, level), RATE, lufs=-18), RATE) == pytest.approx(
            -18, abs=0.2
        )


def test_level_of_silence_is_silence() -> None:
    assert not sound.level(sound.silence(0.5, RATE), RATE, lufs=-18).any()


def test_limit_keeps_every_peak_below_two_decibels() -> None:
    found = sound.limit(sine(200, 1.0, 3.0), RATE)
    assert np.abs(found).max() <= 10 ** (-2 / 20) + 1e-9


def test_trim_cuts_silence_and_keeps_the_speech() -> None:
    padded = np.concatenate([sound.silence(0.5, RATE), sine(300, 0.4), sound.silence(0.7, RATE)])
    found = sound.trim(padded, RATE, head_seconds=0.04, tail_seconds=0.06)
    assert len(found) / RATE == pytest.approx(0.5, abs=0.02)
    assert found[0] == 0.0


def test_trim_of_silence_changes_nothing() -> None:
    assert len(sound.trim(sound.silence(0.2, RATE), RATE, head_seconds=0.04, tail_seconds=0.06)) == int(0.2 * RATE)


def test_presence_lifts_consonants_over_vowels() -> None:
    high, low = sound.presence(sine(3000, 1.0), RATE), sound.presence(sine(400, 1.0), RATE)
    assert np.abs(high).max() / np.abs(low).max() > 2


def test_tone_of_no_frequency_is_silence() -> None:
    assert not sound.tone((), 0.2, RATE).any()
    assert np.abs(sound.tone((440.0, 660.0), 0.2, RATE)).max() <= 0.25


def test_music_loops_without_a_seam() -> None:
    played = music.loop(8_000)
    steps = np.abs(np.diff(played))
    assert len(played) == 40 * 8_000
    assert abs(played[0] - played[-1]) <= steps.max()
    assert np.abs(played).max() == pytest.approx(1.0)
