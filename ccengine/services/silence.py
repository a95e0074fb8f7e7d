"""Whether it is too quiet: no call for a while in which, in the same hours of past weeks, calls came.

Without history there is no alarm, and none where at this hour calls are rare anyway. What does not live here: when it
is looked at (engine/silence).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ccengine.services.context import Context
from ccengine.services.guard import guarded

_WEEK = timedelta(days=7)
#: So many past weeks are looked at, and so many of them the site must have lived through.
WEEKS = 4
WEEKS_LEAST = 2
#: So many calls must have come in the same time of the past weeks on average: then none at all is no accident (1 %).
CALLS_LEAST = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """How long no call has come (None: never one), and how many came in the same time of each past week."""

    since: datetime | None
    minutes: float = 0.0
    usual: tuple[int, ...] = ()
    alarm: bool = False


@guarded
async def listen(ctx: Context) -> Silence:
    """Look how long this PBX's hotline has been silent, and whether that is unusual. Errors: Unavailable."""
    now, node = ctx.clock.now(), ctx.settings.site.node
    least = ctx.settings.truth.silence_minutes
    async with ctx.store.reading() as uow:
        first, last = await uow.reports.incoming_ends(node)
        if first is None or last is None:
            return Silence(since=None)
        minutes = max(0.0, (now - last).total_seconds() / 60)
        if not least or minutes < least:
            return Silence(since=last, minutes=minutes)
        weeks = [_WEEK * number for number in range(1, WEEKS + 1) if first <= last - _WEEK * number]
        usual = tuple([await uow.reports.incoming(node, last - back, now - back) for back in weeks])
    # The last call itself stands at the begin of the stretch: in past weeks too only what came after it counts.
    unusual = len(usual) >= WEEKS_LEAST and min(usual) > 0 and sum(usual) / len(usual) >= CALLS_LEAST
    return Silence(since=last, minutes=minutes, usual=usual, alarm=unusual)
