"""One stay of a caller in a queue, by a transition table.

What does not live here: who answers (agent_state), the queue's figures (board).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WaitState(StrEnum):
    """How a queue wait stands."""

    WAITING = "waiting"
    OFFERED = "offered"
    LEFT = "left"  # out of the queue; why comes with the next event, or not at all
    CONNECTED = "connected"
    GAVE_UP = "gave_up"  # without an agent: hung up or timed out


class WaitInput(StrEnum):
    """What can happen to a queue wait."""

    JOINED = "joined"
    RUNG = "rung"
    MISSED = "missed"
    LEFT = "left"
    ANSWERED = "answered"
    GAVE_UP = "gave_up"


_OPEN = (WaitState.WAITING, WaitState.OFFERED)
#: A pair that is missing is late or impossible and changes nothing.
TRANSITIONS: dict[tuple[WaitState, WaitInput], WaitState] = {
    **{(old, WaitInput.JOINED): old for old in _OPEN},
    **{(old, WaitInput.RUNG): WaitState.OFFERED for old in _OPEN},
    **{(old, WaitInput.MISSED): WaitState.WAITING for old in _OPEN},
    **{(old, WaitInput.LEFT): WaitState.LEFT for old in _OPEN},
    (WaitState.CONNECTED, WaitInput.LEFT): WaitState.CONNECTED,
    (WaitState.GAVE_UP, WaitInput.LEFT): WaitState.GAVE_UP,
    **{(old, WaitInput.ANSWERED): WaitState.CONNECTED for old in (*_OPEN, WaitState.LEFT)},
    # Other members that rang along are told of after the answer.
    (WaitState.CONNECTED, WaitInput.MISSED): WaitState.CONNECTED,
    (WaitState.LEFT, WaitInput.MISSED): WaitState.LEFT,
    (WaitState.GAVE_UP, WaitInput.MISSED): WaitState.GAVE_UP,
    **{(old, WaitInput.GAVE_UP): WaitState.GAVE_UP for old in (*_OPEN, WaitState.LEFT)},
}


@dataclass(slots=True, kw_only=True)
class QueueWait:
    """One stay in a queue."""

    queue: str
    uniqueid: str
    joined_at: datetime
    position: int = 0
    priority: int = 0
    state: WaitState = WaitState.WAITING
    left_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether the caller still waits."""
        return self.left_at is None

    def move(self, what: WaitInput, at: datetime) -> bool:
        """Make a transition; False, and nothing changed, where the table has none."""
        target = TRANSITIONS.get((self.state, what))
        if target is None:
            return False
        self.state = target
        if target not in _OPEN and self.left_at is None:
            self.left_at = max(at, self.joined_at)
        return True
