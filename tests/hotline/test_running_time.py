"""Counting time: the first moment after so much of it, how much lies between, and what a pause does."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.running_time import (
    Limit,
    Pause,
    TimeKind,
    Unit,
    advance,
    due_at,
    elapsed,
    merged,
    parse_limit,
)
from ccengine.hotline.work_calendar import DayKind, WorkCalendar, missing_years, office_text, parse_office

#: 2026: 1-7 October is the holiday; Sunday 20 September and Saturday 10 October are worked for it.
CALENDAR = WorkCalendar(
    days={date(2026, 10, day): DayKind.HOLIDAY for day in range(1, 8)}
    | {date(2026, 9, 20): DayKind.WORKDAY, date(2026, 10, 10): DayKind.WORKDAY}
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
kinds = st.sampled_from(list(TimeKind))
moments = st.integers(0, 250 * 86400).map(lambda second: datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=second))
lengths = st.integers(0, 20 * 86400).map(lambda second: timedelta(seconds=second))


def _shanghai(*parts: int) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        (_shanghai(2026, 9, 30, 15, 0), "1wd", _shanghai(2026, 10, 8, 15, 0)),  # over the holiday
        (_shanghai(2026, 9, 30, 15, 0), "3wd", _shanghai(2026, 10, 10, 15, 0)),  # the Saturday is worked
        (_shanghai(2026, 9, 18, 9, 0), "2wd", _shanghai(2026, 9, 21, 9, 0)),  # Friday; the Sunday is worked
        (_shanghai(2026, 11, 21, 15, 0), "1wd", _shanghai(2026, 11, 24, 0, 0)),  # a free day begins on Monday
        (_shanghai(2026, 11, 20, 16, 30), "2wh", _shanghai(2026, 11, 23, 9, 30)),  # Friday afternoon
        (_shanghai(2026, 11, 20, 11, 0), "2wh", _shanghai(2026, 11, 20, 14, 30)),  # over lunch
        (_shanghai(2026, 11, 21, 15, 0), "90m", _shanghai(2026, 11, 21, 16, 30)),
        (_shanghai(2026, 12, 31, 15, 0), "2wd", _shanghai(2027, 1, 4, 15, 0)),  # a year without calendar: weekdays
    ],
)
def test_due_time_follows_the_calendar(start: datetime, limit: str, due: datetime) -> None:
    wanted = parse_limit(limit)
    assert advance(start, wanted.length, wanted.kind, CALENDAR) == due


@given(moments, lengths, lengths, kinds)
def test_more_time_never_ends_earlier(start: datetime, one: timedelta, other: timedelta, kind: TimeKind) -> None:
    less, more = sorted((one, other))
    assert start <= advance(start, less, kind, CALENDAR) <= advance(start, more, kind, CALENDAR)


@given(moments, moments, lengths, kinds)
def test_later_start_never_ends_earlier(one: datetime, other: datetime, length: timedelta, kind: TimeKind) -> None:
    early, late = sorted((one, other))
    # Nothing to wait for ends at once, whenever it begins; else the clock decides.
    assert advance(early, length, kind, CALENDAR) <= advance(late, length, kind, CALENDAR)


@given(moments, moments, moments, kinds)
def test_split_interval_adds_up(a: datetime, b: datetime, c: datetime, kind: TimeKind) -> None:
    a, b, c = sorted((a, b, c))
    whole = elapsed(a, c, kind, CALENDAR)
    assert elapsed(a, b, kind, CALENDAR) + elapsed(b, c, kind, CALENDAR) == whole
    assert timedelta(0) <= whole <= c - a


@given(moments, lengths, lengths, kinds)
def test_limit_in_two_parts_ends_at_the_same_moment(
    start: datetime, one: timedelta, other: timedelta, kind: TimeKind
) -> None:
    middle = advance(start, one, kind, CALENDAR)
    at_once = advance(start, one + other, kind, CALENDAR)
    in_parts = advance(middle, other, kind, CALENDAR)
    assert elapsed(in_parts, at_once, kind, CALENDAR) == timedelta(0) if other else in_parts == middle
    assert elapsed(start, in_parts, kind, CALENDAR) == one + other


@given(moments, lengths, kinds)
def test_measuring_gives_back_what_was_added(start: datetime, length: timedelta, kind: TimeKind) -> None:
    end = advance(start, length, kind, CALENDAR)
    assert elapsed(start, end, kind, CALENDAR) == length
    if length:
        assert elapsed(start, end - timedelta(microseconds=1), kind, CALENDAR) < length


@given(moments, lengths, st.lists(st.tuples(moments, lengths), max_size=5), kinds)
def test_pauses_add_exactly_their_length(
    start: datetime, length: timedelta, given_pauses: list[tuple[datetime, timedelta]], kind: TimeKind
) -> None:
    pauses = [Pause(since=since, until=since + long) for since, long in given_pauses]
    due = due_at(start, length, kind, CALENDAR, pauses)
    assert due is not None
    counted = [
        elapsed(max(one.since, start), min(one.until, due), kind, CALENDAR) for one in merged(pauses) if one.until
    ]
    assert elapsed(start, due, kind, CALENDAR) == length + sum(counted, timedelta(0))


@given(moments, lengths, st.integers(1, 86400 * 5), st.floats(0, 0.99))
def test_pause_inside_the_limit_moves_the_due_time_by_its_length(
    start: datetime, length: timedelta, seconds: int, share: float
) -> None:
    length += HOUR
    since = start + length * share
    pause = Pause(since=since, until=since + timedelta(seconds=seconds))
    plain = advance(start, length, TimeKind.CALENDAR, CALENDAR)
    assert due_at(start, length, TimeKind.CALENDAR, CALENDAR, [pause]) == plain + timedelta(seconds=seconds)


def test_pause_that_lasts_stops_the_clock() -> None:
    start = _shanghai(2026, 11, 20, 10, 0)
    assert due_at(start, 4 * HOUR, TimeKind.CALENDAR, CALENDAR, [Pause(since=start + HOUR)]) is None
    # It began only after the limit was over: nothing to stop.
    late = [Pause(since=start + 5 * HOUR)]
    assert due_at(start, 4 * HOUR, TimeKind.CALENDAR, CALENDAR, late) == start + 4 * HOUR


def test_overlapping_pauses_count_once() -> None:
    start = _shanghai(2026, 11, 20, 10, 0)
    pauses = [Pause(since=start, until=start + 2 * HOUR), Pause(since=start + HOUR, until=start + 3 * HOUR)]
    assert due_at(start, HOUR, TimeKind.CALENDAR, CALENDAR, pauses) == start + 4 * HOUR


@given(moments, lengths, kinds)
def test_day_has_24_hours_all_year(start: datetime, length: timedelta, kind: TimeKind) -> None:
    """Asia/Shanghai has no summer time: whole days later is the same time of day."""
    end = advance(start, 2 * DAY, TimeKind.CALENDAR, CALENDAR)
    assert CALENDAR.local(end).time() == CALENDAR.local(start).time()
    if CALENDAR.is_workday(CALENDAR.local(start).date()) and CALENDAR.local(start).time() != time(0):
        days = advance(start, 2 * DAY, TimeKind.WORKING_DAYS, CALENDAR)
        assert CALENDAR.local(days).time() == CALENDAR.local(start).time()


def test_calendar_without_working_days_is_refused_instead_of_counted_for_ever() -> None:
    never = WorkCalendar(office=((time(0), time(0, 1)),), days=_Holidays())
    with pytest.raises(ValueError, match="no working time"):
        advance(_shanghai(2026, 11, 20, 10, 0), DAY, TimeKind.WORKING_DAYS, never)


class _Holidays(dict[date, DayKind]):
    def get(self, _day: date, _default: object = None) -> DayKind:  # type: ignore[override]
        return DayKind.HOLIDAY


def test_limits_are_read_as_they_are_written() -> None:
    assert parse_limit(" 5WD ") == Limit(amount=5, unit=Unit.WORKING_DAYS)
    assert str(parse_limit("10m")) == "10m"
    assert (parse_limit("8wh").kind, parse_limit("8wh").length) == (TimeKind.WORKING_HOURS, 8 * HOUR)


@pytest.mark.parametrize("text", ["", "5", "wd", "0h", "-1h", "1.5h", "1y", "400d", "99999h", "5 wd"])
def test_limit_with_a_mistake_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time limit"):
        parse_limit(text)


def test_office_hours_are_read_and_written() -> None:
    assert office_text(parse_office("8:30-12:00  13:30-17:30")) == "08:30-12:00 13:30-17:30"
    assert office_text(parse_office("0:00-24:00")) == "00:00-24:00"
    for wrong in ("", "9-17", "13:00-17:00 8:00-12:00", "8:00-12:00 11:00-17:00"):
        with pytest.raises(ValueError, match="hours"):
            parse_office(wrong)


def test_missing_calendar_of_next_year_is_told_from_november_on() -> None:
    assert missing_years(CALENDAR, date(2026, 10, 31)) == ()
    assert missing_years(CALENDAR, date(2026, 11, 1)) == (2027,)
    assert missing_years(WorkCalendar(), date(2026, 3, 1)) == (2026,)
