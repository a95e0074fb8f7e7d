"""Inspection rounds: the days of a plan, a whole record, how punctual."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.inspection_round import (
    AT_ONCE,
    Item,
    Result,
    Rhythm,
    RoundError,
    RoundFigures,
    RoundState,
    checked_results,
    due_days,
    first_from,
    nth_day,
    state_of,
)

ITEMS = (Item(name="温度", expected="18–27 ℃"), Item(name="告警灯"))
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


def test_days_of_a_plan_follow_its_rhythm() -> None:
    assert nth_day(date(2026, 1, 31), Rhythm.MONTHS, 1, 1) == date(2026, 2, 28)
    assert nth_day(date(2026, 1, 31), Rhythm.MONTHS, 1, 2) == date(2026, 3, 31)  # the shorter month left no mark
    days, following = due_days(date(2026, 11, 2), Rhythm.WEEKS, 1, date(2026, 11, 9), date(2026, 11, 20))
    assert (days, following) == ((date(2026, 11, 9), date(2026, 11, 16)), date(2026, 11, 23))
    many, following = due_days(date(2020, 1, 1), Rhythm.DAYS, 1, date(2020, 1, 1), date(2026, 1, 1))
    assert len(many) == AT_ONCE and following == many[-1] + timedelta(days=1)


@given(first=DAYS, day=DAYS, rhythm=st.sampled_from(Rhythm), every=st.integers(1, 40))
def test_first_day_from_a_day_is_the_plans_own_and_none_lies_between(
    first: date, day: date, rhythm: Rhythm, every: int
) -> None:
    found = first_from(first, rhythm, every, day)
    assert found >= max(first, day)
    count = next(n for n in range(4000) if nth_day(first, rhythm, every, n) >= day)
    assert found == nth_day(first, rhythm, every, count)


def test_round_is_late_after_its_last_day() -> None:
    last = date(2026, 11, 20)
    assert state_of(last, None, last) is RoundState.OPEN
    assert state_of(last, None, last + timedelta(days=1)) is RoundState.OVERDUE
    assert state_of(last, last, last + timedelta(days=9)) is RoundState.DONE
    assert state_of(last, last + timedelta(days=1), last + timedelta(days=9)) is RoundState.LATE


@pytest.mark.parametrize(
    ("results", "field"),
    [
        ([Result(position=0, normal=True)], "item_1"),
        ([Result(position=0, normal=True), Result(position=1, normal=False)], "item_1"),
        ([Result(position=0, normal=True), Result(position=0, normal=True)], "results"),
        ([Result(position=0, normal=True), Result(position=2, normal=True)], "results"),
    ],
)
def test_record_that_is_not_whole_names_the_item(results: list[Result], field: str) -> None:
    with pytest.raises(RoundError) as error:
        checked_results(ITEMS, results)
    assert error.value.field == field


def test_whole_record_is_put_in_the_items_order_and_rates_count_what_was_due() -> None:
    fault, normal = Result(position=1, normal=False, remark="红灯"), Result(position=0, normal=True)
    assert checked_results(ITEMS, [fault, normal]) == (normal, fault)
    figures = RoundFigures(on_time=3, late=1, missing=1, waiting=4)
    assert (figures.due, figures.rate_percent, RoundFigures(waiting=1).rate_percent) == (5, 60.0, None)
