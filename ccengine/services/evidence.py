"""Evidence from the field: announced, sent in pieces as the network allows, checked, kept; listed and handed out.

The key that the phone makes names a file for ever: announcing, sending and settling it again changes nothing.
What does not live here: files and pictures (ports.EvidenceFiles), what a type demands (hotline/evidence.py).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog

from ccengine.hotline.evidence import EvidenceKind, Phase
from ccengine.ports import EvidenceFiles, MediaRefused, NoRoom, StoredMedia
from ccengine.rows import EvidenceRow, FieldActionRow, MaterialRow, NewUpload, UploadRow
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound, Unavailable
from ccengine.services.field_access import check_may_add
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.order_changes import order_of
from ccengine.services.order_events import event_of, tell
from ccengine.services.order_places import learn
from ccengine.services.rights import require
from ccengine.store_port import AlreadyExists

_log = structlog.get_logger(__name__)

KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
#: A phone's clock may be off; what lies further in the future than this is taken for now.
_AHEAD = timedelta(minutes=1)
_OF_UPLOAD: tuple[str, ...] = ("order_id", "kind", "phase", "sha256", "size_bytes", "taken_at")
_OF_UPLOAD += ("latitude", "longitude", "accuracy_m", "note")
_OF_MEDIA = ("media_type", "file_name", "thumbnail", "original", "width", "height", "exif_at")
#: Why the content of a file is not taken, in the words of the person who took it.
REFUSALS = {
    "changed": ("文件内容与登记的不一致，请重新拍摄", "The file is not what was announced; take it again"),
    "not_media": ("不是可接受的照片或视频格式，请用相机重新拍摄", "Not a picture or film we take; take it again"),
    "broken": ("文件已损坏，请重新拍摄", "The file is broken; take it again"),
    "too_many_pixels": (
        "照片像素过大，请降低相机分辨率后重拍",
        "Too many pixels; lower the camera's setting",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadState:
    """How far an upload is. `refused` is a code of REFUSALS once its content was not taken."""

    key: str
    offset: int
    size_bytes: int
    evidence_id: int | None = None
    refused: str = ""


@guarded
async def announce(ctx: Context, actor: Actor, files: EvidenceFiles, new: NewUpload) -> UploadState:
    """Announce a file, or find out how far it is when it was announced before.

    Errors: NotAllowed(field.work), NotFound, Invalid(field), Conflict (not one's own work; the key was used for another
    file; the order has too many), Unavailable.
    """
    require(actor, "field.work")
    new = _checked(ctx, new)
    async with ctx.store() as uow:
        known = await uow.evidence.upload(new.key)
        if known is None:
            order = await order_of(uow, new.order_id)
            await check_may_add(uow, actor, order)
            most = ctx.settings.evidence.max_per_order
            if await uow.evidence.count(order.id) >= most:
                raise Conflict(f"一张工单最多 {most} 个文件", f"An order takes at most {most} files")
            now = ctx.clock.now()
            values = asdict(new) | {"taken_at": min(new.taken_at, now + _AHEAD)}
            known = UploadRow(**values, user_name=actor.name, created_at=now)
            if not await uow.evidence.add_upload(known):
                raise AlreadyExists(new.key)  # at the same moment: look again
            await uow.commit()
    if (known.user_name, known.order_id, known.sha256) != (actor.name, new.order_id, new.sha256):
        raise Conflict("该文件编号已用于另一个文件", "This key was used for another file")
    return await _state(files, known)


async def _state(files: EvidenceFiles, row: UploadRow) -> UploadState:
    settled = row.evidence_id is not None or row.refused
    return UploadState(
        key=row.key,
        offset=row.size_bytes if settled else await files.received(row.key),
        size_bytes=row.size_bytes,
        evidence_id=row.evidence_id,
        refused=row.refused,
    )


@guarded
async def _own_upload(ctx: Context, actor: Actor, key: str) -> UploadRow:
    require(actor, "field.work")
    async with ctx.store.reading() as uow:
        row = await uow.evidence.upload(key)
    if row is None or row.user_name != actor.name:
        raise NotFound("upload", key)
    return row


async def upload_state(ctx: Context, actor: Actor, files: EvidenceFiles, key: str) -> UploadState:
    """Return how far one's own upload is. Errors: NotAllowed(field.work), NotFound, Unavailable."""
    return await _state(files, await _own_upload(ctx, actor, key))


async def receive(ctx: Context, actor: Actor, files: EvidenceFiles, key: str, offset: int, data: bytes) -> UploadState:
    """Add a piece of a file; the last piece settles it. A piece that is here already, or leaves a gap, adds nothing:
    the answer's offset says where to go on. Errors: NotAllowed(field.work), NotFound, Unavailable(database, disk).
    """
    row = await _own_upload(ctx, actor, key)
    if row.evidence_id is not None or row.refused:
        return await _state(files, row)
    try:
        here = await files.append(key, offset, data, row.size_bytes)
        if here < row.size_bytes:
            return await _state(files, row)
        row = await _settle(ctx, actor, files, row)
        await files.forget(key)
    except FileNotFoundError:  # another request with the same last piece settled it first
        row = await _own_upload(ctx, actor, key)
    except (NoRoom, OSError) as error:
        _log.error("evidence cannot be kept", action="evidence", key=key, error=str(error))
        raise Unavailable("disk") from error
    return await _state(files, row)


