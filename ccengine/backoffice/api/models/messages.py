"""Messages to customers, as a connector takes them and tells what came of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictBool

from ccengine.backoffice.api.fields import Cursor, In, Limit, Out, free_text, whole
from ccengine.backoffice.api.models.codes import Next
from ccengine.rows import MessageState
from ccengine.services.messages import MOST_AT_ONCE


class Message(Out):
    """A message to a customer. `taken`: a connector has it and has not said what came of it."""

    id: int
    key: str = Field(description="Its own for ever: give it to the gateway against doubles")
    order_id: int
    order_number: str
    number: str
    text: str
    state: MessageState
    due_at: datetime
    created_at: datetime
    tries: int
    taken_by: str
    taken_at: datetime | None
    settled_at: datetime | None
    reference: str = Field(description="The gateway's own number of it")
    reason: str = Field(description="Why it was not sent")


class MessageList(Out):
    """Messages, newest first."""

    items: list[Message]
    next: Next


class MessageQuery(In):
    """Which messages."""

    state: MessageState | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class TakeMessagesBody(In):
    """How many to take."""

    limit: whole(1, MOST_AT_ONCE) = 20  # type: ignore[valid-type]


class TakenMessages(Out):
    """What is to be sent now, longest waiting first."""

    items: list[Message]


class MessageResultBody(In):
    """What came of a message. `sent` false: surely not sent; where that is not known, say nothing."""

    sent: StrictBool
    reference: Annotated[str, free_text(64)] = ""
    reason: Annotated[str, free_text(200)] = ""
