"""Today's figures, from rows, each with its formula in words.

What does not live here: what is happening now (calls/board), reports over months.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ccengine.hotline.work_order import OrderStatus
from ccengine.services.context import Context
from ccengine.services.guard import guarded

SERVICE_LEVEL_SECONDS = 20
FORMULA: dict[str, dict[str, str]] = {
    "offered": {"zh": "今日进入排队的呼入电话数", "en": "inbound calls that entered the queue today"},
    "answered": {"zh": "其中由坐席接听的电话数", "en": "of those, answered by an agent"},
    "abandoned": {
        "zh": "其中来电者在接通前挂断的电话数",
        "en": "of those, the caller hung up before an agent answered",
    },
    "served": {"zh": "今日由自助语音完成服务的电话数", "en": "inbound calls served by the menu alone today"},
    "average_wait_seconds": {"zh": "排队总时长 ÷ 进入排队的电话数", "en": "sum of waits / offered"},
    "service_level_percent": {
        "zh": f"{SERVICE_LEVEL_SECONDS} 秒内接听数 ÷ 进入排队的电话数 × 100",
        "en": f"answered within {SERVICE_LEVEL_SECONDS} s / offered × 100",
    },
}


@guarded
async def today(ctx: Context) -> dict[str, Any]:
    """Return {"offered", "answered", "abandoned", "served", "average_wait_seconds", "service_level_percent",
    "formula"} of finished calls since local midnight; the quotients are None without a call. Errors: Unavailable."""
    since, until = day_bounds(ctx.clock.now(), ctx.settings.site.timezone)
    async with ctx.store.reading() as uow:
        day = await uow.reports.day(since, until, SERVICE_LEVEL_SECONDS)
    return {
        "offered": day.offered,
        "answered": day.answered,
        "abandoned": day.abandoned,
        "served": day.served,
        "average_wait_seconds": round(day.wait_seconds_total / day.offered, 1) if day.offered else None,
        "service_level_percent": round(100 * day.within_service_level / day.offered, 1) if day.offered else None,
        "formula": FORMULA,
    }


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
