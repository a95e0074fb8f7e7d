"""Sending a recording: from our own disk when it is there, else through the engine's door. Also used by the API."""

from __future__ import annotations

import time
from pathlib import Path

from aiohttp import web
from aiohttp.helpers import ChainMapProxy

from ccengine.backoffice.keys import CTX, door_of
from ccengine.backoffice.recording_relay import relay_recording
from ccengine.ports import EngineUnavailable, RecordingNotFound
from ccengine.services.call_records import recording_for
from ccengine.services.context import Actor
from ccengine.services.errors import NotFound, Unavailable

_ONE_LISTENING_SECONDS = 600.0
_MOST_KEPT = 1000
#: (kind, name, call id) of who listens -> when that was put into the audit log.
LISTENED: web.AppKey[dict[tuple[str, str, str], float]] = web.AppKey("listened", dict)


async def send_recording(request: web.Request, actor: Actor, call_id: str) -> web.StreamResponse:
    """Answer the call's recording with Range, ETag and 206. Errors: NotAllowed, NotFound, Unavailable."""
    ctx = request.config_dict[CTX]
    noted = _noted_before(request.config_dict, actor, call_id)
    wanted = await recording_for(ctx, actor, call_id, noted=noted)
    if not noted:
        _note(request.config_dict, actor, call_id)
    local = local_file(ctx.settings.recordings_dir, wanted.file_name)
    if local is not None:
        return web.FileResponse(
            local, headers={"Content-Type": "audio/wav", "Cache-Control": "private, no-cache", "Accept-Ranges": "bytes"}
        )
    try:
        return await relay_recording(request, door_of(request.config_dict), wanted.file_name)
    except RecordingNotFound as error:
        raise NotFound("recording", call_id) from error
    except EngineUnavailable as error:
        raise Unavailable("engine") from error


def _noted_before(app: ChainMapProxy, actor: Actor, call_id: str) -> bool:
    """A player asks for many ranges of one file: one audit line for one listening is what people can read."""
    return (
        time.monotonic() - app[LISTENED].get((actor.kind, actor.name, call_id), float("-inf")) < _ONE_LISTENING_SECONDS
    )


def _note(app: ChainMapProxy, actor: Actor, call_id: str) -> None:
    kept = app[LISTENED]
    if len(kept) >= _MOST_KEPT:
        kept.clear()  # then some listening gets a second line, never none
    kept[actor.kind, actor.name, call_id] = time.monotonic()


def local_file(folder: Path, name: str) -> Path | None:
    """Return the file below the recordings folder, or None; a name that leads out of it is nobody's recording."""
    root = folder.resolve()
    path = (root / name).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None
