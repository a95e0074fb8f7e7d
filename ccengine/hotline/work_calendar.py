"""Working days with make-up workdays 调休, and opening hours: a menu item's and a time limit's common calendar.

What does not live here: where the days come from (table work_calendar), the menu's own data (ivr/).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_HOURS = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])-([01]?[0-9]|2[0-4]):([0-5][0-9])")


class DayKind(StrEnum):
    """What a day in the calendar is; a day without an entry follows its weekday."""

    WORKDAY = "workday"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """The days that differ from their weekday, and the zone in which days begin and end."""

    timezone: str = "Asia/Shanghai"
    days: Mapping[date, DayKind] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        """Say whether people work on `day`."""
        kind = self.days.get(day)
        return day.weekday() < 5 if kind is None else kind is DayKind.WORKDAY

    def local(self, moment: datetime) -> datetime:
        """Return `moment` on the clock on the wall."""
        return moment.astimezone(ZoneInfo(self.timezone))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When something is open. `days`: "all" or "workdays". Until 24:00 is written as `until` None."""

    days: str = "all"
    since: time = time(0, 0)
    until: time | None = None


ALWAYS = OpeningHours()


def parse_hours(text: str) -> OpeningHours:
    """Read "24x7", "workdays 8:30-17:00" or "all 6:00-22:00". Raises ValueError saying what is wrong."""
    words = text.strip().lower().split()
    if words in (["24x7"], ["always"]):
        return ALWAYS
    if len(words) != 2 or words[0] not in ("all", "workdays") or not (found := _HOURS.fullmatch(words[1])):
        raise ValueError(f'opening hours {text!r}: write "24x7", "workdays 8:30-17:00" or "all 6:00-22:00"')
    from_hour, from_minute, to_hour, to_minute = (int(part) for part in found.groups())
    if from_hour == 24 or (to_hour == 24 and to_minute):
        raise ValueError(f"opening hours {text!r}: only the end may be 24:00")
    since = time(from_hour, from_minute)
    until = None if to_hour == 24 else time(to_hour, to_minute)
    if until is not None and until <= since:
        raise ValueError(f"opening hours {text!r}: the end must be after the beginning")
    return OpeningHours(days=words[0], since=since, until=until)


def is_open(hours: OpeningHours, moment: datetime, calendar: WorkCalendar) -> bool:
    """Say whether `hours` are open at `moment`; raises ValueError for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("moment must carry a time zone")
    local = calendar.local(moment)
    if hours.days == "workdays" and not calendar.is_workday(local.date()):
        return False
    clock = local.time()
    return hours.since <= clock and (hours.until is None or clock < hours.until)


def add_working_days(start: datetime, count: int, calendar: WorkCalendar) -> datetime:
    """Return `start` moved on by `count` working days at the same wall-clock time; a start on a free day counts from
    the beginning of the next working day. Raises ValueError for a negative count."""
    if count < 0:
        raise ValueError("count must not be negative")
    local = calendar.local(start)
    day, clock = local.date(), local.time()
    if not calendar.is_workday(day):
        clock = time(0, 0)
        while not calendar.is_workday(day):
            day += timedelta(days=1)
    while count:
        day += timedelta(days=1)
        count -= calendar.is_workday(day)
    return datetime.combine(day, clock, tzinfo=local.tzinfo).astimezone(start.tzinfo)
