"""Working days with make-up workdays 调休, and opening hours: a menu item's and a time limit's common calendar.

What does not live here: where the days come from (table work_calendar), counting time (running_time.py), the menu's own
data (ivr/).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

_HOURS = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])-([01]?[0-9]|2[0-4]):([0-5][0-9])")


class DayKind(StrEnum):
    """What a day in the calendar is; a day without an entry follows its weekday."""

    WORKDAY = "workday"
    HOLIDAY = "holiday"


#: 8:30-12:00 and 13:30-17:30, where a site has not said otherwise.
OFFICE_HOURS: tuple[tuple[time, time | None], ...] = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))
#: From this month the calendar of the next year should be there: the State Council announces it in November.
NEXT_YEAR_FROM_MONTH = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """The days that differ from their weekday, the zone in which days begin and end, and the office's hours."""

    timezone: str = "Asia/Shanghai"
    days: Mapping[date, DayKind] = field(default_factory=dict)
    office: tuple[tuple[time, time | None], ...] = OFFICE_HOURS

    def is_workday(self, day: date) -> bool:
        """Say whether people work on `day`."""
        kind = self.days.get(day)
        return day.weekday() < 5 if kind is None else kind is DayKind.WORKDAY

    def knows(self, year: int) -> bool:
        """Say whether the holidays of a year have been entered; until then its days follow their weekday."""
        return any(day.year == year and kind is DayKind.HOLIDAY for day, kind in self.days.items())

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


def missing_years(calendar: WorkCalendar, today: date) -> tuple[int, ...]:
    """Return the years whose calendar ought to be there and is not: this one; from November also the next."""
    wanted = [today.year] + ([today.year + 1] if today.month >= NEXT_YEAR_FROM_MONTH else [])
    return tuple(year for year in wanted if not calendar.knows(year))


def parse_office(text: str) -> tuple[tuple[time, time | None], ...]:
    """Read "8:30-12:00 13:30-17:30". Raises ValueError saying what is wrong."""
    parts = tuple((hours.since, hours.until) for hours in (parse_hours(f"all {part}") for part in text.split()))
    if not parts:
        raise ValueError("office hours: write for example 8:30-12:00 13:30-17:30")
    for (_, until), (since, _next) in pairwise(parts):
        if until is None or since < until:
            raise ValueError(f"office hours {text!r}: the parts must follow one another")
    return parts


def office_text(office: tuple[tuple[time, time | None], ...]) -> str:
    """Return office hours as people write them."""
    return " ".join(f"{since:%H:%M}-{until:%H:%M}" if until else f"{since:%H:%M}-24:00" for since, until in office)
