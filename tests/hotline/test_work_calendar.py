"""Working days with make-up workdays, and opening hours in the site's own time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.work_calendar import (
    ALWAYS,
    DayKind,
    OpeningHours,
    WorkCalendar,
    is_open,
    parse_hours,
)

#: 2026: 1-7 October is the holiday; Sunday 20 September and Saturday 10 October are worked for it.
CALENDAR = WorkCalendar(
    days={date(2026, 10, day): DayKind.HOLIDAY for day in range(1, 8)}
    | {date(2026, 9, 20): DayKind.WORKDAY, date(2026, 10, 10): DayKind.WORKDAY}
)
#: Any minute of 2026.
_moments = st.integers(0, 364 * 1440).map(lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))
OFFICE = parse_hours("workdays 8:30-17:00")


def _shanghai(*parts: int) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        (_shanghai(2026, 11, 20, 8, 30), True),
        (_shanghai(2026, 11, 20, 8, 29), False),
        (_shanghai(2026, 11, 20, 16, 59), True),
        (_shanghai(2026, 11, 20, 17, 0), False),
        (_shanghai(2026, 11, 21, 10, 0), False),  # Saturday
        (_shanghai(2026, 10, 1, 10, 0), False),  # Thursday, holiday
        (_shanghai(2026, 10, 10, 10, 0), True),  # Saturday, make-up workday
        (_shanghai(2026, 9, 20, 10, 0), True),  # Sunday, make-up workday
    ],
)
def test_office_hours_follow_the_calendar(moment: datetime, open_: bool) -> None:
    assert is_open(OFFICE, moment, CALENDAR) is open_


@given(_moments)
def test_round_the_clock_is_always_open(moment: datetime) -> None:
    assert is_open(ALWAYS, moment, CALENDAR)


def test_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        is_open(ALWAYS, datetime(2026, 11, 20), CALENDAR)  # noqa: DTZ001


def test_hours_are_read_as_people_write_them() -> None:
    assert parse_hours("24x7") == ALWAYS
    assert parse_hours(" Workdays 8:30-17:00 ") == OpeningHours(days="workdays", since=time(8, 30), until=time(17, 0))
    assert parse_hours("all 6:00-24:00") == OpeningHours(days="all", since=time(6, 0), until=None)


@pytest.mark.parametrize(
    "text", ["", "8:30-17:00", "workdays 17:00-8:30", "weekends 8:00-9:00", "all 24:00-24:00", "all 25:00-26:00"]
)
def test_hours_with_a_mistake_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="opening hours"):
        parse_hours(text)
