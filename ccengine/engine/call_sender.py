"""Sends committed calls to the PBX, each for its moment and never more on the wire in a second than the caps allow.

A call is sent a little ahead: what the PBX needs to begin it is over when its moment comes (the dialplan waits for it),
so that none of the second is lost. While one call waits for the PBX's answer the next one is sent already.
What does not live here: which calls there are (dialler.py, services/dialling.py), how the wire is counted
(hotline/send_window.py).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict, deque
from datetime import datetime, timedelta

import structlog

from ccengine.calls import pbx_events as ev
from ccengine.hotline.send_window import SendWindow
from ccengine.ports import PbxRefused, PbxUnavailable, Trunk
from ccengine.services.context import Context
from ccengine.services.dialling import Placement, call_of_leg
from ccengine.services.preview import PreviewTurn
from ccengine.values import mask_number

log = structlog.get_logger(__name__)

#: Where the caps allow no call before there is news of an earlier one: how soon to look again.
_LOOK_SECONDS = 0.05
#: So long before its moment a call is given to the PBX; cc-campaign-leg waits out what is left of it.
LEAD_SECONDS = 0.2
#: So long an agent who has picked up the own phone waits for a place on the wire.
TURN_SECONDS = 3.0
_TRUNK = 0
#: Whence the dialplan dials campaigns' calls.
_OURS = ("cc-campaign", "cc-campaign-preview")


class CallSender:
    """Construct inside the running loop; `run()` ends only by cancellation. What was certainly not dialled stands in
    `not_dialled` until somebody takes it. A lost answer is no such thing; it is cleared up later."""

    def __init__(self, ctx: Context, trunk: Trunk) -> None:
        self._ctx = ctx
        self._trunk = trunk
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Placement] = deque()
        self._news = asyncio.Event()
        self._windows: defaultdict[int, SendWindow] = defaultdict(SendWindow)  # by campaign; the trunk's is 0
        # A new engine waits a second: the last one's second is over then.
        self._not_before = self._loop.time() + 1.0
        self.not_dialled: list[int] = []
        self.placed = 0
        self.refused = 0

    def put(self, placements: tuple[Placement, ...]) -> None:
        """Take calls over, in the order of their times."""
        self._waiting.extend(placements)
        self._news.set()

    def free_at(self) -> datetime:
        """Return when a call behind all that wait here may be sent at the soonest, as far as that is known."""
        now, wall = self._loop.time(), self._ctx.clock.now()
        if self._waiting:
            behind = max(timedelta(0), wall - self._waiting[0].slot_at)
            return self._waiting[-1].slot_at + behind
        return wall + timedelta(seconds=max(0.0, self._not_before - now))

    def heard(self, event: ev.PbxEvent) -> None:
        """Hear what the PBX tells: that it dialled a call, or that a call's first leg is gone."""
        if isinstance(event, ev.DialBegun):
            context = event.caller.context if event.caller is not None else ""
            at = self._loop.time() - (self._ctx.clock.now() - event.at).total_seconds()
            account = event.dest.account or (event.caller.account if event.caller is not None else "")
            if context in _OURS and account:
                for window in self._windows.values():
                    window.dialled(account, at)
                self._news.set()
        elif isinstance(event, ev.LegEnded) and (call_id := call_of_leg(event.leg.uniqueid)):
            self._never(call_id)

    def _never(self, call_id: str) -> None:
        for window in self._windows.values():
            window.not_dialled(call_id)
        self._news.set()

    async def run(self) -> None:
        """Send each call at its time, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                while not self._waiting:
                    self._news.clear()
                    await self._news.wait()
                one = self._waiting[0]
                moment = await self._wait_turn(one)
                self._waiting.popleft()
                if moment is None:
                    self.not_dialled.append(one.attempt_id)
                    continue
                self._take(one.call_id, one.campaign_id, moment)
                group.create_task(self._send(one, moment))

    async def turn(self, one: PreviewTurn) -> bool:
        """Wait until an agent's call, whose own phone was just picked up, may be dialled; False: not in a person's
        time. Whoever has waited for a phone goes before the calls of machines."""
        until = self._loop.time() + TURN_SECONDS
        while True:
            now = self._loop.time()
            moment = self._moment(one.campaign_id, one.trunk_per_second, one.campaign_per_second, now)
            if moment is not None and moment <= until:
                self._take(one.call_id, one.campaign_id, moment)
                await asyncio.sleep(moment - now)
                return True
            if now >= until:
                return False
            await self._wait_for_news()

    def _take(self, call_id: str, campaign_id: int, moment: float) -> None:
        self._windows[_TRUNK].sent(call_id, moment)
        self._windows[campaign_id].sent(call_id, moment)

    def _moment(
        self, campaign_id: int, trunk_per_second: float, campaign_per_second: float, now: float
    ) -> float | None:
        """Return when the wire has room for a call; None while only news of an earlier one can tell."""
        trunk = self._windows[_TRUNK].next_at(now, trunk_per_second)
        campaign = self._windows[campaign_id].next_at(now, campaign_per_second)
        return None if trunk is None or campaign is None else max(trunk, campaign, self._not_before, now)

    async def _wait_for_news(self) -> None:
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._news.wait()

    async def _wait_turn(self, one: Placement) -> float | None:
        """Wait until a call may be sent and return its moment; None when its time is over by then: others may have the
        right to dial."""
        while True:
            late = (self._ctx.clock.now() - one.slot_at).total_seconds()
            if late > self._ctx.settings.dial.late_seconds:
                log.warning("call not sent: too late", action="dial", call_id=one.call_id, late=round(late, 3))
                return None
            now = self._loop.time()
            room = self._moment(one.campaign_id, one.trunk_per_second, one.campaign_per_second, now)
            if room is None:
                await self._wait_for_news()
                continue
            moment = max(room, now - late)
            if moment <= now + LEAD_SECONDS:
                return moment
            await asyncio.sleep(moment - LEAD_SECONDS - now)

    async def _send(self, one: Placement, moment: float) -> None:
        at = self._ctx.clock.now() + timedelta(seconds=moment - self._loop.time())
        variables = {**variables_of(one), "__CC_MOMENT": str(milliseconds_of_minute(at))}
        try:
            await self._trunk.originate(
                one.leg_id, "Local/s@cc-campaign/n", "cc-campaign-nobody", "s", variables, one.ring_seconds + 10
            )
        except PbxUnavailable as error:
            log.warning("call in doubt", action="dial", call_id=one.call_id, error=str(error))
        except PbxRefused as error:
            self.refused += 1
            log.error("call refused by the PBX", action="dial", call_id=one.call_id, error=str(error))
            self.not_dialled.append(one.attempt_id)
            self._never(one.call_id)
        else:
            self.placed += 1
            log.info("call placed", action="dial", call_id=one.call_id, number=mask_number(one.number))


def milliseconds_of_minute(at: datetime) -> int:
    """Return a moment as the dialplan is told it, rounded up: no call is dialled too early."""
    return -(-(at.second * 1_000_000 + at.microsecond) // 1000) % 60_000


def variables_of(one: Placement) -> dict[str, str]:
    """Return what the dialplan is told of a call. All of it is ours or digits."""
    return {
        "__CC_CALL_ID": one.call_id,
        "__CC_NUMBER": one.number,
        "__CC_SCRIPT": one.flow,
        "__CC_QUEUE": one.queue,
        "__CC_AGENT_SECONDS": f"{max(1, round(one.agent_seconds))}",
        "__CC_EARLY_MEDIA": "1" if one.early_media else "",
        "__CC_AMD": "1" if one.machine_detection else "",
        "__CC_NOTICE": "1" if one.recording_notice else "",
        "__CC_SHOWN": one.caller_id,
        "CC_RING": str(one.ring_seconds),
        "CC_VALID_UNTIL": str(int(one.valid_until.timestamp())),
    }
