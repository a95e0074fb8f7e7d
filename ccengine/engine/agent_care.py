"""What the engine does for agents by itself: wrap-up after a call, a pause after missed calls, lines in their journal.

Deadlines are kept in memory only: wrap-up pauses found at the start are lifted, so none outlives the engine.
What does not live here: states (calls/agent_state), commands of people (services/agents).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import structlog

from ccengine.calls.agent_state import WRAP_UP, Agent, AgentState
from ccengine.calls.facts import (
    AgentStateChanged,
    CallConnected,
    CallHeld,
    CallMissed,
    CallResumed,
    Fact,
    ListeningPassedOn,
)
from ccengine.ports import Pbx, PbxRefused, PbxUnavailable
from ccengine.values import Direction

log = structlog.get_logger(__name__)

MAX_JOBS = 2_000
#: A wrap-up pause that could not be lifted is tried again after so long: an agent would wait for calls in vain.
LIFT_AGAIN_SECONDS = 2.0
_AT_WORK = (AgentState.TALKING, AgentState.ON_HOLD)


class AgentCare:
    """Takes facts, sends commands one after the other; a command that fails is logged and never holds others up."""

    def __init__(
        self,
        pbx: Pbx,
        wrapup_seconds: float,
        state_of: Callable[[str], AgentState | None],
        missed_limit: int = 3,
    ) -> None:
        self._missed_limit = missed_limit
        self._pbx = pbx
        self._wrapup_seconds = wrapup_seconds
        self._state_of = state_of
        self._jobs: asyncio.Queue[Coroutine[Any, Any, None]] = asyncio.Queue()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._missed: dict[str, int] = {}
        self._last_call: dict[str, str] = {}

    async def run(self) -> None:
        """Carry out what the facts ask for; ends only by cancellation."""
        try:
            while True:
                job = await self._jobs.get()
                try:
                    await job
                except (PbxUnavailable, PbxRefused) as error:
                    log.warning("care for an agent failed", error=str(error))
        finally:
            for timer in self._timers.values():
                timer.cancel()
            while not self._jobs.empty():
                self._jobs.get_nowait().close()

    def _do(self, job: Coroutine[Any, Any, None]) -> None:
        if self._jobs.qsize() < MAX_JOBS:
            self._jobs.put_nowait(job)
        else:
            job.close()
            log.error("too many commands for agents are waiting; one is left out")

    def after_snapshot(self, agents: Iterable[Agent]) -> None:
        """Lift wrap-up pauses that nobody will lift any more."""
        for agent in agents:
            if agent.state is AgentState.WRAP_UP and agent.number not in self._timers:
                self._do(self._lift(agent.number, agent.extension))

    def pbx_was_lost(self, at: datetime, hung_up_at: datetime | None) -> None:
        """Tell the journal when the PBX died: its own last line may be minutes older.

        hung_up_at: when it began to hang up on everybody, where it did; a PBX that ends takes no such word any more.
        """
        if hung_up_at is not None:
            self._do(self._pbx.write_queue_log("CC_PBX_ENDS", "NONE", "NONE", f"u={_stamp(hung_up_at)}"))
        self._do(self._pbx.write_queue_log("CC_PBX_LOST", "NONE", "NONE", f"u={_stamp(at)}"))

    def take(self, fact: Fact) -> None:
        """Do what a fact asks for."""
        match fact:
            case AgentStateChanged():
                self._state_changed(fact)
            case CallMissed():
                self._count_missed(fact)
            case CallConnected() if fact.agent_number:
                self._missed.pop(fact.agent_number, None)
            case CallHeld() | CallResumed():
                self._journal_hold(fact)
            case ListeningPassedOn():
                log.warning("listening was passed on by transfer: it is ended", channels=fact.channels)
                for channel in fact.channels:
                    self._do(self._pbx.hangup(channel))
            case _:
                pass

    def _state_changed(self, fact: AgentStateChanged) -> None:
        number, extension = fact.agent_number, fact.extension
        if fact.call_id:
            self._last_call[number] = fact.call_id
        if fact.state is AgentState.WRAP_UP and fact.previous is not AgentState.SIGNED_OUT:
            self._begin_timer(number, extension, self._wrapup_seconds)
        elif fact.previous is AgentState.WRAP_UP:
            self._cancel(number)
        ended = fact.previous in _AT_WORK and fact.state is AgentState.AVAILABLE
        on_trunk = fact.previous_call_id is not None and fact.direction is not Direction.INTERNAL
        if ended and on_trunk and self._wrapup_seconds > 0:
            self._do(self._wrap_up(number, extension))
        moved = fact.state is not fact.previous or fact.state is AgentState.PAUSED  # another reason is told as well
        if moved and fact.state is not AgentState.ON_HOLD:
            self._journal_state(fact)

    def _journal_state(self, fact: AgentStateChanged) -> None:
        """queue_log tells states of queue members only, without the phone, and to the second: write them ourselves."""
        call = self._last_call.get(fact.agent_number, "") if fact.state is AgentState.WRAP_UP else fact.call_id or ""
        words = {"state": fact.state.value, "reason": fact.reason or "", "call": call, "ext": fact.extension}
        message = "&".join(f"{key}={quote(value)}" for key, value in words.items() if value)
        message += f"&u={_stamp(fact.at)}"
        self._do(self._pbx.write_queue_log("CC_STATE", "NONE", fact.agent_number, message))

    async def _wrap_up(self, number: str, extension: str) -> None:
        if self._state_of(number) is not AgentState.AVAILABLE:
            return  # paused, signed out or rung meanwhile: that is what counts
        await self._pbx.pause(number, extension, WRAP_UP)

    def _begin_timer(self, number: str, extension: str, seconds: float) -> None:
        self._cancel(number)
        loop = asyncio.get_running_loop()
        self._timers[number] = loop.call_later(seconds, self._end_wrap_up, number, extension)

    def _end_wrap_up(self, number: str, extension: str) -> None:
        if self._timers.pop(number, None) is not None:
            self._do(self._lift(number, extension))

    async def _lift(self, number: str, extension: str) -> None:
        if self._state_of(number) is not AgentState.WRAP_UP:
            return
        try:
            await self._pbx.pause(number, extension, None)
        except PbxUnavailable:
            if number not in self._timers:  # the link may well stand again without a new list
                self._begin_timer(number, extension, LIFT_AGAIN_SECONDS)
            raise

    def _cancel(self, number: str) -> None:
        timer = self._timers.pop(number, None)
        if timer is not None:
            timer.cancel()

    def _count_missed(self, fact: CallMissed) -> None:
        """An agent who lets the phone ring several times in a row (pbx.missed_limit) is not there."""
        count = self._missed.get(fact.agent_number, 0) + 1
        self._missed[fact.agent_number] = count
        if count >= self._missed_limit and fact.extension:
            self._missed.pop(fact.agent_number)
            self._do(self._pbx.pause(fact.agent_number, fact.extension, "no_answer"))

    def _journal_hold(self, fact: CallHeld | CallResumed) -> None:
        event = "CC_HOLD" if isinstance(fact, CallHeld) else "CC_UNHOLD"
        message = f"call={fact.call_id}&u={_stamp(fact.at)}"
        self._do(self._pbx.write_queue_log(event, fact.leg_id, fact.agent_number or "NONE", message))


def _stamp(moment: datetime) -> str:
    return f"{moment.timestamp():.6f}"
