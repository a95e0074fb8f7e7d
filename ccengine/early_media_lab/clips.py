"""Clips as a caller would hear them: lead-in, announcement in one or two languages, repeated, cut, noisy, coded.

Building and test set differ in voices, wordings, codecs, noise, music, lengths and levels. Everything follows from a
seed. What does not live here: voices (synthesise.py), the network's effects (telephone.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ccengine.assets import PROMPTS
from ccengine.early_media_lab import telephone as line
from ccengine.early_media_lab.synthesise import Sentence, sentences
from ccengine.early_media_lab.telephone import RATE, Random, Sound
from ccengine.prompts.sound import decode_alaw

#: Kinds that may be cut before the deciding word; of the others the deciding word comes first.
_MAY_BE_CUT = ("vacant", "switched_off", "out_of_service", "unreachable", "no_answer", "changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A sentence and its sound."""

    sentence: Sentence
    sound: Sound
    phones: str
    ends: NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a caller hears, what it is, and how it was made."""

    truth: str
    sound: Sound
    codec: str
    noise: str
    voice: str
    unseen: bool
    lead_in: str


@cache
def spoken(folder: Path, test: bool) -> tuple[Spoken, ...]:
    """Return one set's sentences with their sound; what was not synthesised is left out."""
    found = []
    for one in sentences():
        path = folder / f"{one.name}.npz"
        if one.test is test and path.exists():
            data = np.load(path)
            sound = (data["sound"] / 32768).astype(np.float32)
            found.append(Spoken(sentence=one, sound=sound, phones=str(data["phones"]), ends=data["ends"]))
    return tuple(found)


def clips(folder: Path, music: Sequence[Sound], *, test: bool, count: int, seed: int) -> Iterator[Clip]:
    """Make so many clips of each kind. `music`: what may stand for ring-back music."""
    random = np.random.default_rng(seed)
    known = spoken(folder, test)
    chinese = [one for one in known if one.sentence.half == "zh"]
    english = [one for one in known if one.sentence.half == "en"]
    kinds = [kind for kind in dict.fromkeys(one.sentence.kind for one in chinese) if kind != "other"]
    for kind in kinds:
        for _ in range(count):
            yield _announcement(kind, chinese, english, music, test, random)
    for _ in range(count):
        yield _made("music", _music(music, random, 4.0, 15.0), "", False, "", test, random)
        yield _other(chinese + english, test, random)
        yield _cut(chinese, test, random)
        yield _noise(test, random)


def _announcement(
    kind: str, chinese: Sequence[Spoken], english: Sequence[Spoken], music: Sequence[Sound], test: bool, random: Random
) -> Clip:
    one = _pick([x for x in chinese if x.sentence.kind == kind], random)
    said = [one.sound]
    others = [x for x in english if x.sentence.kind == kind]
    if others and random.random() < 0.6:
        said += [line.silence(random.uniform(0.1, 0.8)), _pick(others, random).sound]
    whole = np.concatenate(said)
    if random.random() < 0.5:  # heard twice, the second time cut off where the carrier hangs up
        again = whole[: int(len(whole) * random.uniform(0.1, 1.0))]
        whole = np.concatenate([whole, line.silence(random.uniform(0.3, 1.5)), again])
    if random.random() < 0.3:  # early media begins when the carrier has begun to speak: greeting lost
        whole = whole[int(random.uniform(0.05, 0.45) * RATE) :]
    lead, name = _lead_in(music, random)
    return _made(kind, np.concatenate([lead, whole]), one.sentence.voice, one.sentence.unseen, name, test, random)


def _lead_in(music: Sequence[Sound], random: Random) -> tuple[Sound, str]:
    drawn = random.random()
    if drawn < 0.45:
        return line.silence(random.uniform(0.0, 1.2)), ""
    if drawn < 0.75:
        ring = np.concatenate([line.tone(450, 1.0), line.silence(random.uniform(0.5, 4.0))])
        return np.tile(ring, random.integers(1, 3)), "ringing"
    bars = _music(music, random, 2.0, 8.0)
    return np.concatenate([bars, line.silence(random.uniform(0.1, 1.0))]), "music"


def _other(known: Sequence[Spoken], test: bool, random: Random) -> Clip:
    """Speech that is no announcement about the number: one to three sentences of it."""
    some = [x for x in known if x.sentence.kind == "other"]
    chosen = [_pick(some, random) for _ in range(random.integers(1, 4))]
    parts = [part for x in chosen for part in (x.sound, line.silence(random.uniform(0.2, 0.8)))]
    one = chosen[0].sentence
    return _made("unknown", np.concatenate(parts), one.voice, one.unseen, "speech", test, random)


def _cut(chinese: Sequence[Spoken], test: bool, random: Random) -> Clip:
    """An announcement that ends before the word that decides: nobody can know."""
    one = _pick([x for x in chinese if x.sentence.kind in _MAY_BE_CUT], random)
    part = one.sound[: int(len(one.sound) * random.uniform(0.2, 0.35))]
    return _made("unknown", part, one.sentence.voice, one.sentence.unseen, "cut", test, random)


def _noise(test: bool, random: Random) -> Clip:
    """Clicks and noise without anybody."""
    sound = line.silence(random.uniform(2, 8))
    sound[random.integers(0, len(sound), 5)] = 0.3
    sound += random.normal(0, random.uniform(0.003, 0.05), len(sound)).astype(np.float32)
    return _made("unknown", sound, "", False, "noise", test, random)


def _made(truth: str, sound: Sound, voice: str, unseen: bool, lead_in: str, test: bool, random: Random) -> Clip:
    """Send a sound over a line of this set."""
    if test:
        codec, noise = str(random.choice(line.TEST_CODECS)), str(random.choice(("", "brown", "babble", "white")))
        snr, peak = random.uniform(8, 25), random.uniform(-24, -3)
    else:
        codec, noise = str(random.choice(line.BUILDING_CODECS)), str(random.choice(("", "white", "pink", "hum")))
        snr, peak = random.uniform(5, 28), random.uniform(-26, -2)
        sound = line.tilted(line.faster(sound, random.uniform(0.85, 1.18)), random.uniform(-0.5, 0.5))
    sound = line.level(sound, peak)
    if noise:
        sound = line.noisy(sound, noise, snr, random, _babble() if noise == "babble" else None)
    sound = line.through(codec, sound)
    if random.random() < 0.3:
        sound = line.lossy(sound, random.uniform(0.005, 0.03) if test else random.uniform(0.0, 0.02), random)
    return Clip(truth=truth, sound=sound, codec=codec, noise=noise, voice=voice, unseen=unseen, lead_in=lead_in)


def _music(music: Sequence[Sound], random: Random, least: float, most: float) -> Sound:
    track = music[int(random.integers(0, len(music)))]
    length = min(int(random.uniform(least, most) * RATE), len(track))
    begin = random.integers(0, len(track) - length + 1)
    return track[begin : begin + length]


def _pick(some: Sequence[Spoken], random: Random) -> Spoken:
    return some[int(random.integers(0, len(some)))]


@cache
def _babble() -> Sound:
    """Six of the hotline's own prompts at once, far away."""
    files = sorted((PROMPTS / "zh" / "cc").rglob("*.alaw"), key=lambda path: (-path.stat().st_size, path.name))[:12]
    sounds = [decode_alaw(path.read_bytes()) for path in files]
    size = min(len(one) for one in sounds)
    return np.asarray(np.sum([one[:size] for one in sounds[:6]], axis=0), np.float32)
