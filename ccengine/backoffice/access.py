"""The choke point of pages: a handler declares who may use it, and is called with the signed-in person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import quote

from aiohttp import web

from ccengine.backoffice.catalogue_names import refresh_catalogue
from ccengine.backoffice.keys import HUB, SIGNED_IN
from ccengine.backoffice.sessions import SignedIn
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
    if request.headers.get("HX-Request"):
        return web.Response(status=401, headers={"HX-Redirect": "/sign-in"})
    back = request.path_qs if request.method == "GET" and request.path != "/" else ""
    return web.Response(status=303, headers={"Location": f"/sign-in?next={quote(back)}" if back else "/sign-in"})
