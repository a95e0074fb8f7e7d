"""Recording an emergency announcement by phone: who has the right dials the feature code, speaks, ends with #.

What does not live here: what becomes of the recording (services/announcements.py).
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import structlog

from ccengine.asterisk.agi.framing import quote
from ccengine.asterisk.agi.session import Session
from ccengine.asterisk.pbx_user import own
from ccengine.engine.on_air import folder_of
from ccengine.services import announcements
from ccengine.services.context import Actor, Context
from ccengine.services.errors import ServiceError

_log = structlog.get_logger(__name__)
_AGENT = re.compile(r"[0-9]{3,8}\Z")
_SILENCE_SECONDS = 5


async def record_announcement(ctx: Context, session: Session, call_id: str) -> None:
    """Have the person on the phone record an announcement; it is on air for all callers when the beep was answered.

    Raises SessionEnded.
    """
    grace = ctx.settings.agi.step_grace_seconds
    agent = await session.read("${CC_PERSON}", grace)
    try:
        actor = await announcements.speaker(ctx, agent if _AGENT.match(agent) else "")
    except ServiceError as error:
        _log.warning("announcement refused", agent=agent[:8], code=error.code)
        await _say(session, "cc/agent/refused", grace)
        return
    path = folder_of(ctx.settings) / "incoming" / call_id
    await asyncio.to_thread(_make_room, path.parent)
    try:
        await _record(session, path, grace)
        await _put_on_air(ctx, session, actor, path.with_suffix(".wav"), grace)
    finally:
        await asyncio.to_thread(path.with_suffix(".wav").unlink, missing_ok=True)


async def _record(session: Session, path: Path, grace: float) -> None:
    seconds = announcements.MOST_SECONDS
    await session.set_variable("TIMEOUT(absolute)", f"{seconds + 4 * grace:.0f}", grace)
    await _say(session, "cc/beep", grace)
    words = (quote(str(path)), "wav", quote("#"), f"{seconds * 1000:.0f}", f"s={_SILENCE_SECONDS}")
    await session.command("RECORD FILE", *words, deadline_seconds=seconds + 2 * grace)


async def _put_on_air(ctx: Context, session: Session, actor: Actor, path: Path, grace: float) -> None:
    try:
        wav = await asyncio.to_thread(path.read_bytes)
        row = await announcements.announce(ctx, actor, wav, title="电话录制的公告", recorded_by="phone")
    except (ServiceError, OSError) as error:
        _log.error("announcement not kept", reason=str(error))
        await _say(session, "cc/voicemail/failed", grace)
        return
    _log.info("announcement on air", id=row.id, seconds=round(row.seconds, 1), by=actor.name)
    await _say(session, "cc/voicemail/saved", grace)


def _make_room(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    own(folder.parent)


async def _say(session: Session, prompt: str, grace: float) -> None:
    if not session.hung_up:
        await session.command("STREAM FILE", quote(prompt), quote(""), deadline_seconds=20 + grace)
