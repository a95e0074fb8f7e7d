"""The one search box of every page: the list below it while somebody types, and the page with everything found."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import field_errors
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import search
from ccengine.services.errors import Invalid
from ccengine.services.search import Found

_BOX = 5
_PAGE = 20


@page()
async def box(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """What the text typed so far finds, as a part of a page."""
    text = request.query.get("q", "").strip()[:60]
    return render(request, "search/box.html", **await _found(request, person, text, _BOX))


@page()
async def results(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Everything found; the number of an order or account leads there at once."""
    text = request.query.get("q", "").strip()[:100]
    shown = await _found(request, person, text, _PAGE)
    exact = _exact(shown["found"], text)
    if exact:
        return web.Response(status=303, headers={"Location": exact})
    await refresh_people(request.app)
    return render(request, "search/page.html", **shown)


def _exact(found: Found, text: str) -> str | None:
    orders = [f"/work-orders/{row.id}" for row in found.orders if row.number == text.upper()]
    accounts = [f"/customers/{row.account}" for row in found.customers if row.account == text]
    return next(iter(orders + accounts), None)


async def _found(request: web.Request, person: SignedIn, text: str, limit: int) -> dict[str, Any]:
    found, errors = Found(), {}
    try:
        found = await search.find(request.app[CTX], person.actor, text, limit)
    except Invalid as error:
        errors = field_errors(error, language_of(request), {"text": "q"})
    return {"found": found, "text": text, "errors": errors, "limit": limit, **helpers(request)}
