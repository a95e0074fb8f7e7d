"""An agent's day as intervals, from queue_log: signed in, paused with a reason, talking, on hold, wrap-up.

An agent is a number 工号, never a phone. Not here: who is where right now (calls/), evaluation (hotline).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ccengine.records.journal_lines import QueueLogLine
from ccengine.values import AGENT_NUMBER_PATTERN, CALL_ID_PATTERN, AgentInterval

AVAILABLE, PAUSED, TALKING, ON_HOLD, WRAP_UP, SIGNED_OUT = (
    "available",
    "paused",
    "talking",
    "on_hold",
    "wrap_up",
    "signed_out",
)
#: The states an agent returns to after a call; the others are part of a call.
_RESTING = frozenset({AVAILABLE, PAUSED, WRAP_UP, SIGNED_OUT})
_STATES = _RESTING | {TALKING, ON_HOLD, "ringing", "unreachable"}
_TALK_ENDS = frozenset({"COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER", "AGENTDUMP"})

CallOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agent:
    """What is known of one agent: the state to return to, and the interval that is open (None: signed out)."""

    rest_state: str = SIGNED_OUT
    rest_reason: str = ""
    extension: str = ""
    open: AgentInterval | None = None


class Timeline:
    """Turns queue_log lines into intervals. Args: node: the PBX's name in every key."""

    def __init__(self, node: str) -> None:
        self.node = node
        self._agents: dict[str, _Agent] = {}

    def feed(self, line: QueueLogLine, call_of: CallOf = lambda _: None) -> list[AgentInterval]:
        """Return the intervals this line closed and opened. `call_of` names the call of a channel."""
        if line.event == "QUEUESTART":
            return self._pbx_started(line.at)
        if not AGENT_NUMBER_PATTERN.match(line.agent):
            return []
        match line.event:
            case "ADDMEMBER":
                paused = line.data[:1] == ("PAUSED",)
                return self._rest(line.agent, line.at, PAUSED if paused else AVAILABLE, "")
            case "REMOVEMEMBER":
                return self._rest(line.agent, line.at, SIGNED_OUT, "")
            case "PAUSE" | "PAUSEALL":
                reason = line.data[0] if line.data else ""
                if reason == WRAP_UP:
                    return self._rest(line.agent, line.at, WRAP_UP, "")
                return self._rest(line.agent, line.at, PAUSED, reason)
            case "UNPAUSE" | "UNPAUSEALL":
                return self._unpaused(line)
            case "CONNECT":
                return self._move(line.agent, line.at, TALKING, "", call_of(line.unique_id))
            case "CC_HOLD":
                return self._move(line.agent, line.exact_at, ON_HOLD, "", _call_in(line) or call_of(line.unique_id))
            case "CC_UNHOLD":
                return self._move(line.agent, line.exact_at, TALKING, "", _call_in(line) or call_of(line.unique_id))
            case "CC_STATE":
                return self._own_state(line)
            case event if event in _TALK_ENDS:
                return self._back(line.agent, line.at)
        return []

    def dump(self) -> dict[str, Any]:
        """Return what must be remembered, as JSON-ready data."""
        return {
            number: {
                "rest": [agent.rest_state, agent.rest_reason],
                "extension": agent.extension,
                "open": _dump_interval(agent.open) if agent.open else None,
            }
            for number, agent in self._agents.items()
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Take up what dump() gave."""
        for number, known in data.items():
            opened = known.get("open")
            self._agents[number] = _Agent(
                rest_state=known["rest"][0],
                rest_reason=known["rest"][1],
                extension=known["extension"],
                open=self._load_interval(number, known["extension"], opened) if opened else None,
            )

    def _load_interval(self, number: str, extension: str, data: Mapping[str, Any]) -> AgentInterval:
        return AgentInterval(
            node=self.node,
            agent_number=number,
            extension=data.get("extension", extension),
            state=data["state"],
            reason=data["reason"],
            started_at=datetime.fromisoformat(data["started_at"]),
            call_id=data["call_id"],
        )

    def _own_state(self, line: QueueLogLine) -> list[AgentInterval]:
        state, extension = line.words.get("state", ""), line.words.get("ext", "")
        if state not in _STATES:
            return []
        if extension.isdigit():
            self._agents[line.agent] = replace(self._agent(line.agent), extension=extension)
        if state in _RESTING:
            reason = line.words.get("reason", "")
            self._agents[line.agent] = replace(self._agent(line.agent), rest_state=state, rest_reason=reason)
            return self._move(line.agent, line.exact_at, state, reason, _call_in(line) if state == WRAP_UP else None)
        return self._move(line.agent, line.exact_at, state, "", _call_in(line))

    def _unpaused(self, line: QueueLogLine) -> list[AgentInterval]:
        """UNPAUSE is written also for agents who were not paused, and for some who are not signed in."""
        if self._agent(line.agent).rest_state == SIGNED_OUT:
            return []
        return self._rest(line.agent, line.at, AVAILABLE, "")

    def _pbx_started(self, at: datetime) -> list[AgentInterval]:
        """Calls are gone; who was signed in still is (persistent members)."""
        return [interval for number in self._agents for interval in self._back(number, at)]

    def _rest(self, number: str, at: datetime, state: str, reason: str) -> list[AgentInterval]:
        """The agent's state outside calls changes; a call that goes on is not broken by it."""
        agent = self._agent(number)
        self._agents[number] = replace(agent, rest_state=state, rest_reason=reason)
        if agent.open is not None and agent.open.state not in _RESTING and state != SIGNED_OUT:
            return []
        return self._move(number, at, state, reason, None)

    def _back(self, number: str, at: datetime) -> list[AgentInterval]:
        agent = self._agent(number)
        if agent.open is None or agent.open.state in _RESTING:
            return []
        return self._move(number, at, agent.rest_state, agent.rest_reason, None)

    def _move(self, number: str, at: datetime, state: str, reason: str, call_id: str | None) -> list[AgentInterval]:
        agent = self._agent(number)
        before = agent.open
        if before is not None and (before.state, before.reason, before.call_id) == (state, reason, call_id):
            return []
        changed: list[AgentInterval] = []
        if before is not None:
            changed.append(replace(before, ended_at=max(at, before.started_at)))
        after = None
        if state != SIGNED_OUT:
            after = AgentInterval(
                node=self.node,
                agent_number=number,
                extension=agent.extension,
                state=state,
                reason=reason,
                started_at=at if before is None else max(at, before.started_at),
                call_id=call_id,
            )
            changed.append(after)
        self._agents[number] = replace(self._agent(number), open=after)
        return changed

    def _agent(self, number: str) -> _Agent:
        return self._agents.get(number, _Agent())


def _call_in(line: QueueLogLine) -> str | None:
    call_id = line.words.get("call", "")
    return call_id if CALL_ID_PATTERN.match(call_id) else None


def _dump_interval(interval: AgentInterval) -> dict[str, Any]:
    return {
        "state": interval.state,
        "reason": interval.reason,
        "extension": interval.extension,
        "started_at": interval.started_at.isoformat(),
        "call_id": interval.call_id,
    }
