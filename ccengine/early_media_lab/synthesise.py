"""Speaks the sentences: each once for each voice, kept as 8 kHz sound with the phones and where each of them ends.

Needs the packages of the extra [tts] and the npm package with the voices (prompts/voice.py). What is made stays on the
build machine. What does not live here: the sentences (texts.py), what codecs and noise do to them (telephone.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ccengine.early_media_lab import texts
from ccengine.prompts import english, mandarin
from ccengine.prompts.voice import RATE as VOICE_RATE
from ccengine.prompts.voice import Voice

RATE = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence in one voice. `half`: zh or en; `unseen`: a wording that only the test set holds."""

    kind: str
    half: str
    text: str
    voice: str
    unseen: bool
    test: bool

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.voice}-{hashlib.sha256(self.text.encode()).hexdigest()[:12]}"


def sentences() -> list[Sentence]:
    """Return all sentences of both sets, Mandarin first, building and test voices in turn."""
    found: list[Sentence] = []
    for half in ("zh", "en"):
        building = texts.BUILDING_VOICES if half == "zh" else texts.BUILDING_ENGLISH
        testing = texts.TEST_VOICES if half == "zh" else texts.TEST_ENGLISH
        for turn, voice in enumerate(building):
            found += _of_voice(voice, half, test=False)
            if turn < len(testing):
                found += _of_voice(testing[turn], half, test=True)
    return found


def _of_voice(voice: str, half: str, *, test: bool) -> Iterator[Sentence]:
    for unseen, table in ((False, texts.SEEN), (True, texts.UNSEEN)):
        if unseen and not test:
            continue
        for kind, (chinese, foreign) in table.items():
            for text in chinese if half == "zh" else foreign:
                yield Sentence(kind=kind, half=half, text=text, voice=voice, unseen=unseen, test=test)


def synthesise(folder: Path, voices: Path, say: Callable[[str], None]) -> int:
    """Speak what is not in `folder` yet; return how many sentences were made. Raises VoiceMissing, ValueError."""
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [one for one in sentences() if not (folder / f"{one.name}.npz").exists()]
    voice = Voice(voices) if waiting else None
    for number, one in enumerate(waiting, 1):
        assert voice is not None
        if (folder / f"{one.name}.npz").exists():  # another process made it meanwhile
            continue
        phones = phones_of(one.text, one.half)
        sound, lengths = voice.say(phones, one.voice, 1.0)
        _keep(folder / f"{one.name}.npz", sound, phones, lengths)
        say(f"{number}/{len(waiting)} {one.voice} {one.text}")
    return len(waiting)


def phones_of(text: str, half: str) -> str:
    """Return the voice's phonemes of a sentence. Raises ValueError for what it cannot read."""
    return mandarin.phonemes(text, texts.READ_AS) if half == "zh" else english.phonemes(text, texts.SAID_AS)


def _keep(path: Path, sound: np.ndarray, phones: str, lengths: list[int]) -> None:
    import soxr

    narrow = soxr.resample(sound, VOICE_RATE, RATE)
    peak = max(float(np.abs(narrow).max()), 1e-6)
    ends = np.cumsum(lengths) * RATE // VOICE_RATE
    temporary = path.with_suffix(".tmp.npz")
    np.savez_compressed(
        temporary, sound=(narrow / peak * 29000).astype(np.int16), phones=np.array(phones), ends=ends.astype(np.int32)
    )
    temporary.replace(path)
