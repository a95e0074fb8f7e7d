"""Supervisors who listen to a running talk: whose leg is heard comes from the live view, never from whoever asks.

What does not live here: who may (services/listening), what the leg does (dialplan/listen.conf), what is shown
(calls/listening).
"""

from __future__ import annotations

from collections.abc import Callable

from ccengine.asterisk.ami.pbx import AmiPbx, Request
from ccengine.calls.leg import LegState, TrackedLeg
from ccengine.calls.listening import CALLING, Listener
from ccengine.calls.tracker import Tracker
from ccengine.clock import Clock
from ccengine.ports import PbxRefused
from ccengine.values import listen_leg

#: So long a supervisor's own phone rings; the live view forgets it soon after (calls/listening.RING).
RING_SECONDS = 25.0


class FloorPbx(AmiPbx):
    """Implements ports.Pbx: the PBX's commands, and those that need to know who talks on which leg now."""

    def __init__(
        self, request: Request, queue: str, tracker: Tracker, clock: Clock, changed: Callable[[], None]
    ) -> None:
        super().__init__(request, queue)
        self._tracker = tracker
        self._clock = clock
        self._changed = changed

    async def listen(self, listener: str, extension: str, agent_number: str, call_id: str, mode: str) -> None:
        """See ports.Pbx. One leg for each listener: the second press finds the first one's."""
        heard = self._tracker.talking_leg(agent_number, call_id)
        if heard is None:
            raise PbxRefused("not_talking", agent_number)
        own = self._tracker.listening.of(listener, self._clock.now())
        if own is None:
            await self._begin(listener, extension, agent_number, call_id, heard, mode)
        elif own.heard_leg != heard.uniqueid:
            raise PbxRefused("listens_elsewhere", own.listener)
        elif own.mode != mode:
            await self._move(own, mode)

    async def _begin(
        self, listener: str, extension: str, agent_number: str, call_id: str, heard: TrackedLeg, mode: str
    ) -> None:
        there = self._tracker.families.on_extension.get(extension, {}).values()
        if any(leg.state is not LegState.ENDED for leg in there):
            raise PbxRefused("phone_busy", extension)
        leg_id, listening = listen_leg(listener, heard.uniqueid), self._tracker.listening
        variables = {
            "CC_HEARD_LEG": heard.uniqueid,
            "CC_HEARD_CALL": call_id,
            "CC_HEARD_AGENT": agent_number,
            "CC_LISTENER": listener,
        }
        listening.asked(leg_id, extension, mode, self._clock.now())  # before the PBX is: for the second press
        self._changed()
        try:
            await self.ring_listener(leg_id, extension, mode, variables, RING_SECONDS)
        except PbxRefused:
            listening.ended(leg_id)
            self._changed()
            raise

    async def _move(self, own: Listener, mode: str) -> None:
        if own.state == CALLING:
            raise PbxRefused("still_ringing", own.extension)
        try:
            await self.move_listener(own.leg_id, mode)
        except PbxRefused as error:
            raise PbxRefused("not_talking", error.detail) from error

    async def end_listening(self, listener: str) -> None:
        """See ports.Pbx."""
        own = self._tracker.listening.of(listener, self._clock.now())
        if own is not None:
            await self.end_listener(own.leg_id)
