"""The work order's life: every legal move, no illegal one, and stamps that always tell one story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.work_order import (
    EXTRA_STAMPS,
    MOVES,
    ORDER,
    IllegalMove,
    OrderState,
    OrderStatus,
    is_backward,
    legal_moves,
    move,
    opened,
    path_to_closed,
    stamp,
)

START = datetime(2026, 11, 20, tzinfo=UTC)
S = OrderStatus
_HANDLED = ORDER.index(S.HANDLED)


def _walk(steps: list[int]) -> OrderState:
    """Follow legal moves picked by number, an hour apart."""
    state = opened(START)
    for hour, pick in enumerate(steps, start=1):
        moves = legal_moves(state.status)
        if moves:
            state = move(state, moves[pick % len(moves)], START + timedelta(hours=hour))
    return state


@given(st.lists(st.integers(0, 20), max_size=30))
def test_stamps_of_any_walk_are_those_of_the_states_up_to_now(steps: list[int]) -> None:
    state = _walk(steps)
    reached = {status.value for status in ORDER[: ORDER.index(state.status) + 1]}
    assert set(state.stamps) - set(EXTRA_STAMPS) == reached
    moments = [state.stamps[status.value] for status in ORDER if status.value in state.stamps]
    assert moments == sorted(moments)


@given(st.lists(st.integers(0, 20), max_size=30))
def test_counts_of_unaccepted_unacknowledged_unhandled_and_handled_add_up(steps: list[int]) -> None:
    """The identity 2 + 3 + 4 + 7 = 1 of the indicators holds for every single order."""
    stamps = _walk(steps).stamps
    accepted, acknowledged, handled = ("accepted" in stamps, "acknowledged" in stamps, "handled" in stamps)
    groups = (not accepted, accepted and not acknowledged, acknowledged and not handled, handled)
    assert sum(groups) == 1


@given(st.lists(st.integers(0, 20), max_size=30), st.sampled_from(OrderStatus))
def test_move_is_legal_exactly_when_the_table_says_so(steps: list[int], target: OrderStatus) -> None:
    state = _walk(steps)
    before = (state.status, dict(state.stamps))
    later = START + timedelta(days=9)
    if target in MOVES[state.status]:
        assert move(state, target, later).status is target
    else:
        with pytest.raises(IllegalMove) as refused:
            move(state, target, later)
        assert refused.value.legal == MOVES[state.status]
    assert (state.status, dict(state.stamps)) == before


@given(st.lists(st.integers(0, 20), max_size=30))
def test_every_order_can_be_closed_by_legal_moves(steps: list[int]) -> None:
    state = _walk(steps)
    for step in path_to_closed(state.status):
        state = move(state, step, START + timedelta(days=9))
    assert state.status in (S.CLOSED, S.ARCHIVED)


def test_every_state_but_the_first_can_be_reached_and_only_archived_is_the_end() -> None:
    assert {target for moves in MOVES.values() for target in moves} == set(OrderStatus) - {S.REGISTERED}
    assert [status for status in OrderStatus if not MOVES[status]] == [S.ARCHIVED]


def test_unknown_state_is_an_illegal_move_that_names_the_legal_ones() -> None:
    with pytest.raises(IllegalMove, match="legal: accepted, dispatched, handled"):
        move(opened(START), "done", START)


def test_skipped_steps_get_the_stamp_of_the_move_that_skipped_them() -> None:
    later = START + timedelta(hours=2)
    stamps = move(opened(START), S.HANDLED, later).stamps
    assert stamps["registered"] == START
    assert {stamps[name] for name in ("accepted", "dispatched", "acknowledged", "in_progress", "handled")} == {later}


def test_return_clears_what_followed_acceptance() -> None:
    state = move(move(opened(START), S.ACCEPTED, START), S.DISPATCHED, START)
    returned = move(state, S.ACCEPTED, START + timedelta(hours=1))
    assert set(returned.stamps) == {"registered", "accepted"}
    assert returned.stamps["accepted"] == START


def test_reopen_clears_handled_item_cleared_and_what_follows() -> None:
    state = stamp(move(opened(START), S.HANDLED, START), "item_cleared", START)
    state = move(state, S.CLOSED, START)
    reopened = move(state, S.IN_PROGRESS, START)
    assert reopened.status is S.IN_PROGRESS
    assert not {"handled", "closed", "item_cleared"} & set(reopened.stamps)
    assert is_backward(S.CLOSED, S.IN_PROGRESS)


def test_extra_stamp_is_set_once_and_only_by_its_name() -> None:
    state = stamp(opened(START), "replied", START)
    assert stamp(state, "replied", START + timedelta(hours=1)).stamps["replied"] == START
    with pytest.raises(IllegalMove):
        stamp(state, "closed", START)
