"""Progress of one's own order by number and code: open to everybody, throttled; for a customer's app or a connector."""

from __future__ import annotations

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.services import progress
from ccengine.services.errors import NotFound


async def look_up_progress(ask: Ask) -> m.Progress:
    """Tell how far an order is to whoever holds its number and code."""
    body: m.ProgressBody = ask.body
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


ENDPOINTS = (
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
