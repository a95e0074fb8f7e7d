"""How many calls to begin for agents, so that they are busy and hardly anybody who answers is left without one.

The rule: as many calls as keep the expected share of people without an agent below what the cap still allows. A call
that has rung long is hardly answered any more; an agent in wrap-up is free soon, one in a talk is not. Plan and
caution are fed back from the share measured. Below ten agents, with a stale view, or with the cap reached: one call for
each free agent. Never a call without an agent.
Source: Samuelson, Interfaces 29(5) 1999; Linden, Uppsala IT 10 047, 2010; constants by `make bench ONLY=pacing`.
What does not live here: caps of the trunk (services/dialling.py), when a target may be called (retry.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import erfc, exp, pi, sqrt

#: Fewer agents than this are paced one to one: with so few, chance alone breaks any cap.
LEAST_AGENTS = 10
#: An older picture of the agents is not trusted.
STALE_SECONDS = 2.0
#: Never more calls under way than this for each agent signed in.
MOST_PER_AGENT = 4.0
#: Until so many people have answered, the measured share is not the cap's.
LEAST_ANSWERED = 50
#: A person who answered waits so long for an agent.
PATIENCE_SECONDS = 2.0

#: The share aimed at, of the cap: chance needs the rest.
_AIM = 0.85
#: The plan when the aim is met, of the cap: each second plans anew and estimates err, so that many times more is lost.
_PLAN = 0.01
_LARGEST_PLAN = 6.5
#: How strongly plan and caution follow the distance from the aim, below it and above it; how many answers it takes
#: until half of a distance is believed. Bad news is believed sooner: boldness is paid for with an hour at the cap.
_BOLDER, _SHYER = (12.0, 1.9, 300), (30.0, 3.0, 80)
#: Those who answer are never believed to be fewer than this share of the estimate, nor more than this multiple.
_FEWER, _MORE = 0.64, 2.5
#: So much of the chance to be answered is left to a call that has rung longer than any other.
_LATE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPicture:
    """The agents of one queue now. `free`: ready for a call; `busy`: talking, ringing or in wrap-up; `wrapping`: those
    of the busy in wrap-up; `waiting`: people who answered and have no agent yet; `age_seconds`: how old the picture is.
    """

    free: int
    busy: int
    wrapping: int = 0
    waiting: int = 0
    age_seconds: float = 0.0

    @property
    def signed_in(self) -> int:
        """How many there are, those on a pause not counted."""
        return self.free + self.busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """What the last calls taught. `ring_seconds`: until the answer, where there was one; `handle_seconds`: talk and
    wrap-up, `wrap_seconds` of it wrap-up; `abandoned_share`: of the day or of 30 days, `answered`: what it is of."""

    answer_rate: float = 0.5
    ring_seconds: float = 12.0
    handle_seconds: float = 90.0
    wrap_seconds: float = 0.0
    abandoned_share: float = 0.0
    answered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """Calls under way whose people have not come to the queue yet: how many, how many of them will, the variance of
    that."""

    calls: int
    expected: float
    variance: float


def ringing(rung_seconds: Iterable[float], seen: Experience, answered: int = 0) -> Ringing:
    """Return what is to be expected of the calls that have rung so long, and of those that are `answered` already."""
    chances = [answer_chance(one, seen) for one in rung_seconds]
    variance = sum(one * (1.0 - one) for one in chances)
    return Ringing(calls=len(chances) + answered, expected=sum(chances) + answered, variance=variance)


def answer_chance(rung_seconds: float, seen: Experience) -> float:
    """Return how likely a call is answered that has rung so long: answers come evenly up to twice their mean time."""
    left = 1.0 - max(rung_seconds, 0.0) / (2.0 * max(seen.ring_seconds, 0.5))
    answered = _answer_rate(seen) * max(left, _LATE)
    return answered / (answered + 1.0 - _answer_rate(seen))


def _answer_rate(seen: Experience) -> float:
    return min(max(seen.answer_rate, 0.02), 1.0)


def progressive(picture: AgentPicture, in_flight: int) -> int:
    """Return how many calls to begin when each free agent gets one."""
    return max(0, picture.free - picture.waiting - in_flight)


def predictive(picture: AgentPicture, under_way: Ringing, seen: Experience, cap_share: float) -> int:
    """Return how many calls to begin now.

    Args:
        picture: the agents now.
        under_way: the calls whose people have not come to the queue yet.
        seen: what the last calls taught.
        cap_share: highest allowed share of answered people without an agent, 0.03 for 3 %.
    """
    agents = picture.signed_in
    if not agents:
        return 0
    one_each = progressive(picture, under_way.calls)
    allowed = allowance(seen, cap_share)
    if agents < LEAST_AGENTS or picture.age_seconds > STALE_SECONDS or allowed <= 0:
        return one_each
    most = int(agents * MOST_PER_AGENT) - under_way.calls
    if most <= 0:
        return 0
    more = caution(seen, cap_share)
    answer = min(_answer_rate(seen) * more, 1.0)
    freed, spread = _freed(picture, seen)
    expected = under_way.expected * more
    lacking = expected + picture.waiting - picture.free - freed
    begun = _largest(lacking, under_way.variance * more + spread, expected, answer, allowed, most)
    return max(begun, min(one_each, most))


def allowance(seen: Experience, cap_share: float) -> float:
    """Return the share that the next calls may be planned with: more below the aim, much less above it, nothing once
    the cap is reached."""
    if cap_share <= 0 or (seen.answered >= LEAST_ANSWERED and seen.abandoned_share >= cap_share):
        return 0.0
    spare, (steep, _, _) = _spare(seen, cap_share)
    return cap_share * min(_PLAN * exp(steep * spare), _LARGEST_PLAN)


def caution(seen: Experience, cap_share: float) -> float:
    """Return how many times the estimated answers to reckon with: an estimate too low shows in the abandoned share."""
    spare, (_, steep, _) = _spare(seen, cap_share)
    return min(max(exp(-steep * spare), _FEWER), _MORE)


def _spare(seen: Experience, cap_share: float) -> tuple[float, tuple[float, float, int]]:
    """Return how far the measured share is below the aim, in caps, as far as so few answers can tell; how to follow."""
    spare = _AIM - min(seen.abandoned_share / cap_share, 10.0)
    follow = _BOLDER if spare >= 0 else _SHYER
    return spare * seen.answered / (seen.answered + follow[2]), follow


def _freed(picture: AgentPicture, seen: Experience) -> tuple[float, float]:
    """Return how many agents become free until a call begun now is answered and its person has waited, and the
    variance: who is in wrap-up now, and whose talk ends so early that the wrap-up is over by then."""
    ahead = max(seen.ring_seconds, 0.5) + PATIENCE_SECONDS
    wrap = max(seen.wrap_seconds, 0.0)
    wrapping = min(picture.wrapping, picture.busy)
    soon = min(1.0, ahead / wrap) if wrap else 1.0
    talk = max(seen.handle_seconds - wrap, 1.0)
    later = 1.0 - exp(-max(0.0, ahead - wrap) / talk)
    talking = picture.busy - wrapping
    mean = wrapping * soon + talking * later
    return mean, wrapping * soon * (1.0 - soon) + talking * later * (1.0 - later)


def _largest(lacking: float, variance: float, expected: float, answer: float, allowed: float, most: int) -> int:
    """Return the largest number of further calls with which the expected number of people without an agent is at most
    the allowed share of those who answer.

    The difference of the two is convex in the number of calls: Newton's steps from above end at its last zero.
    """
    calls = float(most)
    for _ in range(40):
        spread = max(variance + calls * answer * (1.0 - answer), 1e-4)
        overflow, slope = _overflow(lacking + calls * answer, sqrt(spread), answer * (1.0 - answer) / 2)
        beyond = overflow - allowed * (expected + calls * answer)
        if beyond <= 1e-9:
            return int(calls + 1e-6)
        steep = slope[0] * answer + slope[1] - allowed * answer
        if steep <= 1e-12 or (calls := calls - beyond / steep) < 1.0:
            return 0
    return int(calls)


def _overflow(mean: float, deviation: float, wider: float) -> tuple[float, tuple[float, float]]:
    """Return E[(X)+] of a normal X, and how fast it grows: with its mean, with its variance (2 × `wider`)."""
    z = mean / deviation
    density = exp(-min(z * z, 1000.0) / 2) / sqrt(2 * pi)
    beyond = erfc(-z / sqrt(2)) / 2
    return deviation * density + mean * beyond, (beyond, wider * density / deviation)
