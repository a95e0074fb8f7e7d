"""Passing a recording on from the engine's door to a browser or an API client, Range included.

What does not live here: who may listen (services.call_records.recording_for asks that first), the file itself.
"""

from __future__ import annotations

import logging

from aiohttp import web

from ccengine.ports import EngineDoor, EngineUnavailable

log = logging.getLogger(__name__)


async def relay_recording(
    request: web.Request, door: EngineDoor, file_name: str, save_as: str | None = None
) -> web.StreamResponse:
    """Answer with the recording or the asked range of it; `save_as` makes the browser offer to save it.

    Raises RecordingNotFound or EngineUnavailable before the first byte; later a break cuts the connection, so that
    nobody takes half a recording for the whole.
    """
    async with door.recording(file_name, request.headers) as stream:
        response = web.StreamResponse(status=stream.status, headers=dict(stream.headers))
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if save_as:
            response.headers["Content-Disposition"] = f'attachment; filename="{save_as}"'
        await response.prepare(request)
        if request.method == "HEAD" or stream.status == 304:
            return response
        try:
            async for chunk in stream.chunks:
                await response.write(chunk)
        except EngineUnavailable as error:
            log.warning("recording %s: cut off: %s", file_name, error)
            if request.transport:
                request.transport.abort()
        return response
