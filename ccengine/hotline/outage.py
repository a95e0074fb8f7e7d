"""Outage notices 停水通知: when one is current, and where.

What does not live here: publishing (services/outages.py), how it is spoken (ivr/).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

#: Notices of planned work are told this long before they begin.
ANNOUNCE_BEFORE = timedelta(hours=48)


class OutageKind(StrEnum):
    """Why the water is off."""

    PLANNED = "planned"  # 计划停水
    BURST = "burst"  # 爆管抢修
    LOW_PRESSURE = "low_pressure"  # 降压供水


#: District codes with their Chinese and English names; rows of table `districts` are seeded from here.
DISTRICTS: dict[str, tuple[str, str]] = {
    "chengdong": ("城东片区", "East City"),
    "chengxi": ("城西片区", "West City"),
    "chengnan": ("城南片区", "South City"),
    "chengbei": ("城北片区", "North City"),
    "gaoxin": ("高新区", "High-tech Zone"),
    "binjiang": ("滨江新区", "Riverside New District"),
    "laocheng": ("老城区", "Old Town"),
    "kaifaqu": ("开发区", "Development Zone"),
}


def is_current(starts_at: datetime, ends_at: datetime, withdrawn_at: datetime | None, now: datetime) -> bool:
    """Say whether callers are told of a notice: not withdrawn, not over, and running or soon to begin."""
    return withdrawn_at is None and ends_at > now and starts_at <= now + ANNOUNCE_BEFORE
