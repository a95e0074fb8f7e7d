"""Rules of pacing that hold for any situation."""

from __future__ import annotations

from math import comb, isclose

from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.pacing import (
    LEAST_AGENTS,
    MOST_PER_AGENT,
    AgentPicture,
    Experience,
    _beyond,
    allowance,
    binomial,
    predictive,
    progressive,
)

pictures = st.builds(
    AgentPicture,
    free=st.integers(0, 60),
    busy=st.integers(0, 60),
    waiting=st.integers(0, 10),
    age_seconds=st.sampled_from([0.0, 1.0, 3.0]),
)
experiences = st.builds(
    Experience,
    answer_rate=st.floats(0, 1),
    ring_seconds=st.floats(0, 60),
    handle_seconds=st.floats(0, 600),
    abandoned_share=st.floats(0, 0.1),
    answered=st.integers(0, 1000),
)


@given(pictures, st.integers(0, 200), experiences)
def test_never_a_call_without_an_agent(picture: AgentPicture, in_flight: int, seen: Experience) -> None:
    begun = predictive(picture, in_flight, seen, 0.03)
    assert begun >= 0
    if not picture.signed_in:
        assert begun == 0
    assert begun == 0 or in_flight + begun <= max(MOST_PER_AGENT * picture.signed_in, picture.free)


@given(pictures, st.integers(0, 200), experiences)
def test_one_to_one_when_few_stale_or_over_the_cap(picture: AgentPicture, in_flight: int, seen: Experience) -> None:
    over = seen.abandoned_share >= 0.03 and seen.answered >= 50
    if picture.signed_in < LEAST_AGENTS or picture.age_seconds > 2 or over:
        assert predictive(picture, in_flight, seen, 0.03) == (
            progressive(picture, in_flight) if picture.signed_in else 0
        )


@given(pictures, st.integers(0, 100), experiences)
def test_more_calls_under_way_never_allow_more_new_ones(
    picture: AgentPicture, in_flight: int, seen: Experience
) -> None:
    assert predictive(picture, in_flight + 1, seen, 0.03) <= predictive(picture, in_flight, seen, 0.03)


@given(st.floats(0, 0.2), st.integers(50, 10_000))
def test_allowance_falls_as_the_measured_share_rises(share: float, answered: int) -> None:
    lower = allowance(Experience(abandoned_share=share, answered=answered), 0.03)
    higher = allowance(Experience(abandoned_share=share + 0.005, answered=answered), 0.03)
    assert lower >= higher >= 0
    assert allowance(Experience(abandoned_share=0.03, answered=answered), 0.03) == 0


def test_probabilities_are_those_of_the_textbook() -> None:
    found = binomial(12, 0.3)
    assert all(isclose(value, comb(12, n) * 0.3**n * 0.7 ** (12 - n)) for n, value in enumerate(found))
    beyond = _beyond(found)
    assert isclose(beyond[0], 12 * 0.3)
    assert isclose(beyond[2], sum((n - 2) * value for n, value in enumerate(found) if n > 2))
