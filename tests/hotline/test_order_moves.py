"""The table of moves: every row reachable, every guard asked, and any walk keeps the indicators' identity."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ccengine.hotline.indicators import OrderFacts, Stamp, count
from ccengine.hotline.order_moves import (
    BY_NAME,
    GUARDS,
    MOVES,
    NAMES,
    TABLE,
    MoveFacts,
    moves_from,
    plain_move,
    refused_by,
)
from ccengine.hotline.order_status import ORDER, OrderStatus, is_backward
from ccengine.hotline.work_order import opened, shifted, stamp

S = OrderStatus
START = datetime(2026, 11, 20, tzinfo=UTC)
#: Facts in which every guard but `suspended` agrees.
GOOD = MoveFacts(status=S.VISITED, actor="user:a", graded=True, tries=1)


def test_names_and_targets_are_told_apart() -> None:
    assert len(BY_NAME) == len(TABLE)
    for status in OrderStatus:
        plain = [move.to for move in moves_from(status) if move.plain]
        assert len(plain) == len(set(plain)), "a target state tells one plain move"
        assert tuple(plain) == MOVES[status]
        assert all(move.to is not None for move in moves_from(status) if move.plain)


def test_moves_that_go_back_need_a_reason() -> None:
    for move in TABLE:
        back = [source for source in move.sources if move.to is not None and is_backward(source, move.to)]
        assert not back or move.reason, move.name


def test_guards_of_the_table_are_those_that_are_known() -> None:
    assert {guard for move in TABLE for guard in move.guards} == set(GUARDS)


@pytest.mark.parametrize(
    ("move", "bad", "guard"),
    [
        ("acknowledge", {"is_crew": False}, "own_crew"),
        ("start", {"suspended": True}, "not_suspended"),
        ("handle", {"suspended": True}, "not_suspended"),
        ("handle", {"photos_missing": True}, "photos_taken"),
        ("resume", {"suspended": False}, "suspended"),
        ("inspect", {"worked": frozenset({"user:a"})}, "not_own_work"),
        ("visit", {"inspection_needed": True, "status": S.HANDLED}, "inspected_first"),
        ("visit", {"graded": False, "tries": 0}, "visit_recorded"),
        ("close", {"inspection_needed": True, "status": S.HANDLED}, "inspected_first"),
        ("close", {"visit_needed": True, "graded": False, "tries": 2, "tries_needed": 3}, "graded_or_tried"),
    ],
)
def test_guard_refuses_what_it_is_there_for(move: str, bad: dict[str, object], guard: str) -> None:
    good = replace(GOOD, suspended=move == "resume")
    assert refused_by(BY_NAME[move], good) is None
    assert refused_by(BY_NAME[move], replace(good, **bad)) == guard  # type: ignore[arg-type]


def test_as_many_tries_as_the_rule_asks_for_stand_for_a_grade() -> None:
    tried = replace(GOOD, graded=False, visit_needed=True, tries=3, tries_needed=3)
    assert refused_by(BY_NAME["close"], tried) is None


def test_plain_move_is_found_by_its_target_only() -> None:
    assert plain_move(S.HANDLED, "in_progress") is BY_NAME["reopen"]
    assert plain_move(S.IN_PROGRESS, "dispatched") is None, "reassign is known by its name"
    assert plain_move(S.REGISTERED, "nonsense") is None


#: What may stand in a move's way, one at a time.
LACKS: tuple[dict[str, Any], ...] = (
    {},
    {"is_crew": False},
    {"photos_missing": True},
    {"worked": frozenset({"user:a"})},
    {"inspection_needed": True},
    {"visit_needed": True, "graded": False, "tries": 0, "tries_needed": 3},
)


class RandomMoves(RuleBasedStateMachine):
    """An order under any sequence of legal and illegal moves, an hour (or no time at all) apart. What it was at every
    moment is kept as reports see it: stamps, and until when they stood."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.state = opened(START)
        self.suspended = False
        self.lost: list[tuple[str, Stamp]] = []

    @rule(name=st.sampled_from(NAMES), hours=st.integers(0, 2), lacking=st.sampled_from(LACKS))
    def move(self, name: str, hours: int, lacking: dict[str, Any]) -> None:
        self.now += timedelta(hours=hours)
        move, before = BY_NAME[name], (self.state.status, dict(self.state.stamps))
        facts = replace(GOOD, status=self.state.status, suspended=self.suspended, **lacking)
        legal = self.state.status in move.sources and refused_by(move, facts) is None
        if legal and move.to is not None:
            self.state = shifted(self.state, move.to, self.now)
            self.suspended = False
            now = self.state.stamps
            gone = [(name, at) for name, at in before[1].items() if now.get(name) != at]
            self.lost += [(name, Stamp(at=at, until=self.now)) for name, at in gone]
        elif legal:
            self.suspended = {"suspend": True, "resume": False}.get(name, self.suspended)
        else:
            assert (self.state.status, dict(self.state.stamps)) == before
            assert name not in [one.name for one in moves_from(before[0]) if refused_by(one, facts) is None]

    @rule(name=st.sampled_from(("item_cleared", "replied")))
    def stamp(self, name: str) -> None:
        if self.state.status is not S.ARCHIVED:
            self.state = stamp(self.state, name, self.now)

    @invariant()
    def identity_of_the_indicators_holds_at_every_moment_so_far(self) -> None:
        """2 not accepted + 3 not acknowledged + 4 not handled + 7 handled = 1 registered, as the report counts them."""
        standing = [(name, Stamp(at=at)) for name, at in self.state.stamps.items()]
        stamps: dict[str, list[Stamp]] = {}
        for name, one in (*self.lost, *standing):
            stamps.setdefault(name, []).append(one)
        facts = OrderFacts(registered_at=START, stamps=stamps)
        for cut_off in {self.now, *(one.at for _, one in (*self.lost, *standing))}:
            sums = count([facts], cut_off)
            assert sums.not_accepted + sums.not_acknowledged + sums.not_handled + sums.handled == sums.registered == 1
        told = count([facts], self.now)
        assert bool(told.handled) == ("handled" in self.state.stamps)

    @invariant()
    def stamps_are_those_of_the_states_up_to_now_and_in_order(self) -> None:
        reached = {status.value for status in ORDER[: ORDER.index(self.state.status) + 1]}
        assert set(self.state.stamps) - {"item_cleared", "replied"} == reached
        moments = [self.state.stamps[status.value] for status in ORDER if status.value in reached]
        assert moments == sorted(moments)
        assert moments[-1] <= self.now

    @invariant()
    def only_work_that_is_not_done_stands_still(self) -> None:
        assert not self.suspended or "handled" not in self.state.stamps


TestRandomMoves = RandomMoves.TestCase
TestRandomMoves.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
