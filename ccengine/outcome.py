"""How a call came out: one table per direction, read from the top; the first row that fits decides.

Live view and journal share it, so that they cannot disagree about the rule, only about the evidence.
What does not live here: how the evidence was found (calls/live_record, records/call_record).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ccengine.values import Direction, EndedBy, Outcome

#: A voice message shorter than this is no message: the caller heard the prompt and hung up.
MESSAGE_MIN_SECONDS = 2.0
#: Q.850 causes of a callee who is busy (17) or refuses (21).
_BUSY = frozenset({17, 21})
#: Causes of a callee who was rung and did not answer, or was given up by us (0 and 16 before an answer).
_UNANSWERED = frozenset({0, 16, 18, 19, 26, 31, 127})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known about a finished call."""

    direction: Direction
    talked: bool = False
    interrupted: bool = False
    answered: bool = False
    message_seconds: float = 0.0
    queued: bool = False
    queue_status: str = ""  # why the queue gave the caller back; empty: it did not
    menu_served: bool = False
    campaign: bool = False  # a campaign's call: the callee is met by a flow or by the queue
    ended_by: EndedBy = EndedBy.UNKNOWN
    cause: int | None = None


_INBOUND: tuple[tuple[Callable[[Evidence], bool], Outcome], ...] = (
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
_OUTBOUND: tuple[tuple[Callable[[Evidence], bool], Outcome], ...] = (
    (lambda e: e.talked, Outcome.ANSWERED),
    (lambda e: e.interrupted, Outcome.INTERRUPTED),
    (lambda e: e.queued and not e.queue_status, Outcome.ABANDONED),
    (lambda e: e.queued, Outcome.QUEUE_TIMEOUT),
    (lambda e: e.menu_served, Outcome.SELF_SERVICE),
    (lambda e: e.answered and e.campaign, Outcome.MENU_HANGUP),
    (lambda e: e.answered, Outcome.FAILED),  # the callee answered and heard nobody
    (lambda e: e.cause in _BUSY, Outcome.BUSY),
    (lambda e: e.cause is not None and e.cause not in _UNANSWERED, Outcome.FAILED),
    (lambda e: True, Outcome.NOT_ANSWERED),
)


def outcome_of(evidence: Evidence) -> Outcome:
    """Return the outcome of a finished call."""
    table = _OUTBOUND if evidence.direction is Direction.OUTBOUND else _INBOUND
    return next(outcome for fits, outcome in table if fits(evidence))
