"""The task that calls people: has calls committed ahead of their times, clears up doubts. One engine at a time does.

A call is committed before the PBX hears of it (no database, no dialling). When the PBX's answer is lost, or we died in
between, neither is guessed: the attempt's validity runs out (the dialplan refuses it from then on), then channels and
journal are asked.
What does not live here: who is called and when (services/dialling.py), sending (call_sender.py), results
(services/attempt_results.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Set
from typing import Any

import structlog

from ccengine.calls.board import BoardSnapshot
from ccengine.engine.call_sender import CallSender
from ccengine.hotline.pacing import AgentPicture
from ccengine.ports import LiveView, PbxRefused, PbxUnavailable, Trunk
from ccengine.rows import AttemptRow
from ccengine.services import attempt_results, dialling, preview
from ccengine.services.context import Context
from ccengine.services.dialling import AHEAD, leg_id_of
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)

IDLE_SECONDS = 1.0
#: Between two looks for calls in doubt, while dialling and with nothing to dial.
DOUBTS_SECONDS, IDLE_DOUBTS_SECONDS = 1.0, 5.0
#: Between two rounds while there is something to dial.
ROUND_SECONDS = AHEAD.total_seconds() / 4
AWAY_SECONDS = 2.0
#: So many calls are remembered as having come to a queue; then only those that are there now.
_MOST_ARRIVED = 5000
_FREE = frozenset({"available"})
_WRAPPING = frozenset({"wrap_up"})
_BUSY = frozenset({"ringing", "talking", "on_hold"}) | _WRAPPING


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
        self._picture_at = 0.0
        self._idle = True
        self._arrived: Set[str] = frozenset()  # calls that were seen at a queue or an agent
        self._sender = CallSender(ctx, trunk)
        self.heard = self._sender.heard  # for each event of the PBX
        self.doubts = 0

    def health(self) -> dict[str, Any]:
        """Return what was done."""
        return {
            "ok": True,
            "placed": self._sender.placed,
            "refused": self._sender.refused,
            "doubts": self.doubts,
        }

    def board_changed(self) -> None:
        """Take note that the live view has just told something: its picture is fresh."""
        self._picture_at = asyncio.get_running_loop().time()

    async def may_dial(self, call_id: str) -> bool:
        """Say whether an agent's preview call, whose own phone was just picked up, is dialled; wait for its place."""
        try:
            turn = await preview.turn_of(self._ctx, call_id)
        except Unavailable:
            return False  # no database, no dialling
        may = turn is not None and await self._sender.turn(turn)
        log.info("preview call", action="dial", call_id=call_id, may=may)
        return may

    async def run(self) -> None:
        """Dial as long as there is something to dial."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sender.run(), name="call-sender")
            group.create_task(self._plan(), name="call-planner")

    async def _plan(self) -> None:
        busy = False
        while True:
            try:
                busy = await self._step(busy)
            except Unavailable as error:
                log.warning("dialling waits: the database is away", action="dial", error=str(error))
                await asyncio.sleep(AWAY_SECONDS)
                continue
            await asyncio.sleep(IDLE_SECONDS if self._idle else ROUND_SECONDS)

    async def _step(self, was_busy: bool) -> bool:
        """Do one round while the calls of earlier ones are sent; return whether calls were committed."""
        loop = asyncio.get_running_loop()
        await self._give_back()
        rested, self._idle = self._idle, not self._ready()
        if self._idle:
            return False
        if loop.time() >= self._doubts_at:
            open_doubts = await self._clear_doubts()
            self._doubts_at = loop.time() + (IDLE_DOUBTS_SECONDS if rested and not open_doubts else DOUBTS_SECONDS)
        self._idle = not was_busy and not await dialling.anything_due(self._ctx)
        if self._idle:
            return False
        placements = await dialling.reserve(self._ctx, self._sender.free_at(), self._agents(), self._arrived)
        self._sender.put(placements)
        return bool(placements)

    async def _give_back(self) -> None:
        """Let those wait again whom the PBX certainly did not dial."""
        mine = tuple(self._sender.not_dialled)
        if mine:
            await attempt_results.give_up(self._ctx, mine)
            del self._sender.not_dialled[: len(mine)]

    def _agents(self) -> Mapping[str, AgentPicture]:
        board = self._board()
        here = {line.call_id for line in board.waiting} | {line.call_id for line in board.agents if line.call_id}
        self._arrived = here if len(self._arrived) > _MOST_ARRIVED else self._arrived | here
        states = [line.state for line in board.agents_for_calls()]
        age = asyncio.get_running_loop().time() - self._picture_at
        stale = board.stale or not board.pbx_connected
        return {
            queue.queue: AgentPicture(
                free=sum(state in _FREE for state in states),
                busy=sum(state in _BUSY for state in states),
                wrapping=sum(state in _WRAPPING for state in states),
                waiting=queue.waiting,
                age_seconds=float("inf") if stale else age,
            )
            for queue in board.queues
        }

    async def _clear_doubts(self) -> bool:
        """Close the attempts that PBX and journal know nothing of, in this order: first which channels live, then that
        the journal is read to its end, then that no call of ours stands in the rows. Say whether there were any."""
        doubtful = await attempt_results.doubtful(self._ctx)
        if not doubtful:
            return False
        self.doubts += len(doubtful)
        try:
            living = await self._trunk.living()
        except (PbxUnavailable, PbxRefused) as error:
            log.warning("doubtful calls wait: the PBX is away", action="dial", error=str(error))
            return True
        gone = [one for one in doubtful if not _lives(one, living)]
        if gone and self._caught_up():
            closed = await attempt_results.give_up(self._ctx, [one.id for one in gone])
            log.info("calls were never begun", action="dial", call_ids=closed)
        return True


def _lives(one: AttemptRow, living: frozenset[str]) -> bool:
    return not living.isdisjoint({leg_id_of(one.call_id), one.call_id})


async def watch_board(live: LiveView, dialler: Dialler) -> None:
    """Tell the dialler of each change of the live view, for ever."""
    async for _ in live.changes():
        dialler.board_changed()
