"""What callers notice of a running campaign: first prompt and answers to keys with one beside them and without.

The campaign begins as many calls a second as a site is shipped with; its carrier answers half of them (dial_rate.py).
What does not live here: how delays are measured (first_prompt.py).
"""

from __future__ import annotations

from campaign_world import running_campaign
from dial_rate import carrier_process
from figures import Figure, at_most, interval, percentile
from first_prompt import STEPS, Delays, delays_of
from hotline import Hotline

from ccengine import bootstrap
from ccengine.rows import NewTarget
from ccengine.services import campaigns
from ccengine.services.context import ENGINE, Context

ROUNDS, CALLS_PER_SECOND, CAMPAIGN_PER_SECOND, TARGETS = 6, 10.0, 5.0, 5000


async def measure(lines: Hotline) -> list[Figure]:
    """Place the rounds of calls, each second one beside the campaign; compare."""
    found: dict[bool, Delays] = {beside: {step: [] for step in STEPS} for beside in (False, True)}
    carrier = carrier_process(lines.folder, lines.ours.trunk_port)
    try:
        async with bootstrap.context(lines.engine.settings) as ctx:
            await campaigns.set_limits(ctx, ENGINE, CAMPAIGN_PER_SECOND, 200)
            await campaigns.stop_all(ctx, ENGINE)
            targets = [NewTarget(number=f"137{index:08}") for index in range(TARGETS)]
            campaign = await running_campaign(ctx, targets, "survey", channels=200)
            for number in range(2 * ROUNDS):
                beside = number % 2 == 1
                for step, values in (await _round(lines, ctx, beside)).items():
                    found[beside][step] += values
            figures = await lines.engine.get(f"/campaigns/{campaign.id}")
    finally:
        carrier.kill()
        carrier.wait()
    dialled = sum(figures["results"].values())
    return [_figure(step, found[False][step], found[True][step], dialled) for step in STEPS]


async def _round(lines: Hotline, ctx: Context, beside: bool) -> Delays:
    async def stop() -> None:
        await campaigns.stop_all(ctx, ENGINE)

    if not beside:
        return await delays_of(lines, "B", CALLS_PER_SECOND)
    await campaigns.resume_all(ctx, ENGINE)
    return await delays_of(lines, "B", CALLS_PER_SECOND, stop)


def _figure(step: str, alone: list[float], beside: list[float], dialled: int) -> Figure:
    def ratio(one: list[float], other: list[float]) -> float:
        return percentile(other, 0.99) / percentile(one, 0.99)

    p50, p99 = ([percentile(values, share) for values in (alone, beside)] for share in (0.5, 0.99))
    note = f"p50 {p50[0]:.1f}, {p50[1]:.1f} ms; p99 {p99[0]:.1f}, {p99[1]:.1f} ms; n {len(alone)}, {len(beside)}"
    name = f"{step}: beside a campaign of {CAMPAIGN_PER_SECOND:g} calls/s over alone, p99"
    between = interval([alone, beside], ratio)
    return at_most(name, ratio(alone, beside), "×", 1.2, interval=between, note=f"{note}; {dialled} calls out")
