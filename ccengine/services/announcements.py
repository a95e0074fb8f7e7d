"""Emergency announcements: recorded by phone or browser, on air before the menu for an area until their end.

What does not live here: playing them (ivr/on_air.py), their files beside the PBX (engine/on_air.py).
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta

from ccengine.hotline.outage import DISTRICTS
from ccengine.rows import AnnouncementRow
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.rights import require
from ccengine.services.sound import BadSound, seconds_of, to_alaw

MOST_SECONDS = 60.0
LEAST_SECONDS = 0.5
#: 60 s at 48 kHz, two channels, and the head of the file.
MOST_BYTES = 12 * 2**20
LONGEST = timedelta(days=3)
_SHOWN = 50
_BAD = {
    "form": ("不是 16 位的 WAV 录音", "This is not a WAV file with 16-bit samples"),
    "rate": ("采样率不支持，请用 8 到 48 kHz", "That sample rate is not supported; use 8 to 48 kHz"),
    "empty": ("录音是空的", "The recording is empty"),
}


@guarded
async def announce(
    ctx: Context,
    actor: Actor,
    wav: bytes,
    *,
    title: str,
    district: str = "",
    ends_at: datetime | None = None,
    starts_at: datetime | None = None,
    recorded_by: str = "browser",
) -> AnnouncementRow:
    """Put a recording on air at once (or from `starts_at`), for all callers or those of a district, until its end
    (left out: after `agi.announcement_hours`).

    Errors: NotAllowed(announcements.edit), Invalid(sound, title, district, ends_at), Unavailable.
    """
    require(actor, "announcements.edit")
    now = ctx.clock.now()
    begin = starts_at or now
    end = ends_at or begin + timedelta(hours=ctx.settings.agi.announcement_hours)
    title = required_text("title", title, 100)
    one_of("district", district, ("", *DISTRICTS))
    _check_end(begin, end, now)
    sound = await _converted(wav)
    row = AnnouncementRow(
        id=0,
        title=title,
        district=district,
        starts_at=begin,
        ends_at=end,
        seconds=seconds_of(sound),
        sound_hash=hashlib.sha256(sound).hexdigest(),
        recorded_by=one_of("recorded_by", recorded_by, ("browser", "phone")),
        created_by=f"{actor.kind}:{actor.name}",
        created_at=now,
    )
    async with ctx.store() as uow:
        row = await uow.announcements.add(row, sound)
        detail = {"district": district, "ends_at": end.isoformat(), "seconds": row.seconds, "by": recorded_by}
        await audit(ctx, uow, actor, "announcements.add", f"announcement:{row.id}", detail)
        await uow.commit()
    return row


async def _converted(wav: bytes) -> bytes:
    if len(wav) > MOST_BYTES:
        raise Invalid("sound", f"录音最长 {MOST_SECONDS:.0f} 秒", f"At most {MOST_SECONDS:.0f} s can be recorded")
    try:
        sound = await asyncio.to_thread(to_alaw, wav)
    except BadSound as error:
        raise Invalid("sound", *_BAD[str(error)]) from error
    if not LEAST_SECONDS <= seconds_of(sound) <= MOST_SECONDS:
        zh = f"录音应在 {LEAST_SECONDS} 到 {MOST_SECONDS:.0f} 秒之间"
        raise Invalid("sound", zh, f"A recording has {LEAST_SECONDS} to {MOST_SECONDS:.0f} s")
    return sound


def _check_end(begin: datetime, end: datetime, now: datetime) -> None:
    if end <= begin or end <= now:
        raise Invalid(
            "ends_at", "结束时间要晚于开始时间和现在", "The end must be after the beginning, and in the future"
        )
    if end - begin > LONGEST:
        raise Invalid("ends_at", f"最长 {LONGEST.days} 天", f"At most {LONGEST.days} days")


@guarded
async def change(ctx: Context, actor: Actor, announcement_id: int, district: str, ends_at: datetime) -> AnnouncementRow:
    """Say whom an announcement is for and until when. Errors: NotAllowed(announcements.edit), NotFound,
    Invalid(district, ends_at), Conflict (it is over), Unavailable."""
    require(actor, "announcements.edit")
    one_of("district", district, ("", *DISTRICTS))
    async with ctx.store() as uow:
        row = await uow.announcements.get(announcement_id)
        if row is None:
            raise NotFound("announcement", announcement_id)
        _refuse_over(row, ctx.clock.now())
        _check_end(row.starts_at, ends_at, ctx.clock.now())
        await uow.announcements.change(announcement_id, district, ends_at)
        detail = {"district": [row.district, district], "ends_at": [row.ends_at.isoformat(), ends_at.isoformat()]}
        await audit(ctx, uow, actor, "announcements.change", f"announcement:{announcement_id}", detail)
        await uow.commit()
    return row


@guarded
async def withdraw(ctx: Context, actor: Actor, announcement_id: int) -> None:
    """Take an announcement off the air. Errors: NotAllowed(announcements.edit), NotFound, Conflict, Unavailable."""
    require(actor, "announcements.edit")
    async with ctx.store() as uow:
        row = await uow.announcements.get(announcement_id)
        if row is None:
            raise NotFound("announcement", announcement_id)
        _refuse_over(row, ctx.clock.now())
        await uow.announcements.withdraw(announcement_id, ctx.clock.now())
        await audit(ctx, uow, actor, "announcements.withdraw", f"announcement:{announcement_id}")
        await uow.commit()


def _refuse_over(row: AnnouncementRow, now: datetime) -> None:
    if row.withdrawn_at is not None or row.ends_at <= now:
        raise Conflict("该公告已经结束", "This announcement is over")


@guarded
async def newest(ctx: Context, actor: Actor) -> tuple[AnnouncementRow, ...]:
    """Return the newest announcements. Errors: NotAllowed(announcements.edit), Unavailable."""
    require(actor, "announcements.edit")
    async with ctx.store.reading() as uow:
        return await uow.announcements.newest(_SHOWN)


@guarded
async def not_over(ctx: Context) -> tuple[AnnouncementRow, ...]:
    """Return what is on air now or will be; for the engine. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return await uow.announcements.not_over(ctx.clock.now())


