"""The figures of a day, checked against a day counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from ccengine.records.service_level import FORMULAS, figures_of
from ccengine.values import CallRecord, Direction, Outcome

AT = datetime(2026, 11, 21, 1, tzinfo=UTC)


def call(outcome: Outcome, wait: float | None, final: bool = True) -> CallRecord:
    return CallRecord(
        call_id="n1-1795222800-000000000000000001",
        node="n1",
        direction=Direction.INBOUND,
        linked_ids=(),
        started_at=AT,
        caller_number="1",
        queued_at=None if wait is None else AT,
        wait_seconds=wait or 0.0,
        outcome=outcome,
        final=final,
    )


def test_figures_of_a_day_counted_by_hand() -> None:
    day = [call(Outcome.ANSWERED, wait) for wait in (5, 20, 21, 54)]
    day += [call(Outcome.ABANDONED, 4.9), call(Outcome.ABANDONED, 5.0), call(Outcome.QUEUE_TIMEOUT, 180)]
    day += [call(Outcome.SELF_SERVICE, None), call(Outcome.MENU_HANGUP, None), call(Outcome.ANSWERED, 1, final=False)]
    figures = figures_of(day)
    assert (figures.offered, figures.answered, figures.abandoned, figures.served) == (7, 4, 1, 1)
    assert figures.average_wait_seconds == 25.0
    assert figures.service_level_percent == round(100 * 2 / 6, 1)


def test_figures_of_an_empty_day_have_no_quotients() -> None:
    figures = figures_of([])
    assert figures.average_wait_seconds is None
    assert figures.service_level_percent is None


def test_figures_each_has_its_formula_in_both_languages() -> None:
    assert set(FORMULAS) == {name for name in figures_of([]).__dataclass_fields__}
    assert all(zh and en for zh, en in FORMULAS.values())
