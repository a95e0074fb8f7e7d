"""Messages to customers that a connector sends.

What does not live here: tables (store/tables/), who gets one (services/messages.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MessageState(StrEnum):
    """What became of a message. TAKEN: a connector has it and has not said yet; never handed out again by itself."""

    WAITING = "waiting"
    TAKEN = "taken"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to be sent from `due_at` on. `key` makes it the only one of its kind."""

    key: str
    order_id: int
    visit_id: int
    number: str
    text: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A message to a customer. `reference`: the gateway's own number of it; `reason`: why it failed or was dropped."""

    id: int
    key: str
    order_id: int
    visit_id: int
    number: str
    text: str
    state: MessageState
    due_at: datetime
    created_at: datetime
    tries: int
    taken_by: str
    taken_at: datetime | None
    settled_at: datetime | None
    reference: str
    reason: str
