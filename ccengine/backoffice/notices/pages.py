"""What somebody was told: the bell in every page's header, and the list behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.forms import page_links, path_number, query, row_number
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import notices
from ccengine.services.notices import MANY

_PAGE = 50


@page()
async def bell(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """How many notices are new: a bit of HTML."""
    count = await notices.unseen_count(request.app[CTX], person.actor)
    shown = "" if not count else f"{MANY - 1}+" if count >= MANY else str(count)
    return render(request, "notices/bell.html", shown=shown)


@page()
async def list_notices(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One's own notices, newest first."""
    wanted = query(request, ("cursor", "unseen"))
    found = await notices.find(
        request.app[CTX],
        person.actor,
        unseen_only=wanted["unseen"] == "1",
        cursor=wanted["cursor"] or None,
        limit=_PAGE,
    )
    links = page_links({"unseen": wanted["unseen"]}, wanted["cursor"], found.next)
    return render(
        request,
        "notices/list.html",
        page=found,
        unseen=wanted["unseen"],
        local=_local(request),
        **links,
        **helpers(request),
    )


def _local(request: web.Request) -> Callable[[str], str]:
    """Return what shows a moment that a notice carries as text."""
    formats = request.app[PAGES].formats
    return lambda text: formats.minute(datetime.fromisoformat(text)) if text else "–"


@page()
async def open_notice(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Mark a notice as seen and go where it leads."""
    number = path_number(request)
    await notices.mark_seen(request.app[CTX], person.actor, number)
    for name, path in (("order", "/work-orders"), ("review", "/reviews"), ("item", "/admin/inventory")):
        if known := row_number(request.query.get(name, "")):
            return go(f"{path}/{known}")
    leads = {
        "calendar": "/admin/calendar",
        "low_stock": "/parts?low=1",
        "round_due": "/rounds?mine=1",
        "round_overdue": "/rounds?state=overdue",
        "warranty": "/admin/inventory?tab=warranty",
    }
    return go(leads.get(request.query.get("kind", ""), "/notices"))


@page()
async def mark_all(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Mark everything as seen."""
    await notices.mark_seen(request.app[CTX], person.actor)
    return go("/notices", "done.notices_seen")
