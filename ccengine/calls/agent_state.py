"""An agent's state: from four small things the PBX tells (membership, pause, phone, legs) by one table.

A state is never moved by hand, so events in any order end in the same state. What does not live here: which leg belongs
to which agent (tracker).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ccengine.calls.pbx_events import DeviceState, Member, MemberChange
from ccengine.values import Direction

WRAP_UP = "wrap_up"


class AgentState(StrEnum):
    """What an agent does, one of eight."""

    AVAILABLE = "available"
    RINGING = "ringing"
    TALKING = "talking"
    ON_HOLD = "on_hold"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    SIGNED_OUT = "signed_out"
    UNREACHABLE = "unreachable"


class Engagement(StrEnum):
    """What the agent's phone does for us, the strongest of its legs."""

    NONE = "none"
    RINGING = "ringing"
    ON_HOLD = "on_hold"
    TALKING = "talking"


class Membership(StrEnum):
    """Whether the agent is in a queue. `unknown`: nothing was told yet, any news is believed."""

    UNKNOWN = "unknown"
    OUT = "out"
    IN = "in"
    PAUSED = "paused"


#: What a change of a member does to the membership; a pair that is missing is an anomaly and changes nothing.
#: Keys: (membership, change, paused as told).
MEMBERSHIP: dict[tuple[Membership, MemberChange, bool], Membership] = {
    **{(old, MemberChange.ADDED, False): Membership.IN for old in Membership},
    **{(old, MemberChange.ADDED, True): Membership.PAUSED for old in Membership},
    **{(old, MemberChange.REMOVED, paused): Membership.OUT for old in Membership for paused in (False, True)},
    **{
        (old, change, paused): Membership.PAUSED if paused else Membership.IN
        for old in (Membership.UNKNOWN, Membership.IN, Membership.PAUSED)
        for change in (MemberChange.PAUSE, MemberChange.STATUS)
        for paused in (False, True)
    },
}


@dataclass(slots=True, kw_only=True)
class Agent:
    """One agent as the tracker keeps it."""

    number: str
    extension: str = ""
    membership: Membership = Membership.UNKNOWN
    reason: str = ""
    device: DeviceState = DeviceState.UNKNOWN
    engagement: Engagement = Engagement.NONE
    call_id: str | None = None
    leg_id: str | None = None
    direction: Direction | None = None
    state: AgentState = AgentState.SIGNED_OUT
    told_reason: str | None = None  # the shown reason as it was told last
    since: datetime | None = None

    @property
    def shown_reason(self) -> str | None:
        """The pause's reason while the pause is what the agent does."""
        return self.reason or None if self.state in (AgentState.PAUSED, AgentState.WRAP_UP) else None

    def apply(self, change: MemberChange, member: Member) -> bool:
        """Take a member's news; False, and nothing changed, where it is illegal."""
        moved = MEMBERSHIP.get((self.membership, change, member.paused))
        if moved is None:
            return False
        self.membership = moved
        self.reason = member.reason if moved is Membership.PAUSED else ""
        self.device = DeviceState.UNKNOWN if moved is Membership.OUT else member.device
        return True


#: Read from the top: the first row that fits is the agent's state.
STATES: tuple[tuple[Callable[[Agent], bool], AgentState], ...] = (
    (lambda a: a.engagement is Engagement.TALKING, AgentState.TALKING),
    (lambda a: a.engagement is Engagement.ON_HOLD, AgentState.ON_HOLD),
    (lambda a: a.membership in (Membership.OUT, Membership.UNKNOWN), AgentState.SIGNED_OUT),
    (lambda a: a.engagement is Engagement.RINGING, AgentState.RINGING),
    (lambda a: a.membership is Membership.PAUSED and a.reason == WRAP_UP, AgentState.WRAP_UP),
    (lambda a: a.membership is Membership.PAUSED, AgentState.PAUSED),
    (lambda a: a.device is DeviceState.UNREACHABLE, AgentState.UNREACHABLE),
    (lambda a: True, AgentState.AVAILABLE),
)


def state_of(agent: Agent) -> AgentState:
    """Return the state that follows from what is known of the agent."""
    return next(state for fits, state in STATES if fits(agent))
