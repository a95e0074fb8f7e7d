"""Finds out who is signed in, from the session cookie and the sessions in the database. Rights are asked later.

Who must change the password is led to that, and to nothing else: one place for pages, sockets and the API.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from ccengine.backoffice.keys import CTX, SIGNED_IN
from ccengine.backoffice.sessions import cookie_token, signed_in_by
from ccengine.services.errors import PasswordChangeNeeded

#: What somebody may still do whose password must be changed.
_OPEN = frozenset(("/password", "/sign-in", "/sign-out", "/language", "/api/v1/password"))


@web.middleware
async def session(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put the signed-in person on the request; static files and bearer-token calls need none."""
    token = cookie_token(request)
    if token and not request.path.startswith("/static/"):
        person = await signed_in_by(request.app[CTX], token)
        if person is not None:
            if person.standing.must_change and request.path not in _OPEN:
                return await _change_first(request, handler)
            actor = replace(person.actor, ip=request.remote or "")
            request[SIGNED_IN] = replace(person, actor=actor)
    return await handler(request)


async def _change_first(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lead to the page where the password is changed, and from there back; nobody is signed in for this request."""
    if request.path.startswith("/api/"):
        if hdrs.AUTHORIZATION in request.headers:  # a token speaks for itself; the cookie is not looked at
            return await handler(request)
        raise PasswordChangeNeeded()
    address = f"/password?next={quote(request.path_qs)}" if request.method == "GET" else "/password"
    if request.headers.get("HX-Request"):
        return web.Response(status=403, headers={"HX-Redirect": "/password"})
    return web.Response(status=303, headers={"Location": address})
