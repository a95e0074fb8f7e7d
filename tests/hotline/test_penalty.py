"""Penalties: min(left, 500·u + 300·c), whatever the order in which they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.penalty import PenaltyKind, amount_of, deducted
from ccengine.hotline.sla import Step

_kinds = st.lists(st.sampled_from([PenaltyKind.URGENT, PenaltyKind.INDIVIDUAL]), max_size=30)


def test_amounts_are_those_of_the_contract() -> None:
    assert amount_of(PenaltyKind.URGENT, Step.RESPOND) == 50_000
    assert amount_of(PenaltyKind.INDIVIDUAL, Step.HANDLE) == 30_000
    assert amount_of(PenaltyKind.URGENT, Step.ACKNOWLEDGE) == amount_of(PenaltyKind.NONE, Step.HANDLE) == 0


@given(st.integers(0, 2_000_000), _kinds)
def test_deduction_is_the_sum_up_to_the_retention_money(retention: int, kinds: list[PenaltyKind]) -> None:
    urgent, individual = kinds.count(PenaltyKind.URGENT), kinds.count(PenaltyKind.INDIVIDUAL)
    costs = sum(amount_of(kind, Step.HANDLE) for kind in kinds)
    assert deducted(retention, urgent, individual) == min(retention, costs)


def test_used_up_retention_money_gives_nothing() -> None:
    assert deducted(60_000, 2, 1) == 60_000
    assert deducted(-1, 1, 0) == 0
