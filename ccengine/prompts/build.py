"""The builder: catalogue in, A-law and G.722 files and a lock file out. Only what changed is made again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from ccengine.prompts import english, lock, mandarin, music, sound
from ccengine.prompts.catalogue import Catalogue, Line, Tone
from ccengine.prompts.sound import Samples
from ccengine.prompts.voice import MODEL_SHA256, RATE, VOICES_SHA256, Voice

#: Raise it when the treatment of sound below changes: everything is then made again.
RECIPE = 3
LUFS = -18.0
MUSIC_LUFS = -24.0
_BETWEEN_SENTENCES_SECONDS = 0.3
_BREATH_SECONDS = 0.14
_LONE_SPEED = 0.78
_COMMA = re.compile(r", , ")
_SENTENCE = re.compile(r".+?(?:[。？！?!]|\.(?=\s|$)|$)")

Made = tuple[lock.Entry, bytes, bytes | None]


def build(folder: Path, catalogue: Catalogue, make_voice: Callable[[], Voice], report: Callable[[str], None]) -> int:
    """Make what is not yet there or has changed, remove what is no longer listed; return how many files were made.

    Raises:
        CatalogueError, ValueError: a text cannot be read; the message names it.
    """
    old = lock.read(folder)
    new: dict[str, lock.Entry] = {}
    studio = _Studio(catalogue, make_voice)
    made = 0
    for path, key, make in studio.works():
        entry = old.get(path)
        if entry is None or entry.key != key or not _stands(folder, path, entry):
            entry = lock.carry_heard(entry, _store(folder, path, make()))
            made += 1
            report(f"{path} {entry.seconds:.1f} s")
            if made % 50 == 0:
                lock.write(folder, old | new | {path: entry})
        new[path] = entry
    _remove_unlisted(folder, set(old) - set(new))
    lock.write(folder, new)
    return made


def _stands(folder: Path, path: str, entry: lock.Entry) -> bool:
    for name, expected in (("alaw", entry.alaw_sha256), ("g722", entry.g722_sha256)):
        file = folder / f"{path}.{name}"
        if expected is not None and not (file.is_file() and lock.sha256(file.read_bytes()) == expected):
            return False
    return True


def _store(folder: Path, path: str, made: Made) -> lock.Entry:
    entry, narrow, wide = made
    for name, data in zip(lock.FORMATS, (narrow, wide), strict=True):
        file = folder / f"{path}.{name}"
        file.parent.mkdir(parents=True, exist_ok=True)
        if data is None:
            file.unlink(missing_ok=True)
        else:
            file.write_bytes(data)
    return entry


def _remove_unlisted(folder: Path, paths: set[str]) -> None:
    for path in paths:
        for name in lock.FORMATS:
            (folder / f"{path}.{name}").unlink(missing_ok=True)


class _Studio:
    """Turns lines, tones and the music into finished files."""

    def __init__(self, catalogue: Catalogue, make_voice: Callable[[], Voice]) -> None:
        self._catalogue = catalogue
        self._make_voice = make_voice
        self._voice: Voice | None = None
        self._done: dict[str, Samples] = {}

    def works(self) -> Iterator[tuple[str, str, Callable[[], Made]]]:
        """Yield path, key of everything that goes in, and how to make it."""
        for line in self._catalogue.lines:
            said = self._phonemes(line)
            key = _key("line", line.language, line.voice, str(line.speed), *said, MODEL_SHA256, VOICES_SHA256)
            yield line.path, key, partial(self._line, line, key, said)
        for tone in self._catalogue.tones:
            key = _key("tone", json.dumps(tone.hz), str(tone.seconds))
            yield tone.path, key, partial(_tone, tone, key)
        yield music.PATH, music.KEY, _music

    def _phonemes(self, line: Line) -> list[str]:
        texts = [part.strip() for part in _SENTENCE.findall(line.text)]
        try:
            if line.language == "zh":
                return [mandarin.phonemes(part, self._catalogue.readings) for part in texts]
            return [english.phonemes(part, self._catalogue.english) for part in texts]
        except ValueError as error:
            raise ValueError(f"{line.path}: {error}") from error

    def _line(self, line: Line, key: str, said: list[str]) -> Made:
        spoken = self._done.get(key)
        if spoken is None:
            if self._voice is None:
                self._voice = self._make_voice()
            spoken = self._done[key] = self._speak(self._voice, line, said)
        reading = mandarin.reading(line.text, self._catalogue.readings) if line.language == "zh" else " ".join(said)
        demo = line.path.startswith("demo/")
        return _finish(spoken, key=key, line=line, reading=reading, lufs=LUFS, narrow_only=demo)

    def _speak(self, voice: Voice, line: Line, said: list[str]) -> Samples:
        if line.language == "zh" and len(line.text.strip("，。")) == 1:
            return sound.level(_lone_syllable(voice, line, said[0].strip(" ,.")), RATE, lufs=LUFS)
        short = len(said) == 1 and line.text[-1] in "，,"
        head, tail = (0.015, 0.03) if short else (0.04, 0.06)
        parts: list[Samples] = []
        for phonemes in said:
            parts += [sound.silence(_BETWEEN_SENTENCES_SECONDS, RATE)] if parts else []
            audio = _with_breaths(*voice.say(phonemes, line.voice, line.speed), phonemes)
            parts.append(sound.trim(audio, RATE, head_seconds=head, tail_seconds=tail))
        return sound.level(np.concatenate(parts), RATE, lufs=LUFS)


def _lone_syllable(voice: Voice, line: Line, syllable: str) -> Samples:
    """A syllable by itself comes out garbled: say it in a sentence and cut it out at the gaps around it."""
    phonemes = mandarin.phonemes("请您再按，", {}) + f" {syllable}" + mandarin.phonemes("，谢谢。", {})
    audio, lengths = voice.say(phonemes, line.voice, _LONE_SPEED)
    gaps = _gaps(audio, lengths, phonemes)
    return sound.trim(audio[gaps[0] : gaps[1]], RATE, head_seconds=0.015, tail_seconds=0.03)


def _with_breaths(audio: Samples, lengths: list[int], phonemes: str) -> Samples:
    """Widen the gaps at the commas to the length a caller can follow."""
    parts, last = [], 0
    for at in _gaps(audio, lengths, phonemes.rstrip(" ,.")):
        parts += [sound.fade(audio[last:at], RATE, seconds=0.004), sound.silence(_BREATH_SECONDS, RATE)]
        last = at
    return np.concatenate([*parts, audio[last:]])


def _gaps(audio: Samples, lengths: list[int], phonemes: str) -> list[int]:
    """Return the quietest place (a sample) at each double comma, by the model's own durations."""
    found, size = [], RATE // 100
    for comma in _COMMA.finditer(phonemes):
        begin = sum(lengths[: 1 + comma.start()]) - 2 * size
        end = sum(lengths[: 1 + comma.end()]) + 2 * size
        levels = [float(np.abs(audio[at : at + size]).mean()) for at in range(begin, end, size // 2)]
        found.append(begin + int(np.argmin(levels)) * (size // 2) + size // 2)
    return found


def _key(*inputs: str) -> str:
    return hashlib.sha256(json.dumps([RECIPE, LUFS, *inputs]).encode()).hexdigest()[:32]


def _tone(tone: Tone, key: str) -> Made:
    return _finish(sound.tone(tone.hz, tone.seconds, RATE), key=key, reading=f"tone {list(tone.hz)}")


def _music() -> Made:
    return _finish(sound.level(music.loop(RATE), RATE, lufs=MUSIC_LUFS), key=music.KEY, reading="music")


def _finish(
    made: Samples,
    *,
    key: str,
    reading: str,
    line: Line | None = None,
    lufs: float | None = None,
    narrow_only: bool = False,
) -> Made:
    """Encode; speech (it has a loudness to keep) is made brighter for the narrow line."""
    bright = sound.resample(made if lufs is None else sound.presence(made, RATE), RATE, 8_000)
    narrow = sound.encode_alaw(bright if lufs is None else sound.level(bright, 8_000, lufs=lufs))
    wide = None if narrow_only else sound.encode_g722(sound.resample(made, RATE, 16_000))
    entry = lock.Entry(
        key=key,
        text=line.text if line else "",
        language=line.language if line else "",
        voice=line.voice if line else "",
        reading=reading,
        seconds=round(len(made) / RATE, 3),
        lufs=round(sound.loudness_lufs(made, RATE), 1),
        alaw_sha256=lock.sha256(narrow),
        g722_sha256=None if wide is None else lock.sha256(wide),
    )
    return entry, narrow, wide
