"""Calls: list, one call, its recording."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api import shapes
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import CallId
from ccengine.backoffice.calls.recording import send_recording
from ccengine.rows import CallFilter
from ccengine.services import call_records


async def list_calls(ask: Ask) -> m.CallList:
    """List calls, newest first."""
    query: m.CallQuery = ask.query
    wanted = CallFilter(
        direction=query.direction,
        outcome=query.outcome,
        source=query.source,
        agent_number=query.agent_number,
        queue=query.queue,
        customer_account=query.customer_id,
        number=query.number,
        since=query.since,
        until=query.until,
        include_open=not query.final_only,
    )
    page = await call_records.find_calls(ask.ctx, ask.actor, wanted, query.cursor, query.limit)
    return m.CallList(items=[shapes.call(ask.actor, row) for row in page.items], next=page.next)


async def get_call(ask: Ask) -> m.CallDetail:
    """Show one call with its timeline."""
    return shapes.call_detail(ask.actor, await call_records.get_call(ask.ctx, ask.actor, ask.path["id"]))


async def get_recording(ask: Ask) -> web.StreamResponse:
    """Send a call's recording or voice message; takes Range. Listening is in the audit log."""
    return await send_recording(ask.request, ask.actor, ask.path["id"])


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/calls",
        handler=list_calls,
        tag="calls",
        right="calls.view",
        query=m.CallQuery,
        answer=m.CallList,
    ),
    Endpoint(
        method="GET",
        path="/calls/{id}",
        handler=get_call,
        tag="calls",
        right="calls.view",
        parameters={"id": CallId},
        answer=m.CallDetail,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/calls/{id}/recording",
        handler=get_recording,
        tag="calls",
        right="calls.listen",
        parameters={"id": CallId},
        answer=None,
        media_type="audio/wav",
        problems=(404, 416),
    ),
)
