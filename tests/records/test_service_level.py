"""The figures of a day, checked against a day counted by hand."""

from __future__ import annotations

from ccengine.records.service_level import FORMULAS, DayCounts, figures_of

EMPTY = DayCounts(
    offered=0,
    answered=0,
    answered_in_time=0,
    answered_wait_seconds=0.0,
    abandoned=0,
    abandoned_short=0,
    served=0,
)


def test_figures_of_a_day_counted_by_hand() -> None:
    # four answered after 5, 20, 21 and 54 s; two gave up, one of them before 5 s; one waited to the limit
    figures = figures_of(
        DayCounts(
            offered=7,
            answered=4,
            answered_in_time=2,
            answered_wait_seconds=100.0,
            abandoned=2,
            abandoned_short=1,
            served=1,
        )
    )
    assert (figures.offered, figures.answered, figures.abandoned, figures.served) == (7, 4, 1, 1)
    assert figures.average_wait_seconds == 25.0
    assert figures.service_level_percent == round(100 * 2 / 6, 1)


def test_figures_of_an_empty_day_have_no_quotients() -> None:
    figures = figures_of(EMPTY)
    assert figures.average_wait_seconds is None
    assert figures.service_level_percent is None


def test_figures_each_has_its_formula_in_both_languages() -> None:
    assert set(FORMULAS) == set(figures_of(EMPTY).__dataclass_fields__)
    assert all(zh and en for zh, en in FORMULAS.values())
