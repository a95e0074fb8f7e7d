"""How much later a caller hears the first prompt, and the answer to a key, because an engine decides (B, not A).

Milliseconds on the caller's side of the network: from INVITE or INFO sent (SIPp's log) to the first packet of sound.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from ears import Ears
from figures import Figure, at_most, interval, percentile
from hotline import VARIANTS, Hotline
from pbx_instance import free_ports

CALLS, PER_SECOND, ROUNDS = 100, 20.0, 3
#: Keys are pressed in silence, so that the next packet is the answer: Answer() waits 0.5 s for sound that never comes,
#: then eight tones of 0.2 s; after the wrong key three.
KEY_MS = 2600
#: What comes later is another step's.
LONGEST_SECONDS = 2.0
STEPS = ("first prompt", "wrong key", "key 1")
Delays = dict[str, list[float]]


async def measure(lines: Hotline) -> list[Figure]:
    """Place the calls of all variants, interleaved, and compare."""
    found: dict[str, Delays] = {variant: {step: [] for step in STEPS} for variant in VARIANTS}
    for number in range(ROUNDS):
        for variant in VARIANTS[number % 3 :] + VARIANTS[: number % 3]:
            for step, values in (await delays_of(lines, variant)).items():
                found[variant][step] += values
    return [figure for step in STEPS for figure in _figures(step, [found[variant][step] for variant in VARIANTS])]


async def delays_of(
    lines: Hotline,
    variant: str,
    per_second: float = PER_SECOND,
    before_quiet: Callable[[], Awaitable[None]] | None = None,
) -> Delays:
    """Place a round of calls and return how long each of their steps took, in milliseconds."""
    first = free_ports(1)[0] // 2 * 2
    first = 40000 if first < 33000 else first  # above what the kernel hands out there are ports in a row
    ears = Ears(first, CALLS)
    try:
        rows = [f"1381{index:07d};{first + 2 * index};{KEY_MS};1500" for index in range(CALLS)]
        log, _ = await lines.calls(variant, rows, per_second, media="[field1]", log=True, before_quiet=before_quiet)
    finally:
        ears.close()
    asked = _asked(log)
    delays: Delays = {step: [] for step in STEPS}
    for index, port in enumerate(ears.begins):
        heard, times = ears.begins[port], asked.get(index + 1, [])
        for step, at in zip(STEPS, times, strict=False):
            after = next((moment for moment in heard if at < moment < at + LONGEST_SECONDS), None)
            if after is not None:
                delays[step].append((after - at) * 1000)
    return delays


def _asked(log: Path) -> dict[int, list[float]]:
    """Return when each call (SIPp counts from 1) sent INVITE and the two INFOs for the first time, in order."""
    found: dict[int, dict[str, float]] = {}
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split("\t")  # date, time, epoch, S or R, Call-ID, CSeq, first line
        if len(words) == 7 and words[3] == "S" and words[6].startswith(("INVITE ", "INFO ")):
            found.setdefault(int(words[4].partition("-")[0]), {}).setdefault(words[5], float(words[2]))
    return {number: sorted(times.values()) for number, times in found.items()}


def _figures(step: str, groups: list[list[float]]) -> list[Figure]:
    bare, null, ours = groups
    wrong = [len(group) for group in groups]
    added = _added(bare, ours, 0.5)
    allowed = 2 * _added(bare, null, 0.5)
    note = f"A {percentile(bare, 0.5):.1f}, N {percentile(null, 0.5):.1f}, B {percentile(ours, 0.5):.1f} ms; n {wrong}"
    between = interval([bare, ours], lambda a, b: _added(a, b, 0.5))
    return [
        at_most(f"{step}: added (B−A), p50", added, "ms", 5, interval=between, note=note),
        at_most(f"{step}: added (B−A), p99", _added(bare, ours, 0.99), "ms", 20),
        at_most(f"{step}: (B−A) / (N−A), p50", added / (allowed / 2) if allowed > 0 else float("inf"), "×", 2),
    ]


def _added(without: Sequence[float], with_: Sequence[float], share: float) -> float:
    return percentile(with_, share) - percentile(without, share)
