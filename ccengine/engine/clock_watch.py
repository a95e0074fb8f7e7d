"""The task that watches whether the clock is set back: app_queue holds an agent whose last call "is" in the future to
have just hung up, and offers nobody to him until that time comes again: an hour, a day.

Looks once a second, and after each picture of the PBX (the clock may have been set while no engine ran). What does not
live here: what the PBX is told (asterisk/ami/pbx), clocks of calls and records (which keep their own order).
"""

from __future__ import annotations

import asyncio

import structlog

from ccengine.clock import Clock
from ccengine.engine.live_calls import LiveCalls
from ccengine.ports import PbxRefused, PbxUnavailable

log = structlog.get_logger(__name__)

#: How often it looks, and from how much on a clock counts as set back.
_LOOK_SECONDS, _SET_BACK_SECONDS = 1.0, 2.0


async def run(clock: Clock, live: LiveCalls) -> None:
    """Look for ever."""
    loop = asyncio.get_running_loop()
    ahead, pictures, doubtful = clock.now().timestamp() - loop.time(), 0, False
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        before, ahead = ahead, clock.now().timestamp() - loop.time()
        doubtful |= before - ahead > _SET_BACK_SECONDS or live.pictures != pictures
        pictures = live.pictures
        if not doubtful:
            continue
        try:
            if await live.forget_calls_ahead():
                log.warning("the clock was set back: the queue forgot when its agents talked last", action="clock")
            doubtful = False
        except (PbxUnavailable, PbxRefused) as error:
            log.debug("the queue could not be asked", action="clock", error=str(error))
