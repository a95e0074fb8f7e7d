"""Gives each request an id and writes one log line about it. Never logs bodies, queries, cookies or tokens."""

from __future__ import annotations

import asyncio
import secrets
import time

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from ccengine.backoffice.keys import REQUEST_ID

_log = structlog.get_logger(__name__)
#: Logged, never sent: the other side went away, or we are stopping.
_GONE = 499


@web.middleware
async def request_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Bind the request id to every log line below, and tell the outcome."""
    request_id = secrets.token_hex(8)
    request[REQUEST_ID] = request_id
    started = time.monotonic()
    status = 500
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        except asyncio.CancelledError:
            status = _GONE
            raise
        finally:
            quiet = request.path.startswith("/static/") and status < 400
            (_log.debug if quiet else _log.info)(
                "request",
                method=request.method,
                path=request.path,
                status=status,
                milliseconds=round((time.monotonic() - started) * 1000, 1),
            )
