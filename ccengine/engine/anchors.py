"""The task that writes the day's anchor of all histories, once a day on each engine's machine.

What does not live here: what an anchor is (services/chain.py), its file (store/anchor_files.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from ccengine.services import chain
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
LOOK_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorFiles:
    """Where anchors are kept: reads all, oldest first, and writes one."""

    read: Callable[[Path], Sequence[Mapping[str, Any]]]
    write: Callable[[Path, Mapping[str, Any]], Path]


async def run(ctx: Context, files: AnchorFiles) -> None:
    """Look every few minutes whether the day has its anchor, for ever."""
    while True:
        try:
            await step(ctx, files)
        except Unavailable as error:
            log.warning("the anchor waits: the database is away", action="anchor", error=str(error))
        except (OSError, ValueError) as error:
            log.error("the anchor cannot be written", action="anchor", error=str(error))
        await asyncio.sleep(LOOK_SECONDS)


async def step(ctx: Context, files: AnchorFiles) -> Path | None:
    """Write the day's anchor when it is missing; return where. Errors: Unavailable, OSError, ValueError."""
    folder = ctx.settings.anchor_folder
    day = ctx.clock.now().astimezone(ZoneInfo(ctx.settings.site.timezone)).date()
    known = await asyncio.to_thread(files.read, folder)
    if any(document.get("day") == day.isoformat() for document in known):
        return None
    document = await chain.make_anchor(ctx, day, known)
    path = await asyncio.to_thread(files.write, folder, document)
    log.info("anchor written", action="anchor", day=str(day), orders=len(document["heads"]))
    return path
