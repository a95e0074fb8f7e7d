"""Evidence of an order: the list, and each file by Range."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.api import field_shapes as shapes
from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.backoffice.evidence_files import send_file, send_thumbnail
from ccengine.services import evidence


async def list_evidence(ask: Ask) -> m.OrderEvidence:
    """List an order's photos, films, signatures and materials."""
    found = await evidence.of_order(ask.ctx, ask.actor, ask.path["id"])
    return m.OrderEvidence(
        items=[shapes.evidence(one) for one in found.items], materials=shapes.materials(found.materials)
    )


async def get_evidence_file(ask: Ask) -> web.StreamResponse:
    """Send a photo, film or signature; a film by Range."""
    return await send_file(ask.request, ask.actor, ask.path["id"])


async def get_evidence_thumbnail(ask: Ask) -> web.StreamResponse:
    """Send the small picture of a photo or signature."""
    return await send_thumbnail(ask.request, ask.actor, ask.path["id"])


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/work-orders/{id}/evidence",
        handler=list_evidence,
        answer=m.OrderEvidence,
        tag="work orders",
        right="orders.view",
        parameters={"id": RowId},
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/evidence/{id}/file",
        handler=get_evidence_file,
        answer=None,
        tag="work orders",
        right="orders.view",
        parameters={"id": RowId},
        media_type="image/jpeg",
        problems=(404, 416),
    ),
    Endpoint(
        method="GET",
        path="/evidence/{id}/thumbnail",
        handler=get_evidence_thumbnail,
        answer=None,
        tag="work orders",
        right="orders.view",
        parameters={"id": RowId},
        media_type="image/jpeg",
        problems=(404, 416),
    ),
)
