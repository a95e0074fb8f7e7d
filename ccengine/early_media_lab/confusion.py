"""The judgement: the test set's clips, what the classifier says of each, and the matrix of both.

Tones are part of it, made on the spot. What does not live here: what the clips are (clips.py).
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ccengine.early_media.classify import classify
from ccengine.early_media.model import Model
from ccengine.early_media_lab import telephone as line
from ccengine.early_media_lab.clips import Clip, clips
from ccengine.early_media_lab.telephone import RATE, Random, Sound

#: What decides nothing, however it is called.
UNDECIDED = ("unknown", "nothing", "music", "ringing")
_TONES = {
    "ringing": (450.0, 1.0, 4.0),
    "busy_tone": (450.0, 0.35, 0.35),
    "congestion_tone": (450.0, 0.7, 0.7),
    "fax": (2100.0, 3.0, 0.1),
}


@dataclass(slots=True)
class Report:
    """Counts of (truth, heard), by what else is known of a clip, and what it cost."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    parts: dict[str, dict[str, list[bool]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    wrong: list[str] = field(default_factory=list)
    sound_seconds: float = 0.0
    cpu_seconds: float = 0.0

    def add(self, clip: Clip, heard: str, cpu_seconds: float) -> None:
        """Take one clip's answer."""
        self.counts[clip.truth, heard] += 1
        right = heard == clip.truth
        if clip.truth not in ("unknown", *_TONES):
            for name, value in (
                ("codec", clip.codec),
                ("noise", clip.noise or "none"),
                ("voice", clip.voice or "music"),
                ("wording", "unseen" if clip.unseen else "seen"),
                ("before it", clip.lead_in or "nothing"),
            ):
                self.parts[name][value].append(right)
        if not right and heard not in UNDECIDED:
            self.wrong.append(f"{clip.truth} taken for {heard}: {clip.voice} {clip.codec} {clip.noise} {clip.lead_in}")
        self.sound_seconds += len(clip.sound) / RATE
        self.cpu_seconds += cpu_seconds

    @property
    def clips(self) -> int:
        """How many were judged."""
        return sum(self.counts.values())

    @property
    def recognised(self) -> float:
        """The share of announcements that were told for what they are."""
        asked = {pair: n for pair, n in self.counts.items() if pair[0] not in ("unknown", "music", *_TONES)}
        return sum(n for (truth, heard), n in asked.items() if truth == heard) / max(1, sum(asked.values()))

    @property
    def wrong_share(self) -> float:
        """The share of what decides a result that decides it wrongly."""
        decided = {pair: n for pair, n in self.counts.items() if pair[1] not in UNDECIDED}
        return sum(n for (truth, heard), n in decided.items() if truth != heard) / max(1, sum(decided.values()))


def judge(made: Iterator[Clip], model: Model) -> Report:
    """Return what the classifier says of the clips."""
    report = Report()
    for clip in made:
        samples = (np.clip(clip.sound, -1, 1) * 32767).astype(np.int16)
        begun = time.process_time()
        found = classify(samples, model)
        report.add(clip, found.heard.value, time.process_time() - begun)
    return report


def test_clips(folder: Path, music: Sequence[Sound], *, count: int, seed: int) -> Iterator[Clip]:
    """Return the test set: announcements, music, other speech, noise and tones."""
    yield from clips(folder, music, test=True, count=count, seed=seed)
    random = np.random.default_rng(seed + 1)
    for kind in _TONES:
        for _ in range(count):
            yield _tone(kind, random)


def _tone(kind: str, random: Random) -> Clip:
    hz, on_seconds, off_seconds = _TONES[kind]
    off = 1 + random.uniform(-0.02, 0.02)
    once = np.concatenate([line.tone(hz * off, on_seconds * off), line.silence(off_seconds * off)])
    many = 1 if kind == "fax" else int(random.integers(2, 4)) if kind == "ringing" else int(random.integers(5, 12))
    sound = np.concatenate([line.silence(random.uniform(0, 0.5)), np.tile(once, many)])
    sound = line.level(sound, random.uniform(-24, -6))
    noise = str(random.choice(("", "brown", "white")))
    if noise:
        sound = line.noisy(sound, noise, random.uniform(12, 30), random)
    codec = str(random.choice(line.TEST_CODECS))
    heard = line.through(codec, sound)
    return Clip(truth=kind, sound=heard, codec=codec, noise=noise, voice="", unseen=False, lead_in="")


def lines_of(report: Report) -> Iterator[str]:
    """Return the report as text: the matrix in markdown, then the parts."""
    truths = list(dict.fromkeys(truth for truth, _ in report.counts))
    answers = sorted({heard for _, heard in report.counts}, key=lambda one: (one not in truths, one))
    yield "| truth \\ heard | " + " | ".join(answers) + " | right |"
    yield "|---" * (len(answers) + 2) + "|"
    for truth in truths:
        row = [report.counts[truth, heard] for heard in answers]
        share = report.counts[truth, truth] / max(1, sum(row))
        yield f"| {truth} | " + " | ".join(str(one or "") for one in row) + f" | {share:.1%} |"
    yield ""
    yield f"announcements recognised: {report.recognised:.1%}"
    yield f"decisions that are wrong: {report.wrong_share:.2%}"
    for name, values in report.parts.items():
        told = ", ".join(f"{value} {np.mean(hits):.0%} of {len(hits)}" for value, hits in sorted(values.items()))
        yield f"by {name}: {told}"
    cpu_ms = 1000 * report.cpu_seconds
    yield (
        f"{report.clips} clips, {report.sound_seconds / 60:.0f} min; CPU {cpu_ms / report.clips:.0f} ms a clip, "
        f"{cpu_ms / report.sound_seconds:.1f} ms for each second of sound"
    )
    yield from (f"wrong: {one}" for one in report.wrong[:20])
