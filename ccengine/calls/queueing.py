"""Callers in queues: joining, being rung, leaving; part of the tracker.

What does not live here: the wait's table (queue_wait), legs and calls (tracker).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccengine.calls import facts as fx
from ccengine.calls import pbx_events as ev
from ccengine.calls.call import Call
from ccengine.calls.leg import TrackedLeg
from ccengine.calls.people import extension_of
from ccengine.calls.queue_wait import QueueWait, WaitInput
from ccengine.channels import LegKind

if TYPE_CHECKING:
    from ccengine.calls.tracker import Tracker


#: A phone's leg ended because nothing was heard of it; its caller goes back to the queue as the next one to be served
#: (dialplan/queue.conf, cc-phone-lost).
NO_SOUND, NEXT_PRIORITY = 44, 99


class Queueing:
    """Takes the queue's events on behalf of a tracker."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    def caller_joined(self, event: ev.CallerJoined) -> None:
        """A caller joined a queue."""
        self._tracker.queues.add(event.queue)
        leg = self._tracker.touch(event.leg, event.at, "CallerJoined")
        if leg is not None:
            self.wait_for(leg, event.queue, event.at, event.position)

    def wait_for(self, leg: TrackedLeg, queue: str, joined_at: datetime, position: int, priority: int = 0) -> None:
        """Note that a leg waits in a queue; told twice it is one wait."""
        call = self._tracker.families.call_of(leg)
        wait = next((wait for wait in call.waits if wait.open and wait.uniqueid == leg.uniqueid), None)
        if wait is None or wait.queue != queue:
            if wait is not None:
                wait.move(WaitInput.LEFT, joined_at)
            wait = QueueWait(queue=queue, uniqueid=leg.uniqueid, joined_at=joined_at)
            call.waits.append(wait)
            self._tracker.announce(call, joined_at)
            if call.announced:
                self._tracker.tell(fx.CallWaiting(at=joined_at, call_id=call.call_id, queue=queue, position=position))
        wait.position, wait.priority = position or wait.position, priority or wait.priority or _said_priority(call)
        self._tracker.refresh(call, joined_at)

    def move_wait(self, event: ev.CallerLeft | ev.CallerGaveUp, what: WaitInput) -> None:
        """A caller left a queue, or gave up."""
        leg = self._tracker.touch(event.leg, event.at, type(event).__name__)
        if leg is None:
            return
        call = self._tracker.families.call_of(leg)
        wait = next((w for w in reversed(call.waits) if w.uniqueid == leg.uniqueid and w.queue == event.queue), None)
        if wait is None or not wait.move(what, event.at):
            self._tracker.anomaly(event.at, "illegal_wait_move", f"{what} {event.queue} {leg.uniqueid}")
            return
        self._close_ranks(wait)
        self._tracker.refresh(call, event.at)

    def _close_ranks(self, gone: QueueWait) -> None:
        """Those who stood behind move up by one; the PBX tells positions at joining only."""
        for call in self._tracker.families.calls:
            for wait in call.waits:
                if wait.open and wait.queue == gone.queue and wait.position > gone.position > 0:
                    wait.position -= 1
        gone.position = 0

    def agent_rung(self, event: ev.AgentRung) -> None:
        """A member's phone is rung for a caller."""
        self._tracker.queues.add(event.queue)
        caller = self._tracker.touch(event.caller, event.at, "AgentRung")
        dest = self._tracker.touch(event.dest, event.at, "AgentRung") if event.dest else None
        if dest is not None:
            dest.dialled = True
            dest.agent_number = event.agent_number or dest.agent_number
            if caller is not None:
                self._tracker.join(dest, caller)
        self._queue_input(caller, event, WaitInput.RUNG)
        if dest is not None:
            self._tracker.offer(dest, event.at)

    def agent_missed(self, event: ev.AgentMissed) -> None:
        """A member did not take the caller."""
        caller = self._tracker.touch(event.caller, event.at, "AgentMissed")
        if caller is None:
            return
        self._queue_input(caller, event, WaitInput.MISSED)
        call = self._tracker.families.call_of(caller)
        if call.announced:
            fact = fx.CallMissed(
                at=event.at,
                call_id=call.call_id,
                agent_number=event.agent_number,
                extension=extension_of(event.interface),
                ring_seconds=event.ring_seconds,
            )
            self._tracker.tell(fact)

    def agent_answered(self, event: ev.AgentAnswered) -> None:
        """A member took the caller."""
        self._tracker.queues.add(event.queue)
        self._queue_input(self._tracker.touch(event.caller, event.at, "AgentAnswered"), event, WaitInput.ANSWERED)

    def _queue_input(
        self,
        caller: TrackedLeg | None,
        event: ev.AgentRung | ev.AgentMissed | ev.AgentAnswered,
        what: WaitInput,
    ) -> None:
        if caller is None:
            return
        call = self._tracker.families.call_of(caller)
        wait = next((w for w in reversed(call.waits) if w.queue == event.queue), None)
        if wait is None or not wait.move(what, event.at):
            self._tracker.anomaly(event.at, "illegal_wait_move", f"{what} {event.queue} {caller.uniqueid}")
        self._tracker.refresh(call, event.at)

    def restore(self, event: ev.SnapshotTaken) -> None:
        """Make the waits what a full list says."""
        entries = {entry.uniqueid: entry for entry in event.entries}
        for call in list(self._tracker.families.calls):
            for wait in call.waits:
                if wait.open and wait.uniqueid not in entries:
                    wait.move(WaitInput.LEFT, event.at)
        for entry in event.entries:
            self._tracker.queues.add(entry.queue)
            leg = self._tracker.families.legs.get(entry.uniqueid)
            if leg is not None:
                joined_at = event.at - timedelta(seconds=entry.wait_seconds)
                self.wait_for(leg, entry.queue, joined_at, entry.position, entry.priority)


def _said_priority(call: Call) -> int:
    """The priority with which the flow sent the caller to the queue, or the apology for an agent's phone that fell
    silent; the PBX tells it in lists only."""
    if any(leg.kind is LegKind.DEVICE and leg.cause == NO_SOUND for leg in call.legs.values()):
        return NEXT_PRIORITY
    said = call.word("CC_FLOW", "priority")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 2 else 0
