"""Penalties: min(left, 500·u + 300·c), whatever the order in which they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.penalty import PenaltyKind, allocate, amount_of, deducted
from ccengine.hotline.sla import Step

_kinds = st.lists(st.sampled_from([PenaltyKind.URGENT, PenaltyKind.INDIVIDUAL]), max_size=30)


def test_amounts_are_those_of_the_contract() -> None:
    assert amount_of(PenaltyKind.URGENT, Step.RESPOND) == 50_000
    assert amount_of(PenaltyKind.INDIVIDUAL, Step.HANDLE) == 30_000
    assert amount_of(PenaltyKind.URGENT, Step.ACKNOWLEDGE) == amount_of(PenaltyKind.NONE, Step.HANDLE) == 0


@given(st.integers(0, 2_000_000), _kinds)
def test_one_by_one_takes_what_the_formula_says(retention: int, kinds: list[PenaltyKind]) -> None:
    taken = allocate(retention, [amount_of(kind, Step.HANDLE) for kind in kinds])
    urgent, individual = kinds.count(PenaltyKind.URGENT), kinds.count(PenaltyKind.INDIVIDUAL)
    assert (
        sum(taken) == deducted(retention, urgent, individual) == min(retention, 50_000 * urgent + 30_000 * individual)
    )


def test_used_up_retention_money_gives_nothing() -> None:
    assert allocate(60_000, [50_000, 30_000, 50_000]) == (50_000, 10_000, 0)
    assert allocate(-1, [50_000]) == (0,)
