"""When a target may be called next: examples, and rules that hold for any history."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.campaign import DropReason, Rules
from ccengine.hotline.dial_result import Result
from ccengine.hotline.retry import FINAL, after_result, next_time
from ccengine.hotline.work_calendar import DayKind, WorkCalendar, is_open, parse_hours

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: The Monday is a holiday, the Sunday before a make-up workday.
CALENDAR = WorkCalendar(days={date(2026, 11, 23): DayKind.HOLIDAY, date(2026, 11, 22): DayKind.WORKDAY})
FRIDAY_TEN = datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
RULES = Rules()


def test_after_hours_the_next_working_morning_counts_make_up_days_and_holidays() -> None:
    late = FRIDAY_TEN.replace(hour=21)
    assert next_time(RULES, (), late, CALENDAR).at == datetime(2026, 11, 22, 9, 0, tzinfo=SHANGHAI)
    sunday_night = datetime(2026, 11, 22, 19, 0, tzinfo=SHANGHAI)
    assert next_time(RULES, (), sunday_night, CALENDAR).at == datetime(2026, 11, 24, 9, 0, tzinfo=SHANGHAI)


def test_hours_are_those_of_the_person_called() -> None:
    in_urumqi = WorkCalendar(timezone="Asia/Urumqi")
    assert next_time(RULES, (), FRIDAY_TEN, in_urumqi).at == datetime(
        2026, 11, 20, 9, 0, tzinfo=ZoneInfo("Asia/Urumqi")
    )


def test_attempts_of_a_day_and_in_all_are_counted() -> None:
    twice = (FRIDAY_TEN - timedelta(minutes=50), FRIDAY_TEN - timedelta(minutes=5))
    assert next_time(RULES, twice, FRIDAY_TEN, CALENDAR).at == datetime(2026, 11, 22, 9, 0, tzinfo=SHANGHAI)
    five = tuple(FRIDAY_TEN - timedelta(days=days) for days in range(1, 6))
    assert next_time(RULES, five, FRIDAY_TEN, CALENDAR).reason is DropReason.ATTEMPTS_SPENT


def test_campaign_s_own_minutes_count_before_the_shipped_ones() -> None:
    rules = Rules(retry_minutes={"busy": 3, "no_answer": 0}, gap_minutes=0)
    soon = after_result(Result.BUSY, rules, (FRIDAY_TEN,), FRIDAY_TEN, CALENDAR)
    assert soon.at == FRIDAY_TEN + timedelta(minutes=3)
    assert after_result(Result.NO_ANSWER, rules, (FRIDAY_TEN,), FRIDAY_TEN, CALENDAR).at is None


def test_somebody_abandoned_is_left_alone_for_72_hours_whatever_the_campaign_says() -> None:
    rules = Rules(retry_minutes={"abandoned": 1})
    found = after_result(Result.ABANDONED, rules, (FRIDAY_TEN,), FRIDAY_TEN, CALENDAR).at
    assert found is not None and found >= FRIDAY_TEN + timedelta(hours=72)


def test_call_that_was_never_dialled_is_no_attempt() -> None:
    assert after_result(Result.NOT_PLACED, RULES, (), FRIDAY_TEN, CALENDAR).at == FRIDAY_TEN


moments = st.integers(0, 90 * 86400).map(lambda seconds: datetime(2026, 10, 1, tzinfo=UTC) + timedelta(seconds=seconds))
rules_made = st.builds(
    Rules,
    hours=st.sampled_from(["24x7", "workdays 9:00-18:00", "all 8:30-20:00"]),
    attempts_per_day=st.integers(1, 4),
    attempts_in_all=st.integers(1, 8),
    gap_minutes=st.integers(0, 3000),
)


@given(
    rules=rules_made, now=moments, before=st.lists(st.integers(1, 40_000), max_size=8), result=st.sampled_from(Result)
)
def test_next_call_keeps_every_rule(rules: Rules, now: datetime, before: list[int], result: Result) -> None:
    attempts = tuple(now - timedelta(minutes=minutes) for minutes in before)
    found = after_result(result, rules, attempts, now, CALENDAR)
    if result in FINAL:
        assert found.at is None
    if found.at is None:
        return
    assert found.at >= now
    assert is_open(parse_hours(rules.hours), found.at, CALENDAR)
    assert len(attempts) < rules.attempts_in_all
    day = found.at.astimezone(SHANGHAI).date()
    assert sum(one.astimezone(SHANGHAI).date() == day for one in attempts) < rules.attempts_per_day
    assert not attempts or found.at - max(attempts) >= timedelta(minutes=rules.gap_minutes)
