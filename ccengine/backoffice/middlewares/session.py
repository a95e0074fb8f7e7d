"""Finds out who is signed in, from the session cookie and the sessions in the database. Rights are asked later."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web
from aiohttp.typedefs import Handler

from ccengine.backoffice.keys import CTX, SIGNED_IN
from ccengine.backoffice.sessions import cookie_token, signed_in_by


@web.middleware
async def session(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put the signed-in person on the request; static files and bearer-token calls need none."""
    token = cookie_token(request)
    if token and not request.path.startswith("/static/"):
        person = await signed_in_by(request.app[CTX], token)
        if person is not None:
            actor = replace(person.actor, ip=request.remote or "")
            request[SIGNED_IN] = replace(person, actor=actor)
    return await handler(request)
