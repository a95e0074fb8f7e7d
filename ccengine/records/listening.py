"""Supervisors who listened to a talk, told by the journal's lines of their legs: from the first mode to the leg's end.

What does not live here: calls (interpreter, which hands over the lines), what is kept of it (services/listening).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ccengine.records.journal_lines import JournalLine
from ccengine.values import AGENT_NUMBER_PATTERN, CALL_ID_PATTERN, LISTEN_MODES, Listening

Mark = tuple[int, int]


@dataclass(slots=True)
class _Leg:
    mark: Mark | None
    last_at: datetime
    words: dict[str, str] = field(default_factory=dict)
    modes: dict[datetime, str] = field(default_factory=dict)


class ListeningLegs:
    """Their legs that have not ended, and what is to be told of those that have."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._open: dict[str, _Leg] = {}
        self._told: list[Listening] = []

    def add(self, line: JournalLine, mark: Mark | None) -> None:
        """Take one line of such a leg; what comes after its end is nothing."""
        if line.event == "CHAN_START":
            self._open.setdefault(line.unique_id, _Leg(mark, line.at))
        leg = self._open.get(line.unique_id)
        if leg is None:
            return
        leg.last_at = max(leg.last_at, line.at)
        if line.event == "CC_LISTEN" and _fits(words := dict(line.words)):
            leg.words = leg.words or words
            leg.modes[line.at] = words["mode"]
        if line.event == "CHAN_END":
            self._end(line.unique_id, line.at)

    def close(self, before: datetime, alive: frozenset[str], at: datetime | None) -> None:
        """End the legs that began before a moment and live no more."""
        for name, leg in list(self._open.items()):
            if leg.last_at < before and name not in alive:
                self._end(name, max(at or leg.last_at, leg.last_at))

    def _end(self, name: str, at: datetime) -> None:
        leg = self._open.pop(name)
        if not leg.modes:
            return  # the phone was not picked up
        one = Listening(
            node=self._node,
            leg_id=name,
            call_id=leg.words["call"],
            listener=leg.words["by"],
            agent_number=leg.words["agent"],
            started_at=min(leg.modes),
            ended_at=at,
            modes=tuple(sorted(leg.modes.items())),
        )
        self._told.append(one)

    def tell(self) -> tuple[Listening, ...]:
        """Return those that ended since the last time."""
        told, self._told = tuple(self._told), []
        return told

    @property
    def open(self) -> frozenset[str]:
        """The ids of the legs that have not ended."""
        return frozenset(self._open)

    @property
    def oldest_mark(self) -> Mark | None:
        """Where the first line stood that is still needed."""
        return min((leg.mark for leg in self._open.values() if leg.mark is not None), default=None)


def _fits(words: dict[str, str]) -> bool:
    people = AGENT_NUMBER_PATTERN.match(words.get("by", "")) and AGENT_NUMBER_PATTERN.match(words.get("agent", ""))
    return bool(people and CALL_ID_PATTERN.match(words.get("call", "")) and words.get("mode") in LISTEN_MODES)
