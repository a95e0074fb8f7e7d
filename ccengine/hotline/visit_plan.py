"""Periodic visits 定期回访: a project that is closed is visited once a year, one that runs each half year.

What does not live here: rows (store/), the orders that the visits become (services/visit_plans.py).
"""

from __future__ import annotations

import calendar
from datetime import date
from enum import StrEnum


class ProjectState(StrEnum):
    """What a project is at; stopped ones are visited no more."""

    RUNNING = "running"  # 实施中
    CLOSED = "closed"  # 已完工
    STOPPED = "stopped"  # 不再回访


#: Months between two visits.
EVERY_MONTHS = {ProjectState.RUNNING: 6, ProjectState.CLOSED: 12}


def next_visit(last: date, state: ProjectState) -> date | None:
    """Return the day of the visit after `last`; the last day of a shorter month stands in. None: no more visits."""
    months = EVERY_MONTHS.get(state)
    return months_later(last, months) if months is not None else None


def months_later(day: date, months: int) -> date:
    """Return the same day some months later; the last day of a shorter month stands in."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
