"""The field: tasks, actions, uploads in pieces, the customer's number.

What does not live here: what a phone may do, and its results' being kept once (services/field_work.py, evidence.py).
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from ccengine.backoffice.api import field_shapes as shapes
from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.backoffice.api.models.field import Uuid
from ccengine.backoffice.evidence_files import EVIDENCE
from ccengine.backoffice.keys import SIGNED_IN
from ccengine.backoffice.languages import pick_language
from ccengine.hotline.order_moves import SUSPEND_REASONS
from ccengine.ports import EvidenceFiles
from ccengine.rows import NewUpload
from ccengine.services import catalogue, evidence, field_materials, field_work, notices, rounds
from ccengine.services.evidence import REFUSALS, UploadState
from ccengine.services.field_materials import Used
from ccengine.services.field_work import NewAction
from ccengine.services.rights import require

#: The largest piece of a file that one request may carry.
PIECE_MAX_BYTES = 1024 * 1024


async def get_me(ask: Ask) -> m.FieldMe:
    """Say who asks, and what a phone page needs to know."""
    require(ask.actor, "field.work")
    person = ask.request.get(SIGNED_IN)
    limits, web_settings = ask.ctx.settings.evidence, ask.ctx.settings.web
    return m.FieldMe(
        user=ask.actor.name,
        display_name=person.display_name if person else ask.actor.name,
        csrf_token=person.csrf_token if person else "",
        at=ask.ctx.clock.now(),
        limits=m.FieldLimits(photo_max_bytes=limits.photo_max_bytes, video_max_bytes=limits.video_max_bytes),
        timezone=ask.ctx.settings.site.timezone,
        map_link=web_settings.map_link,
        map_place_link=web_settings.map_place_link,
        suspend_reasons=list(SUSPEND_REASONS),
    )


async def list_tasks(ask: Ask) -> m.FieldTasks:
    """List what the one who asks has to do."""
    found = await field_work.tasks(ask.ctx, ask.actor)
    names, lying = await catalogue.read(ask.ctx), await field_materials.crew_parts(ask.ctx, ask.actor)
    return m.FieldTasks(
        at=ask.ctx.clock.now(),
        tasks=[shapes.task(one, names) for one in found],
        parts=[shapes.crew_part(one) for one in lying],
        rounds=await rounds.waiting(ask.ctx, ask.actor),
        notices=await notices.unseen_count(ask.ctx, ask.actor),
    )


async def act(ask: Ask) -> m.ActionAnswer:
    """Act on a task. Sent again with the same id it changes nothing and gets the same answer."""
    body: m.ActionBody = ask.body
    values = body.model_dump()
    values["materials"] = tuple(Used(**one.model_dump()) for one in body.materials)
    result = await field_work.act(ask.ctx, ask.actor, NewAction(**values))
    row, task = result.action, result.task
    return m.ActionAnswer(
        id=row.id,
        outcome=row.outcome,
        message=_words(ask, row.message_zh, row.message_en),
        task=shapes.task(task, await catalogue.read(ask.ctx)) if task else None,
    )


async def announce_upload(ask: Ask) -> m.UploadAnswer:
    """Announce a file, or ask how far it is. The answer's offset says where to go on."""
    body: m.UploadBody = ask.body
    values = body.model_dump(mode="python")
    ago = max(values.pop("sent_at") - values["taken_at"], shapes.NO_TIME)
    values |= {"taken_at": ask.ctx.clock.now() - ago, "kind": body.kind.value, "phase": body.phase.value}
    return _upload(ask, await evidence.announce(ask.ctx, ask.actor, _files(ask), NewUpload(**values)))


async def get_upload(ask: Ask) -> m.UploadAnswer:
    """Say how far an upload is."""
    return _upload(ask, await evidence.upload_state(ask.ctx, ask.actor, _files(ask), ask.path["key"]))


async def put_piece(ask: Ask) -> m.UploadAnswer:
    """Send a piece of a file, at most 1 MiB. The last piece completes it; a piece sent again does no harm."""
    key, offset = ask.path["key"], ask.path["offset"]
    await evidence.upload_state(ask.ctx, ask.actor, _files(ask), key)  # before a stranger's bytes are read
    data = await _piece(ask.request, ask.ctx.settings.evidence.chunk_seconds)
    return _upload(ask, await evidence.receive(ask.ctx, ask.actor, _files(ask), key, offset, data))


async def _piece(request: web.Request, seconds: float) -> bytes:
    """Return what came of the body: when the network breaks, what is here already need not be sent again."""
    if (request.content_length or 0) > PIECE_MAX_BYTES:
        raise web.HTTPRequestEntityTooLarge(PIECE_MAX_BYTES, request.content_length or 0)
    found = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.content.iter_any():
                found += part
                if len(found) > PIECE_MAX_BYTES:
                    raise web.HTTPRequestEntityTooLarge(PIECE_MAX_BYTES, len(found))
    except (TimeoutError, ConnectionError, web.RequestPayloadError):
        pass
    return bytes(found)


async def reveal_number(ask: Ask) -> m.ContactNumber:
    """Give the whole number of the customer of one's own task (audited)."""
    return m.ContactNumber(contact_number=await field_work.contact_number(ask.ctx, ask.actor, ask.path["id"]))


def _upload(ask: Ask, state: UploadState) -> m.UploadAnswer:
    zh, en = REFUSALS.get(state.refused, ("", ""))
    return m.UploadAnswer(
        key=state.key,
        offset=state.offset,
        size_bytes=state.size_bytes,
        evidence_id=state.evidence_id,
        refused=state.refused,
        message=_words(ask, zh, en),
    )


def _words(ask: Ask, zh: str, en: str) -> str:
    return zh if pick_language(None, ask.request.headers.get("Accept-Language", "")).startswith("zh") else en


def _files(ask: Ask) -> EvidenceFiles:
    found: EvidenceFiles = ask.request.config_dict[EVIDENCE]
    return found


def _endpoint(method: str, path: str, handler: Any, answer: Any, **more: Any) -> Endpoint:
    return Endpoint(method=method, path=path, handler=handler, answer=answer, tag="field", right="field.work", **more)


ENDPOINTS = (
    _endpoint("GET", "/field/me", get_me, m.FieldMe),
    _endpoint("GET", "/field/tasks", list_tasks, m.FieldTasks),
    _endpoint("POST", "/field/actions", act, m.ActionAnswer, body=m.ActionBody, problems=(404, 409)),
    _endpoint("POST", "/field/uploads", announce_upload, m.UploadAnswer, body=m.UploadBody, problems=(404, 409)),
    _endpoint("GET", "/field/uploads/{key}", get_upload, m.UploadAnswer, parameters={"key": Uuid}, problems=(404,)),
    _endpoint(
        "PUT",
        "/field/uploads/{key}/{offset}",
        put_piece,
        m.UploadAnswer,
        parameters={"key": Uuid, "offset": shapes.Offset},
        raw_body=True,
        problems=(404, 409, 413),
    ),
    _endpoint(
        "POST",
        "/field/tasks/{id}/number",
        reveal_number,
        m.ContactNumber,
        parameters={"id": RowId},
        problems=(404, 409),
    ),
)
