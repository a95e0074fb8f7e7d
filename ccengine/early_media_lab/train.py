"""Trains what early_media/ runs: the network that hears phones, and the weights that turn fits into a kind.

Both are trained on the building set only. The second step is trained on what networks said of voices that they had not
been trained with. numpy only; a seed makes it repeatable. What does not live here: clips, the judgement (confusion.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccengine.early_media import evidence, phones, phrases
from ccengine.early_media.model import Model
from ccengine.early_media.phones import PAUSE, Network
from ccengine.early_media.sound import HOP, Floats, frames_of
from ccengine.early_media.tones import find_tones
from ccengine.early_media_lab import telephone as line
from ccengine.early_media_lab.clips import Clip, Spoken, clips, spoken
from ccengine.early_media_lab.synthesise import phones_of
from ccengine.early_media_lab.telephone import RATE, Sound
from ccengine.early_media_lab.texts import BUILDING_VOICES

HIDDEN = 224
EPOCHS = 14
VERSIONS = 8
OTHER = "~"
Say = Callable[[str], None]


def train(folder: Path, music: Sequence[Sound], say: Say, *, clips_a_kind: int = 150, seed: int = 7) -> Model:
    """Return the model made of the building set."""
    known = spoken(folder, test=False)
    names = _phone_names(known)
    say(f"{len(known)} sentences, {len(names)} phones")
    wanted = [(kind, text) for kind, texts in phrases.PHRASES.items() for text in texts]
    numbers = [_numbers(text, names) for _, text in wanted]
    training = [frames_with_phones(one, names, music, seed + at) for at, one in enumerate(known)]
    made = list(clips(folder, music, test=False, count=clips_a_kind, seed=seed))
    rows: list[Floats] = []
    truths: list[str] = []
    for fold in (0, 1):
        apart = set(BUILDING_VOICES[fold::2])
        keep = [at for at, one in enumerate(known) if one.sentence.voice not in apart]
        network = train_network([training[at] for at in keep], names, seed, EPOCHS - 5, say)
        model = Model(network=network, kinds=(), texts=tuple(wanted), numbers=tuple(numbers))
        for clip in (one for one in made if (one.voice in apart) or (not one.voice and fold == 0)):
            rows.append(evidence.evidence_of(model, _samples(clip)).row)
            truths.append(clip.truth)
    network = train_network(training, names, seed, EPOCHS, say)
    model = Model(network=network, kinds=(), texts=tuple(wanted), numbers=tuple(numbers))
    return train_kinds(model, np.array(rows), truths, say)


def _samples(clip: Clip) -> NDArray[np.int16]:
    return (np.clip(clip.sound, -1, 1) * 32767).astype(np.int16)


def _phone_names(known: Sequence[Spoken]) -> tuple[str, ...]:
    found = {phone for one in known for phone in phones.phones_of(one.phones)}
    return (PAUSE, OTHER, *sorted(found))


def _numbers(text: str, names: Sequence[str]) -> tuple[int, ...]:
    signs = phones_of(text, "en" if text.isascii() else "zh")
    return tuple(names.index(one) for one in phones.phones_of(signs))


def frames_with_phones(
    one: Spoken, names: Sequence[str], music: Sequence[Sound], seed: int
) -> tuple[Floats, NDArray[np.intp]]:
    """Return what the network sees of a sentence in several versions, and which phone each row is."""
    random = np.random.default_rng(seed)
    inputs, labels = [], []
    for _ in range(VERSIONS):
        factor = random.uniform(0.82, 1.22)
        sound = line.tilted(line.faster(one.sound, factor), random.uniform(-0.5, 0.5))
        before, before_phone = _around(music, random)
        after, after_phone = _around(music, random)
        whole = line.level(np.concatenate([before, sound, after]), random.uniform(-26, -2))
        if random.random() < 0.7:
            noise = str(random.choice(("white", "pink", "hum")))
            whole = line.noisy(whole, noise, random.uniform(4, 28), random)
        whole = line.through(str(random.choice(line.BUILDING_CODECS)), whole)
        if random.random() < 0.2:
            whole = line.lossy(whole, random.uniform(0.0, 0.02), random)
        frames = frames_of((np.clip(whole, -1, 1) * 32767).astype(np.int16))
        rows = phones.inputs_of(frames, find_tones(frames).frames)
        at = (np.arange(len(rows)) * phones.STEP * HOP + HOP) - len(before)
        label = _labels(one, names, at * factor)
        label[at < 0] = names.index(before_phone)
        label[at >= len(sound)] = names.index(after_phone)
        inputs.append(rows)
        labels.append(label)
    return np.concatenate(inputs).astype(np.float16), np.concatenate(labels)


def _around(music: Sequence[Sound], random: line.Random) -> tuple[Sound, str]:
    drawn = random.random()
    if drawn < 0.6:
        return line.silence(random.uniform(0.1, 0.6)), PAUSE
    if drawn < 0.75:
        return random.normal(0, 0.1, int(RATE * random.uniform(0.2, 0.8))).astype(np.float32), OTHER
    track = music[int(random.integers(0, len(music)))]
    begin = random.integers(0, len(track) - 2 * RATE)
    return track[begin : begin + int(random.uniform(0.4, 1.8) * RATE)], OTHER


def _labels(one: Spoken, names: Sequence[str], at: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """Return the phone at each sample of the sentence; a mark belongs to the phone before it."""
    signs = ["", *one.phones, ""]
    known: list[int] = []
    for sign in signs:
        phone = phones.phone_of(sign) if sign else PAUSE
        known.append(names.index(phone) if phone else (known[-1] if known else 0))
    place = np.searchsorted(one.ends, np.clip(at, 0, None), side="right")
    return np.asarray(np.array(known)[np.clip(place, 0, len(known) - 1)], np.intp)


def train_network(
    training: Sequence[tuple[Floats, NDArray[np.intp]]], names: tuple[str, ...], seed: int, epochs: int, say: Say
) -> Network:
    """Return a network trained by Adam."""
    random = np.random.default_rng(seed)
    inputs = np.concatenate([one for one, _ in training])
    labels = np.concatenate([one for _, one in training])
    sizes = (inputs.shape[1], HIDDEN, HIDDEN, len(names))
    values: list[Floats] = []
    for wide, narrow in pairwise(sizes):
        values += [
            (random.normal(size=(wide, narrow)) * np.sqrt(2 / wide)).astype(np.float32),
            np.zeros(narrow, np.float32),
        ]
    first = [np.zeros_like(one) for one in values]
    second = [np.zeros_like(one) for one in values]
    batch, steps = 512, 0
    total = epochs * (len(inputs) // batch)
    for epoch in range(epochs):
        order, right, lost = random.permutation(len(inputs)), 0, 0.0
        for begin in range(0, len(order) - batch + 1, batch):
            rows = order[begin : begin + batch]
            x, y = inputs[rows].astype(np.float32), labels[rows]
            gradient, loss, hits = _gradient(values, x, y)
            steps, right, lost = steps + 1, right + hits, lost + loss
            rate = 2e-3 * min(1.0, steps / 200) * 0.5 * (1 + np.cos(np.pi * steps / total))
            for at, change in enumerate(gradient):
                first[at] += 0.1 * (change - first[at])
                second[at] += 0.001 * (change**2 - second[at])
                sized = first[at] / (1 - 0.9**steps)
                values[at] -= rate * sized / (np.sqrt(second[at] / (1 - 0.999**steps)) + 1e-8)
        seen = max(1, len(order) // batch)
        say(f"epoch {epoch + 1}/{epochs}: loss {lost / seen:.3f}, right {right / (seen * batch):.1%} of {len(order)}")
    return Network(phones=names, weights=tuple(values[0::2]), biases=tuple(values[1::2]))


def _gradient(values: Sequence[Floats], x: Floats, y: NDArray[np.intp]) -> tuple[list[Floats], float, int]:
    w1, b1, w2, b2, w3, b3 = values
    one = np.maximum(x @ w1 + b1, 0)
    two = np.maximum(one @ w2 + b2, 0)
    out = two @ w3 + b3
    out -= out.max(axis=1, keepdims=True)
    likely = np.exp(out)
    likely /= likely.sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    loss = float(-np.log(np.maximum(likely[rows, y], 1e-9)).mean())
    hits = int((likely.argmax(axis=1) == y).sum())
    error = likely
    error[rows, y] -= 1
    error /= len(y)
    back_two = (error @ w3.T) * (two > 0)
    back_one = (back_two @ w2.T) * (one > 0)
    decay = 1e-5
    return (
        [
            x.T @ back_one + decay * w1,
            back_one.sum(axis=0),
            one.T @ back_two + decay * w2,
            back_two.sum(axis=0),
            two.T @ error + decay * w3,
            error.sum(axis=0),
        ],
        loss,
        hits,
    )


def train_kinds(model: Model, rows: Floats, truths: Sequence[str], say: Say) -> Model:
    """Return the model with the weights that turn evidence into a kind, and the bar under which it does not know."""
    kinds = tuple(sorted(set(truths)))
    y = np.array([kinds.index(one) for one in truths])
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-3
    x = np.hstack([(rows - mean) / spread, np.ones((len(rows), 1))])
    weight = np.zeros((x.shape[1], len(kinds)))
    share = np.array([1 / max(1, int((y == at).sum())) for at in range(len(kinds))])[y]
    share *= len(y) / share.sum()
    for _ in range(3000):
        out = x @ weight
        likely = np.exp(out - out.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        likely[np.arange(len(y)), y] -= 1
        weight -= 0.5 * (x.T @ (likely * share[:, None]) / len(y) + 2e-3 * weight)
    made = model.with_kinds(kinds, mean, spread, weight)
    scores = [made.kind_of(row) for row in rows]
    made = made.with_bar(bar_of([(kind, score, truth) for (kind, score), truth in zip(scores, truths, strict=True)]))
    right = sum(kind == truth for (kind, _), truth in zip(scores, truths, strict=True))
    say(f"kinds: {right} of {len(truths)} building clips right, bar {made.bar:.2f}")
    return made


def bar_of(scored: Sequence[tuple[str, float, str]]) -> float:
    """Return the lowest bar at which at most one decision in a hundred is wrong on the building set."""
    for bar in np.arange(0.3, 0.96, 0.01):
        decided = [(kind, truth) for kind, score, truth in scored if score >= bar and kind != "unknown"]
        if decided and sum(kind != truth for kind, truth in decided) <= 0.01 * len(decided):
            return float(bar)
    return 0.95
