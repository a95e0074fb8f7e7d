"""Music for both sets: Asterisk's own music on hold (Debian: asterisk-moh-opsound-gsm, CC BY-SA) and ours."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from ccengine.assets import PROMPTS
from ccengine.early_media_lab.telephone import RATE, Sound
from ccengine.prompts.sound import decode_alaw

BUILDING = ("macroform-cold_day.gsm", "macroform-robot_dity.gsm")
TEST = ("macroform-the_simplicity.gsm", "manolo_camp-morning_coffee.gsm", "reno_project-system.gsm")


def tracks(folder: Path, *, test: bool) -> list[Sound]:
    """Return a set's music. Raises FileNotFoundError where Asterisk's music is not installed."""
    found = [_gsm(folder / name) for name in (TEST if test else BUILDING)]
    if not test:
        found.append(decode_alaw((PROMPTS / "moh" / "ccengine.alaw").read_bytes()).astype(np.float32))
        found += [played(seed) for seed in range(12)]
    return found


def played(seed: int) -> Sound:
    """Half a minute of made-up music: chords, a melody with some timbre, a bass, a beat."""
    random = np.random.default_rng(seed)
    beat = random.uniform(0.28, 0.7)
    scale = np.array([0, 2, 4, 7, 9, 12, 14, 16]) + random.integers(48, 66)
    fall, partials = random.uniform(0.5, 6), int(random.integers(1, 7))
    found = np.zeros(30 * RATE)
    for at in np.arange(0, 29, beat):
        notes = [(int(random.choice(scale)) + 12, 0.8)] if random.random() < 0.8 else []
        notes += [(int(note) - 12, 0.4) for note in random.choice(scale, 3)] if random.random() < 0.4 else []
        for note, strength in notes:
            _lay(found, _note(note, fall, partials, strength, beat * random.choice((0.9, 2.0, 3.5))), at)
        if seed % 2:
            click = random.normal(size=800) * np.exp(-np.arange(800) / random.uniform(40, 200)) * 0.7
            _lay(found, click, at)
    return np.asarray(found / np.abs(found).max(), np.float32)


def _note(note: int, fall: float, partials: int, strength: float, seconds: float) -> Any:
    at = np.arange(int(seconds * RATE)) / RATE
    hz = 440 * 2 ** ((note - 69) / 12)
    sound = sum(np.sin(2 * np.pi * hz * k * at) / k for k in range(1, partials + 1) if hz * k < 3800)
    return sound * strength * np.exp(-at * fall) * np.minimum(at / 0.01, 1) * np.minimum((at[-1] - at) / 0.02, 1)


def _lay(found: Any, sound: Any, at_seconds: float) -> None:
    begin = int(at_seconds * RATE)
    part = sound[: len(found) - begin]
    found[begin : begin + len(part)] += part


def _gsm(path: Path) -> Sound:
    library = ctypes.CDLL("libgsm.so.1")
    library.gsm_create.restype = ctypes.c_void_p
    reader = ctypes.c_void_p(library.gsm_create())
    data = path.read_bytes()
    found = np.zeros(len(data) // 33 * 160, np.int16)
    for number in range(len(data) // 33):
        out = np.zeros(160, np.int16)
        library.gsm_decode(reader, data[number * 33 : number * 33 + 33], out.ctypes.data_as(ctypes.c_void_p))
        found[number * 160 : number * 160 + 160] = out
    library.gsm_destroy(reader)
    return (found / 32768).astype(np.float32)
