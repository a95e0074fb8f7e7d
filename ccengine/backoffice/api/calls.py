"""Calls: list, one call, its recording, and what an agent chose for it."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api import shapes
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import CallId
from ccengine.backoffice.calls.recording import send_recording
from ccengine.ports import PbxUnavailable
from ccengine.rows import CallFilter
from ccengine.services import call_records, rules, work_orders
from ccengine.services.errors import NotFound
from ccengine.services.rights import require
from ccengine.services.work_orders import OrderChoice


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


async def list_dispositions(ask: Ask) -> m.DispositionList:
    """List what an agent may choose for a call."""
    require(ask.actor, "calls.view")
    rows = await rules.dispositions(ask.ctx)
    fields = ("code", "name_zh", "name_en", "order_type", "category", "priority")
    items = [m.Disposition.model_validate({name: getattr(row, name) for name in fields}) for row in rows]
    return m.DispositionList(items=items, next=None)


async def choose(ask: Ask) -> m.ChoiceAnswer:
    """Keep what an agent chose for a call, during it or later; its order is changed, never doubled."""
    body: m.ChoiceBody = ask.body
    call_id: str = ask.path["id"]
    await _require_call(ask, call_id)
    given = body.model_dump(mode="json")
    choice = OrderChoice(customer_account=given.pop("customer_id"), **given)
    order = await work_orders.choose_for_call(ask.ctx, ask.actor, call_id, choice)
    answer = shapes.order(ask.actor, order) if order else None
    return m.ChoiceAnswer(call_id=call_id, disposition=body.disposition, order=answer)


async def _require_call(ask: Ask, call_id: str) -> None:
    """Refuse a call that nobody knows: neither the rows, nor the live view that may be ahead of them."""
    try:
        await call_records.get_call(ask.ctx, ask.actor, call_id)
    except NotFound:
        try:
            live = (await ask.door.board()).get("calls", [])
        except PbxUnavailable:
            live = []
        if not any(one.get("call_id") == call_id for one in live):
            raise


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
    Endpoint(
        method="POST",
        path="/calls/{id}/choice",
        handler=choose,
        tag="calls",
        right="orders.create",
        parameters={"id": CallId},
        body=m.ChoiceBody,
        answer=m.ChoiceAnswer,
        problems=(404, 409),
    ),
    Endpoint(
        method="GET",
        path="/dispositions",
        handler=list_dispositions,
        tag="calls",
        right="calls.view",
        answer=m.DispositionList,
    ),
)
