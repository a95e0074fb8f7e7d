"""The agents as the tracker keeps them: who is on which phone, what each one does, at most one call each.

What does not live here: events (tracker), the state table (agent_state), names of people (board).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ccengine.calls.agent_state import Agent, Engagement, Membership, state_of
from ccengine.calls.call import Call
from ccengine.calls.facts import AgentStateChanged
from ccengine.calls.families import Families
from ccengine.calls.leg import LegState, TrackedLeg
from ccengine.calls.live_record import agent_of
from ccengine.calls.pbx_events import Member, MemberChange
from ccengine.channels import LegKind
from ccengine.values import AGENT_NUMBER_PATTERN, Direction

_RANK = {Engagement.NONE: 0, Engagement.RINGING: 1, Engagement.ON_HOLD: 2, Engagement.TALKING: 3}
#: Rank, what the leg means, the leg, its call.
_Choice = tuple[tuple[bool, int, datetime, str], Engagement, TrackedLeg, Call]
_IN = (Membership.IN, Membership.PAUSED)


def extension_of(interface: str) -> str:
    """Return the extension of a queue member's interface, PJSIP/1001 -> 1001; empty for anything else."""
    technology, _, extension = interface.partition("/")
    return extension if technology == "PJSIP" and extension.isascii() and extension.isdigit() else ""


