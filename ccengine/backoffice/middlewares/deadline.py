"""No request takes for ever: what is not done within settings.web.request_seconds ends as "unavailable".

A database that does not even answer is away much sooner: settings.web.database_seconds.
"""

from __future__ import annotations

import asyncio

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from ccengine.backoffice.keys import CTX
from ccengine.services.errors import Unavailable
from ccengine.store_port.patience import impatient

#: Paths whose answers are streams of their own length.
_STREAMS = ("/recording", "/ws", "/stream", "/lists", "/export.xlsx", "/export.csv")
#: Pieces of files over a slow network: they have a deadline of their own (evidence.chunk_seconds).
_PIECES = "/api/v1/field/uploads/"


@web.middleware
async def deadline(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Cancel the handler when its time is over; sockets and recordings are exempt."""
    upgrade = request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
    if upgrade or request.path.endswith(_STREAMS) or request.path.startswith(("/static/", _PIECES)):
        return await handler(request)
    limits = request.app[CTX].settings.web
    try:
        async with asyncio.timeout(limits.request_seconds):
            with impatient(limits.database_seconds):
                return await handler(request)
    except TimeoutError as error:
        raise Unavailable("database") from error
