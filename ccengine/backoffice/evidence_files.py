"""Sending evidence: right asked, by Range, never as anything a browser would run. Used by pages and API.

What does not live here: who may see what (services/evidence.py), where files stand (evidence/).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import structlog
from aiohttp import web

from ccengine.backoffice.keys import CTX
from ccengine.rows import EvidenceRow
from ccengine.services import evidence
from ccengine.services.context import Actor
from ccengine.services.errors import NotFound, Unavailable

#: A ports.EvidenceFiles (a Protocol, so no runtime type).
EVIDENCE: web.AppKey[Any] = web.AppKey("evidence", object)

_log = structlog.get_logger(__name__)
_TIDY_SECONDS = 3600.0
#: Whatever the bytes are, they run nothing and load nothing.
_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"


async def send_file(request: web.Request, actor: Actor, evidence_id: int) -> web.StreamResponse:
    """Answer a photo, film or signature. Errors: NotAllowed, NotFound, Unavailable."""
    row = await evidence.get(request.config_dict[CTX], actor, evidence_id)
    return _send(request, row, row.file_name, row.media_type)


async def send_thumbnail(request: web.Request, actor: Actor, evidence_id: int) -> web.StreamResponse:
    """Answer the small picture. Errors: NotAllowed, NotFound (a film has none), Unavailable."""
    row = await evidence.get(request.config_dict[CTX], actor, evidence_id)
    return _send(request, row, row.thumbnail, "image/jpeg")


def _send(request: web.Request, row: EvidenceRow, name: str, media_type: str) -> web.StreamResponse:
    path = request.config_dict[EVIDENCE].path(name)
    if path is None:
        raise NotFound("evidence", row.id)
    ending = path.suffix
    headers = {
        "Content-Type": media_type,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _POLICY,
        "Content-Disposition": f'inline; filename="evidence-{row.id}{ending}"',
        "Cache-Control": "private, max-age=86400",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Accept-Ranges": "bytes",
    }
    return web.FileResponse(path, headers=headers)


async def tidy_up(app: web.Application) -> AsyncIterator[None]:
    """Drop uploads that nobody goes on with, once an hour as long as the application runs (a `cleanup_ctx`)."""
    task = asyncio.create_task(_tidy(app), name="evidence-tidy")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _tidy(app: web.Application) -> None:
    while True:
        await asyncio.sleep(_TIDY_SECONDS)
        try:
            dropped = await evidence.forget_unfinished(app[CTX], app[EVIDENCE])
        except (Unavailable, OSError) as error:
            _log.warning("unfinished uploads stay for now", action="evidence", error=str(error))
            continue
        if dropped:
            _log.info("unfinished uploads dropped", action="evidence", uploads=dropped)
