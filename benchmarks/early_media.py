"""How well what is heard before an answer is recognised: the confusion matrix, and its cost for each call.

With the spoken sentences of both sets (`ccengine early-media synthesise`, extra [tts]) the whole test set is made and
judged; without them the sample of it that the tests hold. What does not live here: the sets (ccengine/early_media_lab).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from figures import Figure, at_most

from ccengine import assets
from ccengine.early_media.classify import classify
from ccengine.early_media.model import model_of
from ccengine.early_media_lab import confusion, music
from ccengine.early_media_lab.clips import Clip
from ccengine.prompts.sound import decode_alaw

FOLDER = Path(".run/early-media")
MUSIC = Path(".run/asterisk-root/usr/share/asterisk/moh")
SAMPLE = Path("tests/early_media/clips")
COUNT = 30


async def measure() -> list[Figure]:
    """Judge, print the matrix, return the figures."""
    whole = FOLDER.is_dir() and MUSIC.is_dir() and importlib.util.find_spec("av") is not None
    model = model_of(assets.EARLY_MEDIA_MODEL.read_bytes())
    classify(np.zeros(16_000, np.int16) + 9, model)  # what is made once is not counted for the first call
    made = confusion.test_clips(FOLDER, music.tracks(MUSIC, test=True), count=COUNT, seed=23) if whole else _sample()
    report = confusion.judge(made, model)
    print("\n".join(confusion.lines_of(report)))
    note = "whole test set" if whole else "the tests' sample; for the whole set: ccengine early-media synthesise"
    return [
        Figure(name="announcements recognised", value=100 * report.recognised, unit="%", note=note),
        at_most("decisions that are wrong", 100 * report.wrong_share, "%", 2.0, note=note),
        at_most("CPU for each call", 1000 * report.cpu_seconds / report.clips, "ms", 200, note=note),
    ]


def _sample() -> Iterator[Clip]:
    for path in sorted(SAMPLE.glob("*.alaw")):
        truth, _, voice, codec = path.stem.split("-")
        sound = decode_alaw(path.read_bytes()).astype(np.float32)
        yield Clip(truth=truth, sound=sound, codec=codec, noise="", voice=voice, unseen=False, lead_in="")
