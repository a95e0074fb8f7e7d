"""Supervisors: listen to a running talk, whisper, barge in, end it."""

from __future__ import annotations

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import AgentNumber
from ccengine.services import listening


async def listen(ask: Ask) -> m.ListenAnswer:
    """Listen to an agent's talk with your own phone, or go on in another mode. Each is in the audit log."""
    body: m.ListenBody = ask.body
    asked = await listening.listen(ask.ctx, ask.actor, ask.door, ask.path["number"], body.mode, body.listener)
    return m.ListenAnswer(
        listener=asked.listener,
        extension=asked.extension,
        agent_number=asked.agent_number,
        call_id=asked.call_id,
        mode=asked.mode,
    )


async def end(ask: Ask) -> m.EndListeningAnswer:
    """End what you listen to."""
    body: m.EndListeningBody = ask.body
    await listening.end(ask.ctx, ask.actor, ask.door, body.listener)
    return m.EndListeningAnswer(ended=True)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/agents/{number}/listening",
        handler=listen,
        tag="agents",
        right="calls.listen_in",
        parameters={"number": AgentNumber},
        body=m.ListenBody,
        answer=m.ListenAnswer,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/listening/end",
        handler=end,
        tag="agents",
        right="calls.listen_in",
        body=m.EndListeningBody,
        answer=m.EndListeningAnswer,
        problems=(404,),
    ),
)