async def _settle(ctx: Context, actor: Actor, files: EvidenceFiles, row: UploadRow) -> UploadRow:
    """Turn a whole upload into evidence, or into a refusal; files first, so that the row never points to nothing."""
    try:
        media = await files.settle(row.key, row.kind, row.sha256)
    except MediaRefused as error:
        _log.warning("evidence refused", action="evidence", key=row.key, reason=str(error))
        await _refuse(ctx, row.key, error.code)
    else:
        await _keep(ctx, actor, row, media)
    return await _own_upload(ctx, actor, row.key)


@guarded
async def _refuse(ctx: Context, key: str, code: str) -> None:
    async with ctx.store() as uow:
        await uow.evidence.refuse_upload(key, code)
        await uow.commit()


@guarded
async def _keep(ctx: Context, actor: Actor, upload: UploadRow, media: StoredMedia) -> None:
    now = ctx.clock.now()
    latitude, longitude = media.exif_place or (None, None)
    async with ctx.store() as uow:
        newest = await uow.evidence.upload(upload.key)
        if newest is None or newest.evidence_id is not None:
            return  # another request was faster with the same file
        order = await order_of(uow, upload.order_id)
        row = EvidenceRow(
            id=0,
            upload_key=upload.key,
            round=order.reopened + 1,
            received_at=now,
            taken_by=upload.user_name,
            exif_latitude=latitude,
            exif_longitude=longitude,
            **{name: getattr(upload, name) for name in _OF_UPLOAD},
            **{name: getattr(media, name) for name in _OF_MEDIA},
        )
        kept = await uow.evidence.add(row)
        detail = {"evidence_id": kept.id, "kind": row.kind, "phase": row.phase, "sha256": row.sha256}
        await uow.work_orders.add_event(event_of(ctx, actor, order, "evidence", detail=detail))
        await learn(ctx, uow, actor, order, upload)
        await tell(ctx, uow, row.order_id)
        await uow.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvidence:
    """What the field sent about one order."""

    items: tuple[EvidenceRow, ...]
    materials: tuple[MaterialRow, ...]
    actions: tuple[FieldActionRow, ...]


@guarded
async def of_order(ctx: Context, actor: Actor, order_id: int) -> OrderEvidence:
    """Return an order's evidence and materials. Errors: NotAllowed(orders.view), NotFound, Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        await order_of(uow, order_id)
        return OrderEvidence(
            items=await uow.evidence.of_orders([order_id]),
            materials=await uow.field_actions.materials([order_id]),
            actions=await uow.field_actions.of_order(order_id),
        )


@guarded
async def get(ctx: Context, actor: Actor, evidence_id: int) -> EvidenceRow:
    """Return one piece of evidence. Errors: NotAllowed(orders.view), NotFound, Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        row = await uow.evidence.get(evidence_id)
    if row is None:
        raise NotFound("evidence", evidence_id)
    return row


async def forget_unfinished(ctx: Context, files: EvidenceFiles) -> int:
    """Drop uploads that nobody went on with for `evidence.unfinished_hours`. Errors: Unavailable."""
    keys = await _unfinished(ctx)
    for key in keys:
        await files.forget(key)
        await _delete_upload(ctx, key)
    return len(keys)


@guarded
async def _unfinished(ctx: Context) -> tuple[str, ...]:
    async with ctx.store.reading() as uow:
        hours = timedelta(hours=ctx.settings.evidence.unfinished_hours)
        return await uow.evidence.unfinished(ctx.clock.now() - hours)


@guarded
async def _delete_upload(ctx: Context, key: str) -> None:
    async with ctx.store() as uow:
        await uow.evidence.delete_upload(key)
        await uow.commit()


def _checked(ctx: Context, new: NewUpload) -> NewUpload:
    if not KEY.fullmatch(new.key):
        raise Invalid("key", "文件编号须为小写 UUID", "key must be a UUID in small letters")
    if not _SHA256.fullmatch(new.sha256):
        raise Invalid("sha256", "须为 64 位十六进制的 SHA-256", "sha256 must be 64 hexadecimal digits")
    one_of("kind", new.kind, tuple(kind.value for kind in EvidenceKind))
    one_of("phase", new.phase, tuple(phase.value for phase in Phase))
    limits = ctx.settings.evidence
    most = limits.video_max_bytes if new.kind == EvidenceKind.VIDEO else limits.photo_max_bytes
    if not 1 <= new.size_bytes <= most:
        raise Invalid("size_bytes", f"文件应在 1 字节到 {most} 字节之间", f"A file has 1 to {most} bytes")
    for name, limit in (("latitude", 90.0), ("longitude", 180.0), ("accuracy_m", 1e7)):
        value = getattr(new, name)
        if value is not None and not -limit <= value <= limit:
            raise Invalid(name, "坐标超出范围", f"{name} must be between -{limit:g} and {limit:g}")
    required_text("note", new.note, 200, may_be_empty=True)
    return new
