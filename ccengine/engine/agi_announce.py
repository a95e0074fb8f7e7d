"""The look-ups of an announcement by phone: who speaks, and what becomes of the recording; where it is kept meanwhile.

What does not live here: the conversation (ivr/announce.py), what is on air (services/announcements.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from ccengine.asterisk.pbx_user import own
from ccengine.config import Settings
from ccengine.engine.on_air import folder_of
from ccengine.hotline.outage import DISTRICTS
from ccengine.ivr.steps import Aired, Speaker
from ccengine.services import announcements, phone_pins
from ccengine.services.context import Actor, Context
from ccengine.values import AGENT_NUMBER_PATTERN

_log = structlog.get_logger(__name__)
_TITLE = "电话录制的公告"


def recording_of(settings: Settings, call_id: str) -> Path:
    """Return where a call's recording is made, without its ending."""
    return folder_of(settings) / "incoming" / call_id


async def make_room(recording: Path) -> None:
    """Make the folder of a recording, for the PBX to write in."""
    await asyncio.to_thread(_make_room, recording.parent)


def _make_room(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    own(folder.parent)


async def forget(recording: Path) -> None:
    """Take a recording away, if there is one."""
    await asyncio.to_thread(recording.with_suffix(".wav").unlink, missing_ok=True)


async def speaker(ctx: Context, args: Mapping[str, str]) -> Speaker | None:
    """Who keyed number and PIN, None: nobody who may announce."""
    found = await phone_pins.speaker_by_pin(
        ctx, args["number"], args["pin"], call_id=args["call_id"], caller=args["caller"]
    )
    return await _ready(ctx, args, found) if found is not None else None


async def speaker_here(ctx: Context, args: Mapping[str, str]) -> Speaker:
    """Who sits at this phone. Raises NotAllowed: nobody who may announce."""
    agent = args["agent"]
    found = await announcements.speaker(ctx, agent if AGENT_NUMBER_PATTERN.match(agent) else "")
    return await _ready(ctx, args, found)


async def _ready(ctx: Context, args: Mapping[str, str], found: Actor) -> Speaker:
    await make_room(recording_of(ctx.settings, args["call_id"]))
    return Speaker(name=found.name, districts=tuple(DISTRICTS))


async def announce(ctx: Context, args: Mapping[str, str]) -> Aired:
    """Put this call's recording on air. Raises ServiceError, OSError."""
    actor = await announcements.speaker_named(ctx, args["person"])
    recording = recording_of(ctx.settings, args["call_id"])
    wav = await asyncio.to_thread(recording.with_suffix(".wav").read_bytes)
    ends_at = ctx.clock.now() + timedelta(hours=int(args["hours"])) if args["hours"] else None
    row = await announcements.announce(
        ctx, actor, wav, title=_TITLE, district=args["district"], ends_at=ends_at, recorded_by="phone"
    )
    _log.info("announcement on air", id=row.id, seconds=round(row.seconds, 1), by=actor.name)
    return Aired(ends_at=row.ends_at.astimezone(ZoneInfo(ctx.settings.site.timezone)))
