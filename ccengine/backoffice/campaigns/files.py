"""Files of campaigns: a list sent by the browser, the export, what a flow says as sound.

What does not live here: reading a list (services/list_files.py).
"""

from __future__ import annotations

import asyncio
import struct
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import structlog
from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.forms import path_number
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.backoffice.spreadsheet import Cell, send_csv, send_xlsx
from ccengine.services import campaign_targets, campaign_views, prehear
from ccengine.services.context import Actor
from ccengine.services.errors import Invalid, Unavailable

#: How long an import without progress is watched before it counts as cut off.
SILENT_SECONDS: web.AppKey[float] = web.AppKey("silent_seconds", float)
_log = structlog.get_logger(__name__)
LARGEST_BYTES = 100 * 1024 * 1024
_PIECE = 1 << 16
_FIELDS = (
    "number name account state reason result attempts last_at answered ring_seconds cause promised_on amount grade "
    "call_id"
)


@page("campaigns.edit")
async def upload(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Take a list as the request's body and load it; the page shows how far it is meanwhile."""
    ctx, name = request.app[CTX], request.query.get("name", "")[:100]
    with tempfile.TemporaryDirectory(prefix="ccengine-list-") as folder:
        path = Path(folder) / "list"
        await save_list(request, path)
        started = await campaign_targets.begin_import(ctx, person.actor, path_number(request), "file", name)
        done = await campaign_targets.load_file(ctx, started, path)
    return web.json_response({"state": done.state, "accepted": done.accepted, "refused": done.refused})


async def end_broken(app: web.Application) -> AsyncIterator[None]:
    """Once at the start: end the imports that a back office which is no more has begun (a `cleanup_ctx`)."""
    task = asyncio.create_task(_end_broken(app), name="broken-imports")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _end_broken(app: web.Application) -> None:
    while True:
        try:
            if ended := await campaign_targets.end_broken_imports(app[CTX], app[SILENT_SECONDS]):
                _log.warning("imports were cut off by a restart", action="import", count=ended)
            return
        except Unavailable:
            await asyncio.sleep(app[SILENT_SECONDS])


async def save_list(request: web.Request, path: Path) -> None:
    """Write the request's body to a file. Raises Invalid(file) when it is empty, too large or too slow."""
    size, seconds = 0, request.config_dict[CTX].settings.web.upload_seconds
    too_large = Invalid("file", "文件超过 100 MB，请分批导入", "The file is larger than 100 MB; split it")
    if (request.content_length or 0) > LARGEST_BYTES:
        raise too_large
    try:
        async with asyncio.timeout(seconds):
            with path.open("wb") as file:
                async for piece in request.content.iter_chunked(_PIECE):
                    size += len(piece)
                    if size > LARGEST_BYTES:
                        raise too_large
                    await asyncio.to_thread(file.write, piece)
    except TimeoutError:
        raise Invalid(
            "file",
            f"{seconds:g} 秒内没有收到完整文件，请分批导入",
            f"The file did not arrive within {seconds:g} seconds; split it",
        ) from None
    if not size:
        raise Invalid("file", "文件是空的，请选择 .xlsx 或 .csv", "The file is empty; send an .xlsx or a .csv file")


@page("campaigns.view")
async def listen(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """What a flow says, to be heard before it starts."""
    flow = request.match_info["flow"]
    found = prehear.sentences(person.actor, flow)
    return render(request, "campaigns/listen.html", flow=flow, sentences=found, **helpers(request))


@page("campaigns.view")
async def sentence(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One sentence as sound, as it goes over the line."""
    return await send_sentence(person.actor, request.match_info["flow"], path_number(request, "number"))


async def send_sentence(actor: Actor, flow: str, number: int) -> web.Response:
    """Answer with one sentence of a flow. Errors: NotAllowed(campaigns.view), NotFound."""
    files = prehear.sound_files(actor, flow, number)
    sound = b"".join([await asyncio.to_thread(path.read_bytes) for path in files])
    return web.Response(body=_wav(sound), content_type="audio/wav", headers={"Cache-Control": "private, max-age=3600"})


def _wav(alaw: bytes) -> bytes:
    """Return A-law sound at 8 kHz as a WAV file of 16-bit samples, which every browser plays."""
    samples = b"".join(_SAMPLES[value] for value in alaw)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", 36 + len(samples), b"WAVE") + form
    head += struct.pack("<4sI", b"data", len(samples))
    return head + samples


def _linear(value: int) -> int:
    """Return the sample of one A-law byte. Source: ITU-T G.711."""
    value ^= 0x55
    size, exponent = (value & 0x0F) << 4, (value & 0x70) >> 4
    size += 8 if exponent == 0 else 0x108
    size <<= max(exponent - 1, 0)
    return size if value & 0x80 else -size


_SAMPLES = [struct.pack("<h", _linear(value)) for value in range(256)]


@page("campaigns.view")
async def export(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All targets, each with its last call, for Excel."""
    return await send_targets(request, person.actor, path_number(request), request.match_info["kind"])


async def send_targets(request: web.Request, actor: Actor, campaign_id: int, kind: str) -> web.StreamResponse:
    """Answer with all targets as a file, `kind` csv or xlsx. Errors: NotAllowed(campaigns.view), NotFound."""
    ctx = request.config_dict[CTX]
    await campaign_views.detail(ctx, actor, campaign_id)
    day = ctx.clock.now().astimezone(request.config_dict[PAGES].formats.zone)
    name = f"campaign-{campaign_id}-{day:%Y%m%d-%H%M}.{kind}"
    _ = text_for(request)
    head = [_(f"campaign_export.{field}") for field in _FIELDS.split()]
    rows = _rows(request, campaign_views.export(ctx, actor, campaign_id))
    return await (send_csv if kind == "csv" else send_xlsx)(request, name, head, rows)


async def _rows(
    request: web.Request, batches: AsyncIterator[tuple[campaign_views.TargetDetail, ...]]
) -> AsyncIterator[list[list[Cell]]]:
    named, zone = helpers(request)["code_text"], request.config_dict[PAGES].formats.zone
    async for batch in batches:
        table: list[list[Cell]] = []
        for found in batch:
            one, last = found.target, found.attempts[-1] if found.attempts else None
            row: list[Cell] = [one.number, one.name, one.account, named("target_state", one.state)]
            row += [named("drop_reason", one.reason), named("attempt_result", one.result), one.attempts]
            if last is not None:
                row += [last.slot_at.astimezone(zone), int(last.answered), last.ring_seconds, last.cause]
                row += [str(last.promised_on or ""), last.amount_fen / 100 if last.amount_fen else None, last.grade]
                row.append(last.call_id)
            table.append(row)
        yield table
