"""Messages to customers: what waits, taking what is due, saying what came of it."""

from __future__ import annotations

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.services import messages
from ccengine.services.context import Actor
from ccengine.services.messages import Sending, ShownMessage
from ccengine.services.rights import shown_number


async def list_messages(ask: Ask) -> m.MessageList:
    """List messages to customers, newest first."""
    query: m.MessageQuery = ask.query
    page = await messages.find(ask.ctx, ask.actor, query.state, query.cursor, query.limit)
    return m.MessageList(items=[_message(ask.actor, one) for one in page.items], next=page.next)


async def take_messages(ask: Ask) -> m.TakenMessages:
    """Take the messages that are due, to send them: each is handed out once, with its whole number."""
    taken = await messages.take(ask.ctx, ask.actor, ask.body.limit)
    return m.TakenMessages(items=[_message(None, one) for one in taken])


async def settle_message(ask: Ask) -> m.Message:
    """Say what came of a message that was taken. Said again it changes nothing."""
    found = await messages.settle(ask.ctx, ask.actor, ask.path["id"], Sending(**ask.body.model_dump()))
    return _message(ask.actor, found)


async def call_instead(ask: Ask) -> m.Message:
    """Let the customer be called instead."""
    return _message(ask.actor, await messages.call_instead(ask.ctx, ask.actor, ask.path["id"]))


def _message(actor: Actor | None, one: ShownMessage) -> m.Message:
    """Return a message as the actor may see it; None: number and code whole, to be sent."""
    known = {name: getattr(one.row, name) for name in m.Message.model_fields if name != "order_number"}
    if actor is not None:
        known |= {"number": shown_number(actor, one.row.number), "text": one.text_without_code}
    return m.Message(**known, order_number=one.order.number)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/messages",
        handler=list_messages,
        tag="messages",
        right="messages.view",
        query=m.MessageQuery,
        answer=m.MessageList,
    ),
    Endpoint(
        method="POST",
        path="/messages/take",
        handler=take_messages,
        tag="messages",
        right="messages.send",
        body=m.TakeMessagesBody,
        answer=m.TakenMessages,
    ),
    Endpoint(
        method="POST",
        path="/messages/{id}/result",
        handler=settle_message,
        tag="messages",
        right="messages.send",
        parameters={"id": RowId},
        body=m.MessageResultBody,
        answer=m.Message,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/messages/{id}/call-instead",
        handler=call_instead,
        tag="messages",
        right="messages.send",
        parameters={"id": RowId},
        answer=m.Message,
        problems=(404, 409),
    ),
)
