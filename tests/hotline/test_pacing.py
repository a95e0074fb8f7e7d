"""Rules of pacing that hold for any situation."""

from __future__ import annotations

from dataclasses import replace
from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.pacing import (
    LEAST_AGENTS,
    MOST_PER_AGENT,
    AgentPicture,
    Experience,
    _overflow,
    allowance,
    answer_chance,
    caution,
    predictive,
    progressive,
    ringing,
)

pictures = st.builds(
    AgentPicture,
    free=st.integers(0, 60),
    busy=st.integers(0, 60),
    wrapping=st.integers(0, 30),
    waiting=st.integers(0, 10),
    age_seconds=st.sampled_from([0.0, 1.0, 3.0]),
)
experiences = st.builds(
    Experience,
    answer_rate=st.floats(0, 1),
    ring_seconds=st.floats(0, 60),
    handle_seconds=st.floats(0, 600),
    wrap_seconds=st.floats(0, 60),
    abandoned_share=st.floats(0, 1),
    answered=st.integers(0, 1000),
)
rung = st.lists(st.floats(0, 60), max_size=200)


@given(pictures, rung, experiences)
def test_never_a_call_without_an_agent(picture: AgentPicture, rings: list[float], seen: Experience) -> None:
    begun = predictive(picture, ringing(rings, seen), seen, 0.03)
    assert begun >= 0
    if not picture.signed_in:
        assert begun == 0
    assert begun == 0 or len(rings) + begun <= max(MOST_PER_AGENT * picture.signed_in, picture.free)


@given(pictures, rung, experiences)
def test_one_to_one_when_few_stale_or_over_the_cap(picture: AgentPicture, rings: list[float], seen: Experience) -> None:
    over = seen.abandoned_share >= 0.03 and seen.answered >= 50
    if picture.signed_in < LEAST_AGENTS or picture.age_seconds > 2 or over:
        assert predictive(picture, ringing(rings, seen), seen, 0.03) == (
            progressive(picture, len(rings)) if picture.signed_in else 0
        )


@given(pictures, st.lists(st.floats(0, 60), max_size=100), st.floats(0, 60), experiences)
def test_more_calls_under_way_never_allow_more_new_ones(
    picture: AgentPicture, rings: list[float], another: float, seen: Experience
) -> None:
    more = predictive(picture, ringing([*rings, another], seen), seen, 0.03)
    assert more <= predictive(picture, ringing(rings, seen), seen, 0.03)


@given(pictures, rung, experiences)
def test_an_agent_more_never_allows_fewer_calls(picture: AgentPicture, rings: list[float], seen: Experience) -> None:
    under_way = ringing(rings, seen)
    more = predictive(replace(picture, free=picture.free + 1), under_way, seen, 0.03)
    assert more >= predictive(picture, under_way, seen, 0.03)


@given(st.floats(0, 0.2), st.integers(50, 10_000))
def test_allowance_falls_and_caution_grows_as_the_measured_share_rises(share: float, answered: int) -> None:
    below = Experience(abandoned_share=share, answered=answered)
    above = replace(below, abandoned_share=share + 0.005)
    assert allowance(below, 0.03) >= allowance(above, 0.03) >= 0
    assert caution(below, 0.03) <= caution(above, 0.03)
    assert allowance(replace(below, abandoned_share=0.03), 0.03) == 0


def test_no_abandoned_call_allowed_is_one_to_one() -> None:
    assert predictive(AgentPicture(free=5, busy=20), ringing([], Experience()), Experience(), 0.0) == 5


@given(st.floats(0.05, 0.95), st.floats(1, 30))
def test_chance_of_an_answer_falls_while_it_rings(rate: float, ring: float) -> None:
    seen = Experience(answer_rate=rate, ring_seconds=ring)
    chances = [answer_chance(second, seen) for second in range(60)]
    assert isclose(chances[0], rate) and chances == sorted(chances, reverse=True) and chances[-1] > 0


def test_agents_in_wrap_up_are_soon_free() -> None:
    seen = Experience(answer_rate=0.3, ring_seconds=11, handle_seconds=120, wrap_seconds=15)
    counts = [
        predictive(AgentPicture(free=2, busy=18, wrapping=many), ringing([], seen), seen, 0.03)
        for many in range(0, 19, 6)
    ]
    assert counts == sorted(set(counts))


def test_overflow_is_that_of_the_textbook() -> None:
    found, (slope, _) = _overflow(0.0, 2.0, 0.0)
    assert isclose(found, 2.0 / 2.5066282746) and isclose(slope, 0.5)
    assert isclose(_overflow(50.0, 2.0, 0.0)[0], 50.0) and _overflow(-50.0, 2.0, 0.0)[0] < 1e-9
