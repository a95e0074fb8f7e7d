"""What marks come to, and that a draw can be made again by anybody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.talk_review import DEFAULT, Candidate, WrongMarks, draw, fingerprint, mark

FULL = {item.code: item.points for item in DEFAULT.items}


def test_marks_add_up_and_a_fatal_item_without_a_point_takes_all() -> None:
    whole = mark(DEFAULT, FULL)
    assert (whole.points, whole.most, whole.percent, whole.fatal) == (100, 100, 100.0, ())
    less = mark(DEFAULT, FULL | {"answer": 20, "greeting": 0})
    assert (less.points, less.percent, less.fatal) == (80, 80.0, ())
    rude = mark(DEFAULT, FULL | {"courtesy": 0})
    assert (rude.points, rude.percent, rude.fatal) == (0, 0.0, ("courtesy",))


@pytest.mark.parametrize(
    ("given_points", "code"),
    [
        (FULL | {"answer": 31}, "answer"),
        (FULL | {"answer": -1}, "answer"),
        ({"greeting": 1}, "courtesy"),
        (FULL | {"other": 1}, ""),
    ],
)
def test_marks_that_do_not_fit_are_refused_by_item(given_points: dict[str, int], code: str) -> None:
    with pytest.raises(WrongMarks) as refused:
        mark(DEFAULT, given_points)
    assert refused.value.code == code


_TALKS = st.lists(
    st.tuples(st.integers(0, 999), st.sampled_from(["8001", "8002", "8003"])), unique_by=lambda one: one[0], max_size=40
)


@given(
    _TALKS, st.randoms(use_true_random=False), st.text("0123456789abcdef", min_size=1, max_size=8), st.integers(1, 5)
)
def test_draw_depends_on_seed_and_talks_only(talks: list[tuple[int, str]], dice: object, seed: str, each: int) -> None:
    candidates = [Candidate(call_id=f"n1-{number}", agent_number=agent) for number, agent in talks]
    mixed = list(candidates)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    drawn = draw(candidates, seed, each)
    assert drawn == draw(mixed, seed, each) and fingerprint(candidates) == fingerprint(mixed)
    for agent in ("8001", "8002", "8003"):
        own = [one for one in candidates if one.agent_number == agent]
        assert sum(one.agent_number == agent for one in drawn) == min(each, len(own))


def test_draw_gives_each_talk_the_same_chance() -> None:
    candidates = [Candidate(call_id=f"n1-{number}", agent_number="8001") for number in range(10)]
    times = dict.fromkeys(candidates, 0)
    for seed in range(2000):
        for one in draw(candidates, str(seed), 2):
            times[one] += 1
    assert all(330 <= drawn <= 470 for drawn in times.values()), times
