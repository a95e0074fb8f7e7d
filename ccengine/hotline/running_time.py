"""Arithmetic of time limits: which time counts (round the clock, working days, working hours), moving on, measuring.

One idea carries all of it: a kind of time is a set of stretches that run; outside of them the clock stands still. A
working day counts its 24 hours, so "three working days" ends at the same time of day. What does not live here: which
order has which limit (sla.py), where the calendar's days come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ccengine.hotline.work_calendar import WorkCalendar

_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
#: A calendar without one working day in so many days is a mistake, not a reason to count for ever.
LONGEST_SEARCH = timedelta(days=3660)


class TimeKind(StrEnum):
    """Which time counts."""

    CALENDAR = "calendar"  # 自然时间
    WORKING_DAYS = "working_days"  # 工作日
    WORKING_HOURS = "working_hours"  # 工作时间


class Unit(StrEnum):
    """What a limit is counted in; the value is how it is written: 10m, 2h, 7d, 8wh, 5wd."""

    MINUTES = "m"
    HOURS = "h"
    DAYS = "d"
    WORKING_HOURS = "wh"
    WORKING_DAYS = "wd"


_LENGTH = {
    Unit.MINUTES: timedelta(minutes=1),
    Unit.HOURS: timedelta(hours=1),
    Unit.DAYS: _DAY,
    Unit.WORKING_HOURS: timedelta(hours=1),
    Unit.WORKING_DAYS: _DAY,
}
_KIND = {Unit.WORKING_HOURS: TimeKind.WORKING_HOURS, Unit.WORKING_DAYS: TimeKind.WORKING_DAYS}
_WRITTEN = re.compile(r"([1-9][0-9]{0,4})(m|h|d|wh|wd)")
LONGEST_LIMIT = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How long something may take."""

    amount: int
    unit: Unit

    @property
    def kind(self) -> TimeKind:
        """Which time counts."""
        return _KIND.get(self.unit, TimeKind.CALENDAR)

    @property
    def length(self) -> timedelta:
        """How much of that time."""
        return self.amount * _LENGTH[self.unit]

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


def parse_limit(text: str) -> Limit:
    """Read "10m", "2h", "7d", "8wh" or "5wd". Raises ValueError saying what is wrong."""
    found = _WRITTEN.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"time limit {text!r}: write 10m, 2h, 7d, 8wh (working hours) or 5wd (working days)")
    limit = Limit(amount=int(found[1]), unit=Unit(found[2]))
    if limit.length > LONGEST_LIMIT:
        raise ValueError(f"time limit {text!r}: longer than a year")
    return limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A stretch in which the clock stands still because the customer is waited for; `until` None while it lasts."""

    since: datetime
    until: datetime | None = None


def advance(start: datetime, length: timedelta, kind: TimeKind, calendar: WorkCalendar) -> datetime:
    """Return the first moment at which `length` of running time has passed since `start`.

    Raises ValueError for a negative length, or when the calendar has no working time for ten years.
    """
    if length < _NOTHING:
        raise ValueError("length must not be negative")
    if kind is TimeKind.CALENDAR or not length:
        return start + length
    left = length
    for begin, end in _running(start, kind, calendar):
        if end - begin >= left:
            return (begin + left).astimezone(start.tzinfo)
        left -= end - begin
    raise ValueError("the calendar has no working time in the next ten years")


def elapsed(start: datetime, end: datetime, kind: TimeKind, calendar: WorkCalendar) -> timedelta:
    """Return how much running time lies between two moments; nothing when `end` is not after `start`."""
    if end <= start:
        return _NOTHING
    if kind is TimeKind.CALENDAR:
        return end - start
    total = _NOTHING
    for since, until in _running(start, kind, calendar):
        if since >= end:
            break
        total += min(until, end) - since
    return total


def due_at(
    start: datetime, length: timedelta, kind: TimeKind, calendar: WorkCalendar, pauses: Iterable[Pause] = ()
) -> datetime | None:
    """Return when `length` has passed without counting what was paused; None while a pause holds the clock.

    A pause adds exactly its own running time: a night or a holiday inside it was not running anyway.
    """
    left = length
    at = start
    for pause in merged(pauses):
        if pause.until is not None and pause.until <= at:
            continue
        ran = elapsed(at, pause.since, kind, calendar)
        if ran >= left:
            break
        if pause.until is None:
            return None
        left -= ran
        at = max(at, pause.until)
    return advance(at, left, kind, calendar)


def merged(pauses: Iterable[Pause]) -> Sequence[Pause]:
    """Return the pauses in order, those that overlap as one."""
    found: list[Pause] = []
    for pause in sorted(pauses, key=lambda one: one.since):
        last = found[-1] if found else None
        if last is None or (last.until is not None and last.until < pause.since):
            found.append(pause)
        elif last.until is not None:
            until = None if pause.until is None else max(last.until, pause.until)
            found[-1] = Pause(since=last.since, until=until)
    return found


def _running(start: datetime, kind: TimeKind, calendar: WorkCalendar) -> Iterator[tuple[datetime, datetime]]:
    """Give the running stretches after `start`, in UTC, the first one cut off at `start`."""
    zone = ZoneInfo(calendar.timezone)
    begin = start.astimezone(UTC)
    day = start.astimezone(zone).date()
    parts = calendar.office if kind is TimeKind.WORKING_HOURS else ((time(0), None),)
    last = day + LONGEST_SEARCH
    while day < last:
        if calendar.is_workday(day):
            for since, until in parts:
                opens = datetime.combine(day, since, zone).astimezone(UTC)
                shuts = datetime.combine(day if until else day + _DAY, until or time(0), zone).astimezone(UTC)
                if shuts > begin:
                    yield max(opens, begin), shuts
        day += _DAY
