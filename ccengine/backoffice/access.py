"""The choke point of pages: a handler declares who may use it, and is called with the signed-in person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import quote

from aiohttp import web
from yarl import URL

from ccengine.backoffice.catalogue_names import refresh_catalogue
from ccengine.backoffice.keys import HUB, SIGNED_IN
from ccengine.backoffice.sessions import SignedIn, cookie_token
from ccengine.services.rights import require

PageHandler = Callable[[web.Request, SignedIn], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page(right: str | None = None) -> Callable[[PageHandler], Handler]:
    """Declare a page for signed-in people with `right` (None: anybody signed in).

    Others are sent to the sign-in page, or told what is missing. The services ask again for what they do.
    """

    def wrap(handler: PageHandler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            person = request.get(SIGNED_IN)
            if person is None:
                return _to_sign_in(request)
            if right is not None:
                require(person.actor, right)
            await refresh_catalogue(request.app)
            await request.app[HUB].wake()
            return await handler(request, person)

        return guarded

    return wrap


def _to_sign_in(request: web.Request) -> web.Response:
    """Lead to the sign-in and from there back to the page where the session ended."""
    back = _page_of(request)
    address = f"/sign-in?next={quote(back)}" if back not in ("", "/") else "/sign-in"
    if cookie_token(request):
        address += f"{'&' if '?' in address else '?'}ended=1"
    if request.headers.get("HX-Request"):
        return web.Response(status=401, headers={"HX-Redirect": address})
    return web.Response(status=303, headers={"Location": address})


def _page_of(request: web.Request) -> str:
    """Return the page somebody is on: the one asked for, or the one whose form or part this request is."""
    if request.method == "GET" and not request.headers.get("HX-Request"):
        return request.path_qs
    try:
        page = URL(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    except ValueError:
        return ""
    return page.path_qs if page.authority == URL(f"{request.scheme}://{request.host}").authority else ""
