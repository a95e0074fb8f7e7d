"""Sending evidence: right asked, by Range, never as anything a browser would run. Used by pages and API.

What does not live here: who may see what (services/evidence.py), where files stand (evidence/).
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ccengine.backoffice.keys import CTX
from ccengine.rows import EvidenceRow
from ccengine.services import evidence
from ccengine.services.context import Actor
from ccengine.services.errors import NotFound

#: A ports.EvidenceFiles (a Protocol, so no runtime type).
EVIDENCE: web.AppKey[Any] = web.AppKey("evidence", object)

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
