"""Progress of one's own order by number and code: open to everybody, throttled; for a customer's app or a connector."""

from __future__ import annotations

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.services import progress, work_orders
from ccengine.services.errors import NotFound


async def look_up_progress(ask: Ask) -> m.Progress:
    """Tell how far an order is to whoever holds its number and code."""
    body: m.ProgressBody | m.ProgressGradeBody = ask.body
    found = await progress.look_up(ask.ctx, body.number, body.code, client=ask.request.remote or "")
    if found is None:
        raise NotFound("order with this code", body.number)
    return m.Progress(
        number=found.number,
        type=found.type,
        status=found.status,
        created_at=found.created_at,
        due_at=found.due_at,
        stamps=dict(found.stamps),
        may_grade=await progress.may_grade(ask.ctx, found.number),
    )


async def grade_progress(ask: Ask) -> m.Progress:
    """Take the grade of whoever holds number and code, once for each time the work was done."""
    body: m.ProgressGradeBody = ask.body
    client = ask.request.remote or ""
    await progress.grade(
        ask.ctx, body.number, body.code, client=client, grade=body.grade, fixed=body.fixed, remark=body.remark
    )
    return await look_up_progress(ask)


async def get_receipt(ask: Ask) -> m.Receipt:
    """Give an order's number and code, for its receipt or a message to the customer (audited)."""
    order = (await work_orders.get(ask.ctx, ask.actor, ask.path["id"])).order
    return m.Receipt(number=order.number, code=await progress.code_for(ask.ctx, ask.actor, order.id))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/progress/grade",
        handler=grade_progress,
        answer=m.Progress,
        tag="customers",
        body=m.ProgressGradeBody,
        problems=(404, 409, 429),
        public=True,
    ),
    Endpoint(
        method="GET",
        path="/work-orders/{id}/receipt",
        handler=get_receipt,
        answer=m.Receipt,
        tag="work orders",
        right="orders.view",
        parameters={"id": RowId},
        problems=(404,),
    ),
    Endpoint(
        method="POST",
        path="/progress",
        handler=look_up_progress,
        answer=m.Progress,
        tag="customers",
        body=m.ProgressBody,
        problems=(404, 429),
        public=True,
    ),
)
