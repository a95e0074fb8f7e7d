"""Incidents and emergency announcements as the store hands them out.

What does not live here: tables (store/tables/), rules (hotline/incident.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """An order that stands for many: where, what kind of trouble, since when; `road` "": the whole district."""

    order_id: int
    district: str
    trouble: str
    road: str
    outage_id: int | None
    begun_by: str
    begun_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementRow:
    """What callers hear before the menu, without its sound. `district` "": all callers; `sound_hash` names the sound;
    recorded_by: phone or browser."""

    id: int
    title: str
    district: str
    starts_at: datetime
    ends_at: datetime
    seconds: float
    sound_hash: str
    recorded_by: str
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None = None
