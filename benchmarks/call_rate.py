"""The highest rate of calls that each variant serves to the end, and what the engine costs beside Asterisk.

Signalling only for the rate: no sound is sent. A call counts as served when SIPp's caller came through to its own BYE.
"""

from __future__ import annotations

from board_frames import one_viewer
from figures import Figure, at_least, at_most
from hotline import VARIANTS, Hotline

RATES = (10, 20, 30, 40, 50, 60, 80)
SECONDS = 10
WORST_SHARE = 0.001
#: Keys come at once, the talk is short: what is measured is signalling.
KEY_MS, STAYS_MS = 150, 1500
SILENT_CALLS = 150
SPEAKING_CALLS, SPEAKING_PER_SECOND, SPEAKING_MS = 60, 3.0, 20_000


async def measure_rates(lines: Hotline) -> list[Figure]:
    """Raise the rate for all variants in turn until each has failed."""
    best: dict[str, float] = dict.fromkeys(VARIANTS, 0.0)
    notes: dict[str, str] = {}
    going = list(VARIANTS)
    for rate in RATES:
        for variant in list(going):
            rows = [f"1382{index:07d};9;{KEY_MS};{STAYS_MS}" for index in range(rate * SECONDS)]
            _, counts = await lines.calls(variant, rows, rate)
            if counts.failed <= WORST_SHARE * counts.made and counts.seconds < SECONDS * 1.1 + 5:
                best[variant] = rate
            else:
                going.remove(variant)
                notes[variant] = f"at {rate}/s {counts.failed} of {counts.made} failed, {counts.resent} sent again"
    return [
        Figure(name="highest call rate, A (bare dialplan)", value=best["A"], unit="1/s", note=notes.get("A", "")),
        Figure(name="highest call rate, N (null FastAGI)", value=best["N"], unit="1/s", note=notes.get("N", "")),
        Figure(name="highest call rate, B (ours)", value=best["B"], unit="1/s", note=notes.get("B", "")),
        at_least("highest call rate, B / N", best["B"] / best["N"], "×", 0.85),
        at_least("highest call rate, B / A", best["B"] / best["A"], "×", 0.7),
    ]


async def measure_cpu(lines: Hotline) -> list[Figure]:
    """Compare processor time of engine and Asterisk over the same calls: 20 s with sound, and signalling only.

    Nobody looks at the board meanwhile; the last figure says what one who does costs.
    """
    spoken = [f"1383{index:07d};9;{KEY_MS};{SPEAKING_MS - 2 * KEY_MS}" for index in range(SPEAKING_CALLS)]
    silent = [f"1384{index:07d};9;{KEY_MS};{STAYS_MS}" for index in range(SILENT_CALLS)]
    watched = [f"1385{index:07d};9;{KEY_MS};{STAYS_MS}" for index in range(SILENT_CALLS)]
    found = [
        await _share(lines, "20 s calls, sound both ways, recorded", spoken, SPEAKING_PER_SECOND, 0.05, speak=True),
        await _share(lines, "signalling only", silent, 10, 0.6, speak=False),
    ]
    async with one_viewer(lines.engine):
        return [*found, await _share(lines, "signalling only, one board open", watched, 10, speak=False)]


async def _share(
    lines: Hotline, name: str, rows: list[str], per_second: float, limit: float | None = None, *, speak: bool
) -> Figure:
    before = lines.engine_cpu_seconds(), lines.ours.cpu_seconds()
    _, counts = await lines.calls("B", rows, per_second, speak=speak)
    await lines.engine.wait(lambda: _all_recorded(lines, rows[-1].partition(";")[0]), "the last record", 60)
    engine, pbx = lines.engine_cpu_seconds() - before[0], lines.ours.cpu_seconds() - before[1]
    each = 1000 / counts.made
    note = f"engine {engine * each:.1f} ms, Asterisk {pbx * each:.1f} ms a call, {counts.made} calls"
    name = f"CPU of engine and pages over Asterisk's: {name}"
    if limit is None:
        return Figure(name=name, value=engine / pbx, unit="×", note=note)
    return at_most(name, engine / pbx, "×", limit, note=note)


async def _all_recorded(lines: Hotline, number: str) -> bool:
    return bool(await lines.engine.calls_from(number))
