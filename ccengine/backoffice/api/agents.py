"""Agents: who there is with the state now, and asking the PBX for another state."""

from __future__ import annotations

from typing import Any

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import AgentNumber
from ccengine.ports import PbxUnavailable
from ccengine.services import agents


async def list_agents(ask: Ask) -> m.AgentList:
    """List agents by number, with the state now when the engine answers."""
    rows = await agents.list_agents(ask.ctx, ask.actor)
    live = await _live(ask)
    items = []
    for row in rows:
        now = live.get(row.number, {})
        items.append(
            m.Agent(
                number=row.number,
                name=row.name,
                extension=now.get("extension") or row.extension,
                state=now.get("state"),
                reason=now.get("reason"),
                since=now.get("since"),
                call_id=now.get("call_id"),
            )
        )
    return m.AgentList(items=items, next=None)


async def _live(ask: Ask) -> dict[str, dict[str, Any]]:
    try:
        board = await ask.door.board()
    except PbxUnavailable:
        return {}
    return {str(one.get("number")): one for one in board.get("agents", [])}


async def set_state(ask: Ask) -> m.AgentStateAnswer:
    """Make an agent available, paused (with a reason) or signed out."""
    body: m.AgentStateBody = ask.body
    number = ask.path["number"]
    row = await agents.set_state(ask.ctx, ask.actor, ask.door, number, body.state, body.reason, body.extension)
    reason = body.reason if body.state == "paused" else None
    return m.AgentStateAnswer(number=row.number, extension=row.extension, state=body.state, reason=reason)


ENDPOINTS = (
    Endpoint(method="GET", path="/agents", handler=list_agents, tag="agents", right="board.view", answer=m.AgentList),
    Endpoint(
        method="POST",
        path="/agents/{number}/state",
        handler=set_state,
        tag="agents",
        right="agents.control_self or agents.control_any",
        parameters={"number": AgentNumber},
        body=m.AgentStateBody,
        answer=m.AgentStateAnswer,
        problems=(404, 409),
    ),
)
