"""The indicators: an example by hand, and what must hold at every cut-off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.indicators import (
    INDICATORS,
    Due,
    OrderFacts,
    Stamp,
    VisitFact,
    count,
    figures,
)
from ccengine.hotline.sla import Step

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _at(hours: float) -> datetime:
    return START + hours * HOUR


DONE = OrderFacts(
    registered_at=START,
    type="defect",
    stamps={
        name: [Stamp(at=_at(hour))]
        for name, hour in (("accepted", 1), ("acknowledged", 2), ("handled", 5), ("item_cleared", 5), ("closed", 30))
    },
    dues={Step.ACKNOWLEDGE: [Due(since=_at(1), due_at=_at(3))], Step.HANDLE: [Due(since=START, due_at=_at(4))]},
    visits=[VisitFact(at=_at(20), reached=False), VisitFact(at=_at(28), grade=3), VisitFact(at=_at(29), grade=5)],
)
REOPENED = OrderFacts(
    registered_at=START,
    stamps={
        "accepted": [Stamp(at=_at(1))],
        "acknowledged": [Stamp(at=_at(1))],
        "handled": [Stamp(at=_at(2), until=_at(6)), Stamp(at=_at(9))],
    },
    dues={Step.HANDLE: [Due(since=START, due_at=_at(4)), Due(since=_at(6), due_at=_at(8))]},
)
NEW = OrderFacts(registered_at=_at(3), dues={Step.HANDLE: [Due(since=_at(3), due_at=_at(40))]})


def test_example_by_hand() -> None:
    found = figures(count([DONE, REOPENED, NEW], _at(30)))
    wanted = {
        "registered": 3, "not_accepted": 1, "not_acknowledged": 0, "not_handled": 0, "item_cleared": 1, "closed": 1,
        "handled": 2, "overdue": 0, "closed_rate": 33.33, "acknowledged_in_time": 2, "acknowledged_in_time_rate": 100.0,
        "handled_in_time": 0, "handled_in_time_rate": 0.0, "not_replied": 3, "replied": 0, "visited": 1, "visits": 3,
        "visited_rate": 50.0, "satisfied": 1, "satisfied_rate": 100.0, "defects_resolved_rate": 100.0,
        "satisfaction_rate": 100.0, "satisfaction_all_rate": 50.0, "coverage_rate": 50.0,
    }  # fmt: skip
    assert {name: found[name] for name in wanted} == wanted


def test_stamps_are_read_as_of_the_cut_off() -> None:
    assert count([REOPENED], _at(5)).handled == 1  # before it was reopened
    assert count([REOPENED], _at(7)).not_handled == 1
    assert (count([REOPENED], _at(7)).overdue, count([REOPENED], _at(8.5)).overdue) == (0, 1)
    assert count([REOPENED], _at(10)).handled == 1
    assert count([NEW], _at(2)).registered == 0


def test_every_indicator_is_computed_and_has_its_formula() -> None:
    assert set(figures(count([], START))) == {one.code for one in INDICATORS}
    assert [one.number for one in INDICATORS if one.number] == list(range(1, 21))
    assert all(one.zh and one.en and one.formula_zh and one.formula_en for one in INDICATORS)


def test_nothing_to_divide_by_gives_no_rate() -> None:
    found = figures(count([], START))
    assert all(found[one.code] is None for one in INDICATORS if one.rate)


_names = ("accepted", "acknowledged", "handled", "item_cleared", "closed", "replied", "planned")
_hours = st.integers(0, 100)


@st.composite
def orders(draw: st.DrawFn) -> OrderFacts:
    """Any order, also one whose stamps are taken back and come again."""
    stamps: dict[str, list[Stamp]] = {}
    for name in draw(st.sets(st.sampled_from(_names))):
        times = sorted(draw(st.lists(_hours, min_size=1, max_size=5, unique=True)))
        pairs = [times[i : i + 2] for i in range(0, len(times), 2)]
        stamps[name] = [Stamp(at=_at(pair[0]), until=_at(pair[1]) if len(pair) > 1 else None) for pair in pairs]
    dues = {step: [Due(since=START, due_at=_at(draw(_hours)))] for step in draw(st.sets(st.sampled_from(list(Step))))}
    grades = st.one_of(st.none(), st.integers(1, 5))
    visits = [
        VisitFact(at=_at(hour), reached=grade is not None, grade=grade)
        for hour, grade in draw(st.lists(st.tuples(_hours, grades), max_size=3))
    ]
    return OrderFacts(registered_at=_at(draw(_hours)), stamps=stamps, dues=dues, visits=visits)


@given(st.lists(orders(), max_size=8), _hours)
def test_identity_holds_at_every_cut_off(some: list[OrderFacts], hour: int) -> None:
    sums = count(some, _at(hour))
    assert sums.not_accepted + sums.not_acknowledged + sums.not_handled + sums.handled == sums.registered


@given(st.lists(orders(), max_size=8), _hours)
def test_no_rate_of_timeliness_is_above_a_hundred(some: list[OrderFacts], hour: int) -> None:
    found = figures(count(some, _at(hour)))
    for name in ("closed_rate", "acknowledged_in_time_rate", "handled_in_time_rate", "response_rate", "satisfied_rate"):
        assert found[name] is None or 0 <= (found[name] or 0) <= 100
