"""How a call came out as far as the live view saw it: one table per direction; the first row that fits decides.

The journal has a table of its own (records/outcome); at the end of each call both must agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ccengine.values import Direction, Outcome

#: A voice message shorter than this is none: the caller heard the prompt and hung up.
MESSAGE_MIN_SECONDS = 2.0
_BUSY = frozenset({17, 21})
_UNANSWERED = frozenset({0, 16, 18, 19, 26, 31, 127})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was seen of a finished call."""

    direction: Direction
    talked: bool = False
    interrupted: bool = False
    answered: bool = False
    message_seconds: float = 0.0
    queued: bool = False
    queue_status: str = ""  # why the queue gave the caller back; empty: it did not
    menu_served: bool = False
    cause: int | None = None


_Rows = tuple[tuple[Callable[[Evidence], bool], Outcome], ...]
_INBOUND: _Rows = (
    (lambda e: e.talked, Outcome.ANSWERED),
    (lambda e: e.interrupted, Outcome.INTERRUPTED),
    (lambda e: e.message_seconds >= MESSAGE_MIN_SECONDS, Outcome.VOICE_MESSAGE),
    (lambda e: e.queued and not e.queue_status, Outcome.ABANDONED),
    (lambda e: e.queued, Outcome.QUEUE_TIMEOUT),
    (lambda e: e.menu_served, Outcome.SELF_SERVICE),
    (lambda e: e.answered, Outcome.MENU_HANGUP),
    (lambda e: e.cause is not None and e.cause not in _UNANSWERED | _BUSY, Outcome.FAILED),
    (lambda e: True, Outcome.NOT_ANSWERED),
)
_OUTBOUND: _Rows = (
    (lambda e: e.talked, Outcome.ANSWERED),
    (lambda e: e.interrupted, Outcome.INTERRUPTED),
    (lambda e: e.answered, Outcome.FAILED),
    (lambda e: e.cause in _BUSY, Outcome.BUSY),
    (lambda e: e.cause is not None and e.cause not in _UNANSWERED, Outcome.FAILED),
    (lambda e: True, Outcome.NOT_ANSWERED),
)


def outcome_of(evidence: Evidence) -> Outcome:
    """Return the outcome of a finished call."""
    rows = _OUTBOUND if evidence.direction is Direction.OUTBOUND else _INBOUND
    return next(outcome for fits, outcome in rows if fits(evidence))
