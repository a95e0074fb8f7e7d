"""Incidents: what burst mode offers, what runs, beginning one, adding an order."""

from __future__ import annotations

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api import shapes
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.services import incidents


async def list_incidents(ask: Ask) -> m.IncidentList:
    """List the incidents that run, and the groups of orders that look like one."""
    offers = await incidents.offered(ask.ctx, ask.actor)
    running = await incidents.running(ask.ctx, ask.actor)
    return m.IncidentList(
        items=[
            m.Incident(
                order=shapes.order(ask.actor, one.order),
                district=one.row.district,
                trouble=one.row.trouble,
                road=one.row.road,
                outage_id=one.row.outage_id,
                orders=one.orders,
                begun_at=one.row.begun_at,
            )
            for one in running
        ],
        offers=[
            m.IncidentOffer.model_validate({n: getattr(o, n) for n in m.IncidentOffer.model_fields}) for o in offers
        ],
    )


async def begin_incident(ask: Ask) -> m.Order:
    """Make one incident of several orders, with an outage notice when `ends_at` is given."""
    given = ask.body.model_dump()
    new = incidents.NewIncident(**{**given, "order_ids": tuple(given["order_ids"])})
    return shapes.order(ask.actor, await incidents.begin(ask.ctx, ask.actor, new))


async def add_order(ask: Ask) -> m.Order:
    """Let one more order belong to an incident."""
    order = await incidents.add_order(ask.ctx, ask.actor, ask.path["id"], ask.body.order_id)
    return shapes.order(ask.actor, order)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/incidents",
        handler=list_incidents,
        tag="incidents",
        right="orders.view",
        answer=m.IncidentList,
    ),
    Endpoint(
        method="POST",
        path="/incidents",
        handler=begin_incident,
        tag="incidents",
        right="orders.dispatch",
        body=m.IncidentBody,
        answer=m.Order,
        status=201,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/incidents/{id}/orders",
        handler=add_order,
        tag="incidents",
        right="orders.dispatch",
        parameters={"id": RowId},
        body=m.IncidentOrderBody,
        answer=m.Order,
        problems=(404, 409),
    ),
)
