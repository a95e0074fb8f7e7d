"""How many calls to begin for agents, so that they are busy and hardly anybody who answers is left without one.

The rule: one more call as long as, of the people expected to answer, the expected share without an agent stays below
what the cap still allows. Fed back with the share measured. Below ten agents, with a stale view, or with the cap
reached: one call for each free agent. Never a call without an agent.
Source: Samuelson, Interfaces 29(5) 1999; Linden, Uppsala IT 10 047, 2010.
What does not live here: caps of the trunk (services/dialling.py), when a target may be called (retry.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

#: Fewer agents than this are paced one to one: with so few, chance alone breaks any cap.
LEAST_AGENTS = 10
#: An older picture of the agents is not trusted.
STALE_SECONDS = 2.0
#: Never more calls under way than this for each agent signed in.
MOST_PER_AGENT = 4.0
#: Until so many people have answered, the measured share says nothing.
LEAST_ANSWERED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPicture:
    """The agents of one queue now. `free`: ready for a call; `busy`: talking, ringing or in wrap-up; `waiting`: people
    who answered and have no agent yet; `age_seconds`: how old the picture is."""

    free: int
    busy: int
    waiting: int = 0
    age_seconds: float = 0.0

    @property
    def signed_in(self) -> int:
        """How many there are, those on a pause not counted."""
        return self.free + self.busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """What the last calls taught. `abandoned_share` is the larger one of day and 30 days, `answered` what it is of."""

    answer_rate: float = 0.5
    ring_seconds: float = 12.0
    handle_seconds: float = 90.0
    abandoned_share: float = 0.0
    answered: int = 0


def progressive(picture: AgentPicture, in_flight: int) -> int:
    """Return how many calls to begin when each free agent gets one."""
    return max(0, picture.free - picture.waiting - in_flight)


def predictive(picture: AgentPicture, in_flight: int, seen: Experience, cap_share: float) -> int:
    """Return how many calls to begin now.

    Args:
        picture: the agents now.
        in_flight: calls under way that nobody has answered yet.
        seen: what the last calls taught.
        cap_share: highest allowed share of answered people without an agent, 0.03 for 3 %.
    """
    agents = picture.signed_in
    if not agents:
        return 0
    allowed = allowance(seen, cap_share)
    if agents < LEAST_AGENTS or picture.age_seconds > STALE_SECONDS or allowed <= 0:
        return progressive(picture, in_flight)
    answer = min(max(seen.answer_rate, 0.02), 1.0)
    soon = 1.0 - exp(-max(seen.ring_seconds, 0.5) / max(seen.handle_seconds, 1.0))
    most = int(agents * MOST_PER_AGENT) - in_flight
    return _largest(picture, in_flight, answer, soon, allowed, most)


def allowance(seen: Experience, cap_share: float) -> float:
    """Return the share that the next calls may be planned with: what is spared below the cap is used up, what lies
    above it is paid back; nothing once the cap is reached."""
    if seen.answered < LEAST_ANSWERED:
        return cap_share * 0.7
    if seen.abandoned_share >= cap_share:
        return 0.0
    left = (cap_share - seen.abandoned_share) / cap_share
    return cap_share * min(2.0, 0.3 + 2.2 * left)


def _largest(picture: AgentPicture, in_flight: int, answer: float, soon: float, allowed: float, most: int) -> int:
    """Return the largest number of further calls for which the expected share of people without an agent is allowed."""
    free = picture.free - picture.waiting
    freed = binomial(picture.busy, soon)
    answered = binomial(in_flight, answer)
    begun = 0
    while begun < most:
        answered = _one_more(answered, answer)
        expected = (in_flight + begun + 1) * answer
        if _overflow(answered, free, freed) > allowed * expected:
            break
        begun += 1
    return max(begun, min(progressive(picture, in_flight), max(most, 0)))


def binomial(count: int, share: float) -> list[float]:
    """Return the probabilities of 0 … count successes."""
    found = [1.0]
    for _ in range(count):
        found = _one_more(found, share)
    return found


def _one_more(probabilities: Sequence[float], share: float) -> list[float]:
    grown = [value * (1.0 - share) for value in probabilities] + [0.0]
    for index, value in enumerate(probabilities):
        grown[index + 1] += value * share
    return grown


def _overflow(answered: Sequence[float], free: int, freed: Sequence[float]) -> float:
    """Return the expected number of people who answer and find no agent."""
    beyond = _beyond(answered)
    total = 0.0
    for more, probability in enumerate(freed):
        agents = free + more
        if agents < 0:
            mean = sum(index * value for index, value in enumerate(answered))
            total += probability * (mean - agents)
        elif agents < len(beyond):
            total += probability * beyond[agents]
    return total


def _beyond(probabilities: Sequence[float]) -> list[float]:
    """Return E[(X - n)+] for n = 0 … len - 1, by sums from the end."""
    tail, excess = 0.0, 0.0
    found = [0.0] * len(probabilities)
    for index in range(len(probabilities) - 1, -1, -1):
        excess += tail
        found[index] = excess
        tail += probabilities[index]
    return found