class People:
    """All agents ever heard of, by number."""

    def __init__(self, families: Families) -> None:
        self._families = families
        self.agents: dict[str, Agent] = {}
        self._on_phone: dict[str, str] = {}  # extension -> number of who is signed in there
        self._engaged: dict[str, str] = {}  # leg -> number of the agent whose leg it is
        self._touched: dict[str, TrackedLeg] = {}
        self._news: set[str] = set()

    def signed_in_on(self, extension: str) -> str | None:
        """The number of the agent signed in on a phone."""
        return self._on_phone.get(extension)

    def apply(self, change: MemberChange, member: Member) -> bool:
        """Take a queue member's news; False, and nothing changed, where it is late, illegal or not of ours."""
        extension = extension_of(member.interface)
        if not extension or not AGENT_NUMBER_PATTERN.fullmatch(member.agent_number):
            return False
        agent = self.agent(member.agent_number)
        elsewhere = agent.membership in _IN and agent.extension != extension
        if elsewhere and change is not MemberChange.ADDED:
            return False  # news of the phone left behind
        if not agent.apply(change, member):
            return False
        if agent.membership in _IN:
            self._forget_phones(agent.number)
            agent.extension = extension
            self._news.add(self._on_phone.get(extension, agent.number))
            self._on_phone[extension] = agent.number
        elif self._on_phone.get(extension) == agent.number:
            del self._on_phone[extension]
        return True

    def replace_members(self, members: Iterable[Member]) -> None:
        """Make the memberships what a full list says; several queues of one phone are one membership."""
        listed = list(members)
        present = {member.agent_number for member in listed}
        for agent in self.agents.values():
            if agent.number not in present and agent.membership in (*_IN, Membership.UNKNOWN):
                agent.membership, agent.reason = Membership.OUT, ""
                self._news.add(agent.number)
                self._forget_phones(agent.number)
        for member in listed:
            self.apply(MemberChange.ADDED, member)

    def _forget_phones(self, number: str) -> None:
        for extension in [extension for extension, found in self._on_phone.items() if found == number]:
            del self._on_phone[extension]

    def agent(self, number: str) -> Agent:
        """Return an agent, known from now on, to be looked at by the next `settle`."""
        self._news.add(number)
        return self.agents.setdefault(number, Agent(number=number))

    def touch(self, legs: Iterable[TrackedLeg]) -> None:
        """Note that something may have changed for whoever is on these legs; `settle` looks at them."""
        self._touched.update({leg.uniqueid: leg for leg in legs if leg.kind is LegKind.DEVICE})

    def settle(self, at: datetime) -> list[AgentStateChanged]:
        """Derive the state anew of every agent for whom something may have changed; return what changed."""
        if not self._touched and not self._news:
            return []
        numbers = set(self._news)
        extensions = {leg.extension for leg in self._touched.values()}
        for leg in self._touched.values():
            numbers |= {self._engaged.get(leg.uniqueid), self._number_on(leg)} - {None}  # type: ignore[arg-type]
        extensions |= {self.agents[number].extension for number in numbers if number in self.agents}
        self._touched, self._news = {}, set()
        chosen = self._choose(extensions)
        for number in sorted(chosen):
            self.agents.setdefault(number, Agent(number=number))
        facts = [
            self._settle_one(self.agents[number], chosen.get(number), at)
            for number in sorted(numbers | set(chosen))
            if number in self.agents
        ]
        return [fact for fact in facts if fact is not None]

    def _choose(self, extensions: Iterable[str]) -> dict[str, _Choice]:
        """For each agent on a leg of these phones the one leg that counts."""
        chosen: dict[str, _Choice] = {}
        for extension in extensions:
            for leg in self._families.on_extension.get(extension, {}).values():
                choice = self._choice(leg)
                number = self._number_on(leg) if choice else None
                if choice and number and (number not in chosen or choice[0] > chosen[number][0]):
                    chosen[number] = choice
        return chosen

    def _choice(self, leg: TrackedLeg) -> _Choice | None:
        if leg.state is LegState.ENDED:
            return None
        call = self._families.call_of(leg)
        engagement = _engagement(leg, call)
        if engagement is Engagement.NONE:
            return None
        return (call.anchor is not None, _RANK[engagement], leg.first_at, leg.uniqueid), engagement, leg, call

    def _number_on(self, leg: TrackedLeg) -> str | None:
        if leg.agent_number:
            return leg.agent_number
        if number := self.signed_in_on(leg.extension):
            return number
        return agent_of(self._families.call_of(leg), leg) if leg.uniqueid in self._families.legs else None

    def _settle_one(
        self,
        agent: Agent,
        choice: _Choice | None,
        at: datetime,
    ) -> AgentStateChanged | None:
        before = (agent.state, agent.call_id, agent.told_reason)
        previous, previous_call, direction = agent.state, agent.call_id, agent.direction
        self._engaged.pop(agent.leg_id or "", None)
        if choice is None:
            agent.engagement, agent.call_id, agent.leg_id = Engagement.NONE, None, None
            agent.direction = None
        else:
            _, agent.engagement, leg, call = choice
            agent.leg_id = leg.uniqueid
            self._engaged[leg.uniqueid] = agent.number
            agent.call_id = call.call_id if call.anchor is not None else None
            agent.direction = call.direction
            agent.extension = agent.extension or leg.extension
        agent.state = state_of(agent)
        if (agent.state, agent.call_id, agent.shown_reason) == before:
            return None
        if (agent.state, agent.shown_reason) != (previous, agent.told_reason) or agent.since is None:
            agent.since = at
        agent.told_reason = agent.shown_reason
        return AgentStateChanged(
            at=at,
            agent_number=agent.number,
            extension=agent.extension,
            state=agent.state,
            previous=previous,
            reason=agent.shown_reason,
            call_id=agent.call_id,
            previous_call_id=previous_call,
            direction=agent.direction or direction,
        )

    def at_work(self) -> dict[str, Agent]:
        """For each call the agent whose one call it is; the strongest engagement where several are on it."""
        busy = [agent for agent in self.agents.values() if agent.call_id is not None]
        busy.sort(key=lambda agent: (_RANK[agent.engagement], agent.number))
        return {agent.call_id: agent for agent in busy if agent.call_id is not None}


def _engagement(leg: TrackedLeg, call: Call) -> Engagement:
    """What a phone's leg means for who is on it."""
    if leg.rings_at_us:
        return Engagement.RINGING
    if leg.bridge:
        return Engagement.ON_HOLD if leg.held else Engagement.TALKING
    outside = call.anchor is not None and call.direction is Direction.OUTBOUND
    if outside and not leg.dialled:
        return Engagement.TALKING  # dialling out is work
    return Engagement.NONE
