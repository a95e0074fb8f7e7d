"""A few hundred of the permutations that `make faults` tries by the ten thousand."""

from __future__ import annotations

import permutations


def test_recorded_calls_told_in_any_way_give_the_same_records() -> None:
    assert permutations.run(250) == []


def test_permutation_that_differs_would_be_named() -> None:
    lines, queue = permutations.journal("answered")
    whole = permutations.interpret(lines, queue)
    half = permutations.interpret([line for line in lines if line.event != "BRIDGE_ENTER"], queue)
    assert whole != half
