"""Today's figures, from rows, each with its formula in words.

What does not live here: what is happening now (calls/board), reports over months.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ccengine.hotline.work_order import OrderStatus
from ccengine.records.service_level import FORMULAS, figures_of
from ccengine.rows import TalkGrades
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid
from ccengine.services.guard import guarded
from ccengine.services.indicators import LONGEST_PERIOD
from ccengine.services.rights import require

#: What is told of a day, with its formula in both languages.
_TOLD = ("offered", "answered", "abandoned", "served", "average_wait_seconds", "service_level_percent")
FORMULA = {name: {"zh": FORMULAS[name][0], "en": FORMULAS[name][1]} for name in _TOLD}


@guarded
async def today(ctx: Context) -> dict[str, Any]:
    """Return {"offered", "answered", "abandoned", "served", "average_wait_seconds", "service_level_percent",
    "formula"} of finished calls since local midnight; the quotients are None without a call. Errors: Unavailable."""
    since, until = day_bounds(ctx.clock.now(), ctx.settings.site.timezone)
    async with ctx.store.reading() as uow:
        found = figures_of(await uow.reports.day(since, until))
    return {**{name: getattr(found, name) for name in _TOLD}, "formula": FORMULA}


@guarded
async def talk_grades(ctx: Context, actor: Actor, since: datetime, until: datetime) -> tuple[TalkGrades, ...]:
    """Return how callers graded the talks of each agent in a period, by number; all together last, without a number.

    Errors: NotAllowed(reports.view), Invalid(until), Unavailable.
    """
    require(actor, "reports.view")
    if not timedelta(0) < until - since <= LONGEST_PERIOD:
        raise Invalid(
            "until", "结束要晚于开始，且不超过十年", "The end must come after the beginning, within ten years"
        )
    async with ctx.store.reading() as uow:
        found = await uow.reports.talk_grades(since, until)
    total = TalkGrades(
        agent_number="",
        answered=sum(one.answered for one in found),
        graded=sum(one.graded for one in found),
        points=sum(one.points for one in found),
    )
    return (*found, total)


def day_bounds(now: datetime, timezone: str) -> tuple[datetime, datetime]:
    """Return the beginning of the local day and of the next."""
    zone = ZoneInfo(timezone)
    day = now.astimezone(zone).date()
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


@guarded
async def order_counts(ctx: Context) -> dict[str, int]:
    """Return how many orders stand in each state, all states named. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        counts = await uow.reports.order_counts()
    return {status.value: counts.get(status.value, 0) for status in OrderStatus}
