"""Announcements spoken by voices, in wordings and over codecs that the model was not built with.

`clips/` is the beginning of a test set, as `ccengine early-media sample` makes it (nothing was chosen); the whole
set's confusion matrix is in docs/early-media.md and from `make bench ONLY=media`. Voices: Kokoro-82M (Apache-2.0).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ccengine import assets
from ccengine.early_media.classify import Finding, classify
from ccengine.early_media.model import model_of
from ccengine.early_media_lab.confusion import UNDECIDED
from ccengine.prompts.sound import decode_alaw
from ccengine.values import Heard

MODEL = model_of(assets.EARLY_MEDIA_MODEL.read_bytes())
CLIPS = sorted((Path(__file__).parent / "clips").glob("*.alaw"))


def _samples(path: Path) -> NDArray[np.int16]:
    return (decode_alaw(path.read_bytes()) * 32767).astype(np.int16)


@pytest.fixture(scope="module")
def found() -> dict[str, Finding]:
    return {path.stem: classify(_samples(path), MODEL) for path in CLIPS}


def test_no_clip_is_taken_for_another_announcement(found: dict[str, Finding]) -> None:
    wrong = {name: one for name, one in found.items() if one.heard not in (name.split("-")[0], *UNDECIDED)}
    assert wrong == {}


def test_most_announcements_are_recognised(found: dict[str, Finding]) -> None:
    """Some scores lie close to the bar, and machines round differently: the floor is below what was measured."""
    said = {name: one for name, one in found.items() if not name.startswith(("unknown", "music"))}
    right = [name for name, one in said.items() if one.heard == name.split("-")[0]]
    assert len(said) == 16 and len(right) >= 10, set(said) - set(right)


def test_finding_tells_the_words_and_its_doubt(found: dict[str, Finding]) -> None:
    sure = [one for name, one in found.items() if one.heard == name.split("-")[0] and one.heard in _KINDS]
    assert all(one.phrase and one.score >= MODEL.bar for one in sure)
    unsure = [one for name, one in found.items() if name.startswith("unknown")]
    assert all(one.heard in (Heard.UNKNOWN, Heard.NOTHING) for one in unsure)


def test_announcement_behind_ringing_and_cut_short_is_not_guessed() -> None:
    """The beginning that all announcements share decides nothing."""
    path = next(one for one in CLIPS if one.stem.startswith("vacant-0"))
    assert classify(_samples(path)[: int(0.9 * 8000)], MODEL).heard in (Heard.UNKNOWN, Heard.NOTHING)


def test_model_is_small_and_complete() -> None:
    assert {kind for kind, _ in MODEL.texts} >= {one.value for one in _KINDS}
    assert {one for one in MODEL.kinds} <= {one.value for one in Heard}
    written = MODEL.data()
    again = model_of(written)
    assert again.texts == MODEL.texts and again.bar == MODEL.bar
    assert len(written) < 400_000


_KINDS = (
    Heard.VACANT,
    Heard.SWITCHED_OFF,
    Heard.OUT_OF_SERVICE,
    Heard.UNREACHABLE,
    Heard.BUSY,
    Heard.NO_ANSWER,
    Heard.CHANGED,
    Heard.CONGESTION,
)