@guarded
async def sound(ctx: Context, announcement_id: int) -> bytes:
    """Return an announcement's A-law; for the engine and the page. Errors: NotFound, Unavailable."""
    async with ctx.store.reading() as uow:
        found = await uow.announcements.sound(announcement_id)
    if found is None:
        raise NotFound("announcement", announcement_id)
    return found


@guarded
async def speaker(ctx: Context, agent_number: str) -> Actor:
    """Return who speaks on an agent's phone, when that person may announce. Errors: NotAllowed, Unavailable."""
    async with ctx.store.reading() as uow:
        users = [one for one in await uow.users.list() if one.agent_number == agent_number and one.active]
    for user in users:
        actor = Actor(kind="user", name=user.user_name, roles=user.roles, agent_number=user.agent_number, via="phone")
        try:
            require(actor, "announcements.edit")
        except NotAllowed:
            continue
        return actor
    raise NotAllowed("announcements.edit")


@guarded
async def speaker_named(ctx: Context, user_name: str) -> Actor:
    """Return who was found by `speaker` or by a PIN a moment ago. Errors: NotAllowed, Unavailable."""
    async with ctx.store.reading() as uow:
        user = await uow.users.by_name(user_name)
    if user is None or not user.active:
        raise NotAllowed("announcements.edit")
    return Actor(kind="user", name=user.user_name, roles=user.roles, agent_number=user.agent_number, via="phone")


@guarded
async def district_of_caller(ctx: Context, number: str) -> str:
    """Return the district of the customer who calls from a number, "" when nobody or several are known by it in
    different districts. Errors: Unavailable."""
    if not number.strip("+0"):
        return ""
    async with ctx.store.reading() as uow:
        found = {customer.district for customer in await uow.customers.by_phone(number)}
    return found.pop() if len(found) == 1 else ""
