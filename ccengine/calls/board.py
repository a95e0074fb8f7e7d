"""The board: what people see of now, made of the tracker's memory as one frozen picture.

What does not live here: today's figures (services/figures), names of people (they come in by `set_roster`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from ccengine.calls.agent_state import Agent, AgentState
from ccengine.calls.call import Call
from ccengine.calls.tracker import Tracker


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone on the roster: an agent whether signed in or not."""

    number: str
    name: str = ""
    extension: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """A queue."""

    queue: str
    waiting: int
    longest_wait_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """A caller who waits."""

    call_id: str
    caller_number: str
    caller_name: str
    queue: str
    position: int
    since: datetime
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLine:
    """An agent."""

    number: str
    name: str
    extension: str
    state: str
    reason: str | None
    since: datetime | None
    call_id: str | None
    peer_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    """A call on the trunk."""

    call_id: str
    direction: str
    state: str
    since: datetime | None
    started_at: datetime
    caller_number: str
    caller_name: str
    dialed_number: str
    queue: str | None
    agent_number: str | None
    menu_item: str | None
    language: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningLine:
    """A supervisor (`listener`, an agent number) who listens to an agent's talk, or whose phone rings for it."""

    listener: str
    extension: str
    agent_number: str
    call_id: str
    mode: str
    state: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSnapshot:
    """One picture of now."""

    at: datetime
    pbx_connected: bool
    stale: bool
    queues: tuple[QueueLine, ...]
    waiting: tuple[WaitingLine, ...]
    agents: tuple[AgentLine, ...]
    calls: tuple[CallLine, ...]
    listening: tuple[ListeningLine, ...] = ()
    today: Mapping[str, Any] = field(default_factory=dict)

    def agents_for_calls(self) -> list[AgentLine]:
        """Return the agents but those whose phone listens to a talk: no queue rings it."""
        listening = {line.listener for line in self.listening}
        return [line for line in self.agents if line.number not in listening]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON-ready data; times are ISO 8601 in UTC."""
        lists = {name: [_line(line) for line in getattr(self, name)] for name in _LISTS}
        plain = {"at": _text(self.at), "pbx_connected": self.pbx_connected, "stale": self.stale}
        return {**plain, **lists, "today": _plain(dict(self.today))}


_LISTS = ("queues", "waiting", "agents", "calls", "listening")


@lru_cache(maxsize=10_000)  # a moment stands on many pictures
def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


@lru_cache(maxsize=2_000)  # most stand on picture after picture; the same object is known at a glance as unchanged
def _line(line: QueueLine | WaitingLine | AgentLine | CallLine | ListeningLine) -> dict[str, Any]:
    """A line's fields are plain values and moments. What is returned is shared: nobody may change it."""
    found = {}
    for name in line.__slots__:
        value = getattr(line, name)
        found[name] = _text(value) if isinstance(value, datetime) else value
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _text(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


class Board:
    """Makes pictures of a tracker's memory."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._roster: dict[str, Person] = {}
        self._agent_lines: dict[str, tuple[tuple[object, ...], AgentLine]] = {}  # of what it was made, the last line

    def set_roster(self, people: Iterable[Person]) -> None:
        """Say who there is; agents of the PBX who are not on it are shown by their number."""
        self._roster = {person.number: person for person in people}

    def snapshot(self, now: datetime, today: Mapping[str, Any] | None = None) -> BoardSnapshot:
        """Return the picture of this moment."""
        calls = [call for call in self._tracker.families.calls if call.anchor is not None]
        waiting, at_work = self._waiting(calls), self._tracker.people.at_work()
        lines = [self._call(call, at_work.get(call.call_id)) for call in calls]
        return BoardSnapshot(
            at=now,
            pbx_connected=self._tracker.connected,
            stale=self._tracker.stale,
            queues=self._queues(waiting),
            waiting=waiting,
            agents=self._agents(calls),
            calls=tuple(sorted(lines, key=lambda line: (line.started_at, line.call_id))),
            listening=tuple(self._listening()),
            today=today or {},
        )

    def _listening(self) -> Iterator[ListeningLine]:
        for one in self._tracker.listening.all():
            found = self._tracker.talk_on(one.heard_leg)
            if found is not None:
                call_id, agent = found
                yield ListeningLine(
                    listener=one.listener,
                    extension=one.extension,
                    agent_number=agent,
                    call_id=call_id,
                    mode=one.mode,
                    state=one.state,
                    since=one.since,
                )

    def _waiting(self, calls: list[Call]) -> tuple[WaitingLine, ...]:
        lines = [
            WaitingLine(
                call_id=call.call_id,
                caller_number=call.caller_number,
                caller_name=call.caller_name,
                queue=wait.queue,
                position=wait.position,
                since=wait.joined_at,
                priority=wait.priority,
            )
            for call in calls
            if (wait := call.wait) is not None
        ]
        return tuple(sorted(lines, key=lambda line: (line.queue, line.position, line.since)))

    def _queues(self, waiting: tuple[WaitingLine, ...]) -> tuple[QueueLine, ...]:
        return tuple(
            QueueLine(
                queue=queue,
                waiting=sum(line.queue == queue for line in waiting),
                longest_wait_since=min((line.since for line in waiting if line.queue == queue), default=None),
            )
            for queue in sorted(self._tracker.queues)
        )

    def _agents(self, calls: list[Call]) -> tuple[AgentLine, ...]:
        peers = {call.call_id: call.peer_number for call in calls}
        known = self._tracker.people.agents
        numbers = sorted(self._roster.keys() | known.keys())
        return tuple(self._agent(known.get(number) or Agent(number=number), peers) for number in numbers)

    def _agent(self, agent: Agent, peers: Mapping[str, str]) -> AgentLine:
        """Return the agent's line, the last one while it holds: of a hundred agents few change between pictures."""
        person, peer = self._roster.get(agent.number), peers.get(agent.call_id or "")
        reason = agent.shown_reason
        made_of = (person, agent.extension, agent.state, reason, agent.since, agent.call_id, peer)
        kept = self._agent_lines.get(agent.number)
        if kept is None or kept[0] != made_of:
            kept = self._agent_lines[agent.number] = made_of, self._agent_line(agent, person, peer)
        return kept[1]

    def _agent_line(self, agent: Agent, person: Person | None, peer: str | None) -> AgentLine:
        own = person.extension if person else ""
        out = agent.state is AgentState.SIGNED_OUT
        return AgentLine(
            number=agent.number,
            name=person.name if person else "",
            extension=own or agent.extension if out else agent.extension or own,
            state=agent.state.value,
            reason=agent.shown_reason,
            since=agent.since,
            call_id=agent.call_id,
            peer_number=peer,
        )

    def _call(self, call: Call, agent: Agent | None) -> CallLine:
        anchor, held_since = call.anchor, call.held_since
        return CallLine(
            call_id=call.call_id,
            direction=call.direction.value,
            state="on_hold" if held_since else call.phase.value,
            since=held_since or call.phase_since,
            started_at=min(leg.first_at for leg in call.legs.values()),
            caller_number=call.caller_number,
            caller_name=call.caller_name,
            dialed_number=call.dialed_number,
            queue=call.queue,
            agent_number=agent.number if agent else None,
            menu_item=call.menu_item,
            language=call.language,
            channel=anchor.channel if anchor else "",
        )
