"""The lists that say what the PBX has now, asked for on the actions session, made into one SnapshotTaken.

What does not live here: when it is taken and what follows (engine/live_calls, calls/tracker).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from ccengine.asterisk.ami.connection import Reply
from ccengine.asterisk.ami.framing import Headers
from ccengine.asterisk.ami.translate import leg_of, member_of, number, text
from ccengine.calls import pbx_events as ev

#: AmiSession.request, as far as a snapshot needs it.
Request = Callable[..., Awaitable[Reply]]


async def take(request: Request, generation: int, now: Callable[[], datetime], seconds: float) -> ev.SnapshotTaken:
    """Ask which run of the PBX this is, and list channels and queues. Raises PbxUnavailable, PbxRefused."""
    status = await request({"Action": "CoreStatus"}, seconds=seconds)
    channels = await request({"Action": "CoreShowChannels"}, list_end="CoreShowChannelsComplete", seconds=seconds)
    queues = await request({"Action": "QueueStatus"}, list_end="QueueStatusComplete", seconds=seconds)
    return build((*channels.items, *queues.items), generation, now(), boot_of(status.response))


def boot_of(headers: Headers) -> str:
    """Return when the PBX began to run, as it writes it (to the second): the name of this run."""
    return f"{text(headers, 'corestartupdate')} {text(headers, 'corestartuptime')}".strip()


def build(items: Iterable[Headers], generation: int, at: datetime, boot: str = "") -> ev.SnapshotTaken:
    """Make the snapshot of the lists' items; items of other names are left out."""
    legs, members, entries = [], [], []
    for headers in items:
        match text(headers, "event"):
            case "CoreShowChannel":
                leg = leg_of(headers)
                if leg:
                    bridge = text(headers, "bridgeid")
                    legs.append(ev.SnapshotLeg(leg=leg, seconds=_seconds(text(headers, "duration")), bridge=bridge))
            case "QueueMember":
                members.append(member_of(headers))
            case "QueueEntry":
                entries.append(_entry(headers))
    return ev.SnapshotTaken(
        at=at, generation=generation, boot=boot, legs=tuple(legs), members=tuple(members), entries=tuple(entries)
    )


def _entry(headers: Headers) -> ev.SnapshotEntry:
    return ev.SnapshotEntry(
        queue=text(headers, "queue"),
        uniqueid=text(headers, "uniqueid"),
        position=int(number(headers, "position")),
        wait_seconds=number(headers, "wait"),
        priority=int(number(headers, "priority")),
    )


def _seconds(duration: str) -> float:
    """Read hh:mm:ss (CoreShowChannels) or plain seconds."""
    total = 0
    for part in duration.split(":"):
        if not (part.isascii() and part.isdigit() and len(part) < 9):
            return 0.0
        total = total * 60 + int(part)
    return float(total)
