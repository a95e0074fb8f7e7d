"""Outage notices: list, publish, withdraw."""

from __future__ import annotations

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api import shapes
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.rows import NewOutage
from ccengine.services import outages
from ccengine.services.rights import require


async def list_outages(ask: Ask) -> m.OutageList:
    """List outage notices, newest first; or all that callers are told now."""
    query: m.OutageQuery = ask.query
    if query.current_only:
        require(ask.actor, "outages.view")
        return m.OutageList(items=[shapes.outage(row) for row in await outages.current(ask.ctx)], next=None)
    page = await outages.find(ask.ctx, ask.actor, query.cursor, query.limit)
    return m.OutageList(items=[shapes.outage(row) for row in page.items], next=page.next)


async def publish_outage(ask: Ask) -> m.Outage:
    """Publish an outage notice."""
    notice = NewOutage(**ask.body.model_dump())
    return shapes.outage(await outages.publish(ask.ctx, ask.actor, notice))


async def withdraw_outage(ask: Ask) -> m.Outage:
    """Withdraw an outage notice; callers are no longer told."""
    return shapes.outage(await outages.withdraw(ask.ctx, ask.actor, ask.path["id"]))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/outages",
        handler=list_outages,
        tag="outages",
        right="outages.view",
        query=m.OutageQuery,
        answer=m.OutageList,
    ),
    Endpoint(
        method="POST",
        path="/outages",
        handler=publish_outage,
        tag="outages",
        right="outages.edit",
        body=m.OutageBody,
        answer=m.Outage,
        status=201,
    ),
    Endpoint(
        method="POST",
        path="/outages/{id}/withdraw",
        handler=withdraw_outage,
        tag="outages",
        right="outages.edit",
        parameters={"id": RowId},
        answer=m.Outage,
        problems=(404, 409),
    ),
)
