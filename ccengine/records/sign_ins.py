"""Who sat at which phone, and since when: learned from queue_log, asked by a call's legs.

A person is not a phone: 8003 may sign in on 8001's phone for a day. What does not live here: the agents' intervals
(agent_timeline), who sits where right now (calls/people).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, datetime

_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
#: So many changes of one phone are remembered; a call asks about the last hours only.
_KEEP = 200


class SignIns:
    """Remembers per extension who signed in and out."""

    def __init__(self) -> None:
        self._phones: dict[str, list[tuple[datetime, str]]] = {}

    def note(self, at: datetime, extension: str, agent_number: str) -> None:
        """Take note that from `at` on this person sits there; an empty number: nobody."""
        if not extension or self.person_on(extension, at) == agent_number:
            return
        changes = self._phones.setdefault(extension, [])
        changes.insert(bisect_right(changes, at, key=lambda change: change[0]), (at, agent_number))
        del changes[:-_KEEP]

    def left(self, at: datetime, agent_number: str) -> None:
        """Take note that this person signed out, wherever that was."""
        for extension in self._phones:
            if self.person_on(extension, at) == agent_number:
                self.note(at, extension, "")

    def person_on(self, extension: str, at: datetime) -> str:
        """Return who sat there at a moment; empty when that is not known."""
        changes = self._phones.get(extension, [])
        before = bisect_right(changes, at, key=lambda change: change[0])
        return changes[before - 1][1] if before else ""

    def dump(self) -> dict[str, str]:
        """Return who sits where now, as JSON-ready data."""
        return {extension: changes[-1][1] for extension, changes in self._phones.items() if changes[-1][1]}

    def load(self, data: Mapping[str, str]) -> None:
        """Take up what dump() gave."""
        for extension, agent_number in data.items():
            self.note(_ALWAYS, extension, agent_number)
