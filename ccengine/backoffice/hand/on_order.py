"""What came from the field, on an order's own page."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import path_number
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import render
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.evidence import Phase
from ccengine.services import evidence


@page("orders.view")
async def show(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Photos, films and signatures by phase, materials, and what was done in the field in vain."""
    await refresh_people(request.app)
    found = await evidence.of_order(request.app[CTX], person.actor, path_number(request))
    return render(
        request,
        "work_orders/evidence.html",
        items=found.items,
        phases=[(phase.value, [one for one in found.items if one.phase == phase.value]) for phase in Phase],
        materials=found.materials,
        refused=[one for one in found.actions if one.outcome != "done"],
        **helpers(request),
    )
