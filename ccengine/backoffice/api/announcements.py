"""Emergency announcements: list, put one on air (the body is a WAV), take one off."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import AgentNumber, RowId
from ccengine.backoffice.api.problems import Refused
from ccengine.rows import AnnouncementRow
from ccengine.services import announcements, phone_pins

_TYPES = ("audio/wav", "audio/x-wav", "audio/wave")


async def list_announcements(ask: Ask) -> m.AnnouncementList:
    """List the newest emergency announcements."""
    return m.AnnouncementList(items=[_shape(row) for row in await announcements.newest(ask.ctx, ask.actor)])


async def add_announcement(ask: Ask) -> m.Announcement:
    """Put an announcement on air before the menu: the body is a WAV (16 bit, 8 to 48 kHz, at most 60 s)."""
    query: m.AnnouncementQuery = ask.query
    wav = await _body(ask.request)
    row = await announcements.announce(
        ask.ctx, ask.actor, wav, title=query.title, district=query.district, ends_at=query.ends_at
    )
    return _shape(row)


async def _body(request: web.Request) -> bytes:
    """Read the sound in pieces: it may be larger than a form, and never larger than the service takes."""
    if request.content_type not in _TYPES:
        raise Refused(415, "content_type", "请使用 Content-Type: audio/wav", "Send Content-Type: audio/wav")
    found = bytearray()
    async for piece in request.content.iter_chunked(65_536):
        found += piece
        if len(found) > announcements.MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(announcements.MOST_BYTES, len(found))
    return bytes(found)


async def withdraw_announcement(ask: Ask) -> m.AnnouncementList:
    """Take an announcement off the air."""
    await announcements.withdraw(ask.ctx, ask.actor, ask.path["id"])
    return await list_announcements(ask)


def _shape(row: AnnouncementRow) -> m.Announcement:
    return m.Announcement.model_validate({name: getattr(row, name) for name in m.Announcement.model_fields})


async def set_phone_pin(ask: Ask) -> m.PhonePin:
    """Set the PIN with which a person announces on any phone; empty: take it away."""
    body: m.PhonePinBody = ask.body
    await phone_pins.set_pin_of(ask.ctx, ask.actor, ask.path["number"], body.pin)
    return m.PhonePin(number=ask.path["number"], has_pin=bool(body.pin))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/announcements",
        handler=list_announcements,
        tag="announcements",
        right="announcements.edit",
        answer=m.AnnouncementList,
    ),
    Endpoint(
        method="POST",
        path="/announcements",
        handler=add_announcement,
        tag="announcements",
        right="announcements.edit",
        query=m.AnnouncementQuery,
        answer=m.Announcement,
        status=201,
        problems=(413, 415, 422),
    ),
    Endpoint(
        method="PUT",
        path="/agents/{number}/phone-pin",
        handler=set_phone_pin,
        tag="announcements",
        right="users.edit",
        parameters={"number": AgentNumber},
        body=m.PhonePinBody,
        answer=m.PhonePin,
        problems=(404,),
    ),
    Endpoint(
        method="POST",
        path="/announcements/{id}/withdraw",
        handler=withdraw_announcement,
        tag="announcements",
        right="announcements.edit",
        parameters={"id": RowId},
        answer=m.AnnouncementList,
        problems=(404, 409),
    ),
)
