"""The task that calls people: has calls committed, sends each at its time, clears up doubts. One engine at a time does.

A call is committed before the PBX hears of it (no database, no dialling). When the PBX's answer is lost, or we died in
between, neither is guessed: the attempt's validity runs out (the dialplan refuses it from then on), then channels and
journal are asked. What does not live here: who is called and when (services/dialling.py), results
(services/attempt_results.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog

from ccengine.calls.board import BoardSnapshot
from ccengine.hotline.pacing import AgentPicture
from ccengine.ports import LiveView, PbxRefused, PbxUnavailable, Trunk
from ccengine.rows import AttemptRow
from ccengine.services import attempt_results, dialling
from ccengine.services.context import Context
from ccengine.services.dialling import AHEAD, Placement, leg_id_of
from ccengine.services.errors import Unavailable
from ccengine.values import mask_number

log = structlog.get_logger(__name__)

IDLE_SECONDS = 1.0
AWAY_SECONDS = 2.0
_FREE = frozenset({"available"})
_BUSY = frozenset({"ringing", "talking", "on_hold", "wrap_up"})


class Dialler:
    """One node's dialler. Construct inside the running loop; `run()` ends only by cancellation.

    Args:
        trunk: where calls are begun.
        ready: whether the PBX can be asked and the journal is followed.
        caught_up: whether everything the journal held at this moment is in rows.
        board: the picture of now, for campaigns with agents.
    """

    def __init__(
        self,
        ctx: Context,
        trunk: Trunk,
        *,
        ready: Callable[[], bool],
        caught_up: Callable[[], bool],
        board: Callable[[], BoardSnapshot],
    ) -> None:
        self._ctx = ctx
        self._trunk = trunk
        self._ready = ready
        self._caught_up = caught_up
        self._board = board
        self._doubts_at = 0.0
        # In the loop's time: no call is sent sooner. A new engine waits a second: the last one's second is over then.
        self._next_at = asyncio.get_running_loop().time() + 1.0
        self._picture_at = 0.0
        self._idle = True
        self.placed = 0
        self.refused = 0
        self.doubts = 0

    def health(self) -> dict[str, Any]:
        """Return what was done."""
        return {
            "ok": True,
            "placed": self.placed,
            "refused": self.refused,
            "doubts": self.doubts,
        }

    def board_changed(self) -> None:
        """Take note that the live view has just told something: its picture is fresh."""
        self._picture_at = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Dial as long as there is something to dial."""
        while True:
            try:
                busy = await self.step()
            except Unavailable as error:
                log.warning("dialling waits: the database is away", action="dial", error=str(error))
                await asyncio.sleep(AWAY_SECONDS)
                continue
            if not busy:
                await asyncio.sleep(IDLE_SECONDS if self._idle else AHEAD.total_seconds() / 2)

    async def step(self) -> bool:
        """Do one round; return whether calls were begun. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        self._idle = True
        if not self._ready():
            return False
        if loop.time() >= self._doubts_at:
            self._doubts_at = loop.time() + 1.0
            await self._clear_doubts()
        self._idle = not await dialling.anything_due(self._ctx)
        if self._idle:
            return False
        wait = timedelta(seconds=max(0.0, self._next_at - loop.time()))
        placements = await dialling.reserve(self._ctx, self._ctx.clock.now() + wait, self._agents())
        await self._send(placements)
        return bool(placements)

    def _agents(self) -> Mapping[str, AgentPicture]:
        board = self._board()
        states = [line.state for line in board.agents]
        age = asyncio.get_running_loop().time() - self._picture_at
        stale = board.stale or not board.pbx_connected
        return {
            queue.queue: AgentPicture(
                free=sum(state in _FREE for state in states),
                busy=sum(state in _BUSY for state in states),
                waiting=queue.waiting,
                age_seconds=float("inf") if stale else age,
            )
            for queue in board.queues
        }

    async def _send(self, placements: tuple[Placement, ...]) -> None:
        """Send each call at its time; those that certainly were not dialled are given back."""
        not_dialled = [one.attempt_id for one in placements if not await self._place(one)]
        if not_dialled:
            await attempt_results.give_up(self._ctx, not_dialled)

    async def _place(self, one: Placement) -> bool:
        """Send one call. False: it was certainly not dialled. A lost answer is no such thing; it is cleared up later.

        However late we are, calls keep their distance: the cap counts where they arrive.
        """
        loop, slot_in = asyncio.get_running_loop(), (one.slot_at - self._ctx.clock.now()).total_seconds()
        await asyncio.sleep(max(0.0, slot_in, self._next_at - loop.time()))
        late_seconds = (self._ctx.clock.now() - one.slot_at).total_seconds()
        if late_seconds > self._ctx.settings.dial.late_seconds:  # by now others may have the right to dial
            log.warning("call not sent: too late", action="dial", call_id=one.call_id, late=round(late_seconds, 3))
            return False
        self._next_at = loop.time() + one.step_seconds
        try:
            await self._trunk.originate(
                one.leg_id, "Local/s@cc-campaign/n", "cc-campaign-nobody", "s", variables_of(one), one.ring_seconds + 10
            )
        except PbxUnavailable as error:
            log.warning("call in doubt", action="dial", call_id=one.call_id, error=str(error))
            return True
        except PbxRefused as error:
            self.refused += 1
            log.error("call refused by the PBX", action="dial", call_id=one.call_id, error=str(error))
            return False
        self.placed += 1
        log.info("call placed", action="dial", call_id=one.call_id, number=mask_number(one.number))
        return True

    async def _clear_doubts(self) -> None:
        """Close the attempts that PBX and journal know nothing of, in this order: first which channels live, then that
        the journal is read to its end, then that no call of ours stands in the rows."""
        doubtful = await attempt_results.doubtful(self._ctx)
        if not doubtful:
            return
        self.doubts += len(doubtful)
        try:
            living = await self._trunk.living()
        except (PbxUnavailable, PbxRefused) as error:
            log.warning("doubtful calls wait: the PBX is away", action="dial", error=str(error))
            return
        gone = [one for one in doubtful if not _lives(one, living)]
        if not gone or not self._caught_up():
            return
        closed = await attempt_results.give_up(self._ctx, [one.id for one in gone])
        log.info("calls were never begun", action="dial", call_ids=closed)


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
        "CC_RING": str(one.ring_seconds),
        "CC_VALID_UNTIL": str(int(one.valid_until.timestamp())),
    }


def _lives(one: AttemptRow, living: frozenset[str]) -> bool:
    return not living.isdisjoint({leg_id_of(one.call_id), one.call_id})


async def watch_board(live: LiveView, dialler: Dialler) -> None:
    """Tell the dialler of each change of the live view, for ever."""
    async for _ in live.changes():
        dialler.board_changed()
