"""Deadlines of an order: which policy, what falls due when, rounds after a return or reopening, what is told once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.running_time import Pause, parse_limit
from ccengine.hotline.sla import Course, Deadline, Escalation, SlaPolicy, Step, choose, follow, late, ring, rings_at
from ccengine.hotline.sla_defaults import DEFAULTS

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # a Friday, ten in the morning in Shanghai
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
POLICY = SlaPolicy(
    code="test",
    position=1,
    name_zh="测试",
    name_en="Test",
    limits={Step.ACCEPT: parse_limit("30m"), Step.ACKNOWLEDGE: parse_limit("1h"), Step.HANDLE: parse_limit("10h")},
    escalations=(
        Escalation(after_minutes=0, level=1, roles=("supervisor",)),
        Escalation(after_minutes=60, level=2, roles=("dispatcher",)),
        Escalation(after_minutes=240, level=3, roles=("administrator",)),
    ),
)


def _follow(
    stamps: Mapping[str, datetime], known: Mapping[Step, Deadline] | None = None, *pauses: Pause, now: datetime = START
) -> Mapping[Step, Deadline]:
    return follow(POLICY, Course(stamps=stamps, pauses=pauses), (known or {}).values(), now)[1]


@pytest.mark.parametrize(
    ("order_type", "category", "priority", "code"),
    [
        ("repair", "burst", "urgent", "repair_urgent"),
        ("repair", "", "low", "repair_low"),
        ("complaint", "", "high", "complaint_urgent"),
        ("defect", "system_fault", "urgent", "system_fault"),
        ("defect", "", "urgent", "urgent_defect"),
        ("defect", "", "normal", "ordinary_defect"),
        ("change", "", "urgent", "urgent_business"),
        ("change", "change_request", "normal", "individual_change"),
        ("ease_of_use", "", "normal", "ease_of_use"),
        ("defect", "defect_urgent", "normal", "urgent_defect_category"),
        ("something_new", "", "urgent", "any_high"),
        ("something_new", "", "low", "any"),
    ],
)
def test_order_falls_under_the_first_policy_that_matches(
    order_type: str, category: str, priority: str, code: str
) -> None:
    found = choose(DEFAULTS, order_type, category, priority)
    assert found is not None and found.code == code


def test_shipped_codes_and_positions_are_unique() -> None:
    assert len({policy.code for policy in DEFAULTS}) == len({policy.position for policy in DEFAULTS}) == len(DEFAULTS)


def test_new_order_has_a_deadline_for_each_step_that_began() -> None:
    found = _follow({"registered": START})
    assert {step: one.due_at for step, one in found.items()} == {
        Step.ACCEPT: START + 30 * MINUTE,
        Step.HANDLE: START + 10 * HOUR,
    }
    assert found[Step.HANDLE].warn_at == START + 8 * HOUR


def test_following_twice_changes_nothing() -> None:
    stamps = {"registered": START, "accepted": START + MINUTE}
    once = _follow(stamps)
    changed, again = follow(POLICY, Course(stamps=stamps), once.values(), START + HOUR)
    assert (changed, dict(again)) == ((), dict(once))


def test_dispatch_starts_the_acknowledgement_and_a_return_ends_it() -> None:
    dispatched = {"registered": START, "accepted": START, "dispatched": START + HOUR}
    first = _follow(dispatched)
    assert first[Step.ACKNOWLEDGE].due_at == START + 2 * HOUR
    returned = _follow({"registered": START, "accepted": START}, first, now=START + 90 * MINUTE)
    assert returned[Step.ACKNOWLEDGE].void and rings_at(returned[Step.ACKNOWLEDGE], POLICY) is None
    again = _follow({**dispatched, "dispatched": START + 3 * HOUR}, returned, now=START + 3 * HOUR)
    assert (again[Step.ACKNOWLEDGE].round, again[Step.ACKNOWLEDGE].due_at) == (1, START + 4 * HOUR)


def test_agreed_change_is_started_within_its_limit_after_the_agreement() -> None:
    policy = choose(DEFAULTS, "change", "change_request", "normal")
    assert policy is not None

    def course(now: datetime, known: Mapping[Step, Deadline], **stamps: datetime) -> Mapping[Step, Deadline]:
        at = Course(stamps={"registered": START, "accepted": START, **stamps})
        return follow(policy, at, known.values(), now)[1]

    before = course(START, {})
    assert Step.START not in before, "nothing was agreed yet"
    agreed = START + 26 * HOUR
    planned = course(agreed, before, replied=agreed, planned=agreed)
    assert planned[Step.START].due_at == agreed + timedelta(days=7)
    again = agreed + 24 * HOUR
    replanned = course(again, planned, replied=agreed, planned=again)
    assert (replanned[Step.START].round, replanned[Step.START].due_at) == (1, again + timedelta(days=7))
    begun = course(again + HOUR, replanned, replied=agreed, planned=again, in_progress=again + HOUR)
    assert (begun[Step.START].met_at, late(begun[Step.START], again + 9 * 24 * HOUR)) == (again + HOUR, False)
    skipped = course(again + HOUR, replanned, replied=agreed, planned=again, handled=again + HOUR)
    assert skipped[Step.START].met_at == again + HOUR, "who is done has begun"


def test_order_given_to_another_unit_begins_its_acknowledgement_anew() -> None:
    first = _follow({"registered": START, "accepted": START, "dispatched": START})
    other = {"registered": START, "accepted": START, "dispatched": START + 50 * MINUTE}
    changed, found = follow(POLICY, Course(stamps=other), first.values(), START + 50 * MINUTE)
    assert [(one.round, one.void) for one in changed] == [(0, True), (1, False)]
    assert found[Step.ACKNOWLEDGE].due_at == START + 110 * MINUTE


def test_reopened_order_has_the_whole_limit_again() -> None:
    handled = {"registered": START, "accepted": START, "handled": START + HOUR}
    done = _follow(handled, _follow({"registered": START}))
    assert done[Step.HANDLE].met_at == START + HOUR
    reopened = _follow({"registered": START, "accepted": START}, done, now=START + 48 * HOUR)
    assert (reopened[Step.HANDLE].round, reopened[Step.HANDLE].due_at) == (1, START + 58 * HOUR)


def test_pause_stops_the_clock_and_its_end_moves_the_due_time() -> None:
    first = _follow({"registered": START, "accepted": START})
    stopped = _follow({"registered": START, "accepted": START}, first, Pause(since=START + HOUR))
    assert stopped[Step.HANDLE].due_at is None and rings_at(stopped[Step.HANDLE], POLICY) is None
    over = Pause(since=START + HOUR, until=START + 25 * HOUR)
    going_on = _follow({"registered": START, "accepted": START}, stopped, over)
    assert going_on[Step.HANDLE].due_at == START + 34 * HOUR
    assert going_on[Step.HANDLE].warn_at == START + 32 * HOUR


def test_step_met_while_paused_is_in_time() -> None:
    stopped = _follow({"registered": START}, None, Pause(since=START + HOUR))
    met = _follow({"registered": START, "handled": START + 99 * HOUR}, stopped, Pause(since=START + HOUR))
    assert not late(met[Step.HANDLE], START + 99 * HOUR)


def test_warning_breach_and_escalations_are_told_once_each_in_order() -> None:
    deadline = _follow({"registered": START})[Step.HANDLE]
    told: list[tuple[timedelta, str, int]] = []
    while (at := rings_at(deadline, POLICY)) is not None:
        after, alarms = ring(deadline, POLICY, at)
        assert after != deadline and alarms
        assert ring(after, POLICY, at) == (after, ())
        told += [(at - START, alarm.kind, alarm.level) for alarm in alarms]
        deadline = after
    assert told == [
        (8 * HOUR, "warning", 0),
        (10 * HOUR, "breach", 0),
        (10 * HOUR, "escalation", 1),
        (11 * HOUR, "escalation", 2),
        (14 * HOUR, "escalation", 3),
    ]


def test_clock_that_slept_tells_everything_at_once_and_no_warning() -> None:
    _, alarms = ring(_follow({"registered": START})[Step.HANDLE], POLICY, START + 100 * HOUR)
    assert [(alarm.kind, alarm.level) for alarm in alarms] == [
        ("breach", 0),
        ("escalation", 1),
        ("escalation", 2),
        ("escalation", 3),
    ]


def test_breach_while_the_clock_slept_is_told_after_the_step_was_met() -> None:
    deadline = replace(_follow({"registered": START})[Step.HANDLE], met_at=START + 11 * HOUR)
    assert rings_at(deadline, POLICY) == START + 10 * HOUR
    after, alarms = ring(deadline, POLICY, START + 20 * HOUR)
    assert [alarm.kind for alarm in alarms] == ["breach"]
    assert rings_at(after, POLICY) is None


def test_step_met_in_time_tells_nothing() -> None:
    deadline = replace(_follow({"registered": START})[Step.HANDLE], met_at=START + 10 * HOUR)
    assert rings_at(deadline, POLICY) is None
    assert ring(deadline, POLICY, START + 20 * HOUR)[1] == ()


@given(st.lists(st.integers(0, 40 * 60), min_size=1, max_size=30))
def test_whenever_the_clock_looks_nothing_is_told_twice(minutes: list[int]) -> None:
    deadline = _follow({"registered": START})[Step.HANDLE]
    told: list[tuple[str, int]] = []
    for minute in minutes:  # a clock that jumps to and fro, as a wall clock may
        deadline, alarms = ring(deadline, POLICY, START + minute * MINUTE)
        told += [(alarm.kind, alarm.level) for alarm in alarms]
    assert len(told) == len(set(told))
