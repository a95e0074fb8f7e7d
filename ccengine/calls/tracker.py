"""Follows the PBX's events and concludes facts. Late or illegal events become an Anomaly and change nothing.

What does not live here: the tables (leg, queue_wait, agent_state), belonging together (families), agents (people).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ccengine.calls import facts as fx
from ccengine.calls import pbx_events as ev
from ccengine.calls.call import Call, own_id
from ccengine.calls.families import Families
from ccengine.calls.leg import INPUT_OF, LegInput, LegKind, LegState, Span, TrackedLeg, close
from ccengine.calls.live_record import make_record
from ccengine.calls.people import People, extension_of
from ccengine.calls.queue_wait import QueueWait, WaitInput
from ccengine.values import AGENT_NUMBER_PATTERN, Direction

#: A boot moment later than the known one by more than this is another boot; less is rounding of the uptime.
_REBOOT = timedelta(seconds=3)


class Tracker:
    """The live view's memory: feed events with `handle`, read `families`, `people` and `queues`."""

    def __init__(self, node: str, queues: tuple[str, ...] = ()) -> None:
        self.families = Families(node)
        self.people = People(self.families)
        self.queues: set[str] = set(queues)
        self.connected = False
        self.stale = True
        self.last_at: datetime | None = None
        self._booted_at: datetime | None = None
        self._generation = 0
        self._facts: list[fx.Fact] = []
        self._handlers: dict[type[ev.PbxEvent], Callable[[Any], None]] = {
            ev.LegCreated: self._leg_changed,
            ev.LegChanged: self._leg_changed,
            ev.LegEnded: self._leg_ended,
            ev.HangupAsked: self._hangup_asked,
            ev.DialBegun: self._dial_begun,
            ev.DialRinging: self._dial_ringing,
            ev.DialEnded: self._dial_ended,
            ev.BridgeEntered: self._bridge_entered,
            ev.BridgeLeft: self._bridge_left,
            ev.Held: self._held,
            ev.Unheld: self._unheld,
            ev.Transferred: self._transferred,
            ev.CallerJoined: self._caller_joined,
            ev.CallerLeft: lambda event: self._move_wait(event, WaitInput.LEFT),
            ev.CallerGaveUp: lambda event: self._move_wait(event, WaitInput.GAVE_UP),
            ev.AgentRung: self._agent_rung,
            ev.AgentMissed: self._agent_missed,
            ev.AgentAnswered: self._agent_answered,
            ev.MemberChanged: self._member_changed,
            ev.JournalMark: self._journal_mark,
            ev.Booted: self._booted,
            ev.LinkLost: self._link_lost,
            ev.SnapshotTaken: self._snapshot,
        }

    def handle(self, event: ev.PbxEvent) -> list[fx.Fact]:
        """Take one event; return what follows from it, in order. Never raises on what the PBX may say."""
        self._facts = []
        handler = self._handlers.get(type(event))
        if handler is None:
            self._anomaly(event.at, "unknown_event", type(event).__name__)
        else:
            handler(event)
        self._facts += self.people.settle(event.at)
        self.last_at = max(self.last_at or event.at, event.at)
        found, self._facts = self._facts, []
        return found

    def _anomaly(self, at: datetime, kind: str, detail: str) -> None:
        self._facts.append(fx.Anomaly(at=at, kind=kind, detail=detail[:200]))

    # --- legs

    def _touch(self, face: ev.Leg, at: datetime, what: str) -> TrackedLeg | None:
        leg = self.families.touch(face, at)
        if leg is None:
            self._anomaly(at, "late_event", f"{what} {face.channel} {face.uniqueid}")
            return None
        if leg.kind is LegKind.DEVICE and leg.agent_number is None:
            leg.agent_number = self.people.signed_in_on(leg.extension)
        self._move(leg, INPUT_OF[face.state], at)
        self._refresh(self.families.call_of(leg), at)
        return leg

    def _move(self, leg: TrackedLeg, what: LegInput, at: datetime) -> bool:
        if leg.move(what, at):
            return True
        self._anomaly(at, "illegal_leg_move", f"{what} in {leg.state} {leg.uniqueid}")
        return False

    def _leg_changed(self, event: ev.LegCreated | ev.LegChanged) -> None:
        self._touch(event.leg, event.at, type(event).__name__)

    def _leg_ended(self, event: ev.LegEnded) -> None:
        leg = self._touch(event.leg, event.at, "LegEnded")
        if leg is None:
            return
        leg.cause = event.cause
        self._end_leg(leg, event.at)

    def _end_leg(self, leg: TrackedLeg, at: datetime) -> None:
        call = self.families.call_of(leg)
        self._close_hold(leg, at)
        if not self._move(leg, LegInput.ENDS, at):
            return
        for wait in call.waits:
            if wait.uniqueid == leg.uniqueid and wait.open:
                wait.move(WaitInput.LEFT, at)
        self._refresh(call, at)
        self._tell_end(call, at)

    def _hangup_asked(self, event: ev.HangupAsked) -> None:
        leg = self._touch(event.leg, event.at, "HangupAsked")
        if leg is not None and not event.inside:
            leg.hangup_asked_at = min(leg.hangup_asked_at or event.at, event.at)

    def _dial_begun(self, event: ev.DialBegun) -> None:
        dest = self._touch(event.dest, event.at, "DialBegun")
        caller = self._touch(event.caller, event.at, "DialBegun") if event.caller else None
        if dest is None:
            return
        dest.dialled = True
        if caller is not None:
            self._join(dest, caller)
        self._refresh(self.families.call_of(dest), event.at)
        self._offer(dest, event.at)

    def _dial_ringing(self, event: ev.DialRinging) -> None:
        dest = self._touch(event.dest, event.at, "DialRinging")
        if dest is not None:
            dest.dialled = True
            self._move(dest, LegInput.RINGS, event.at)
            self._refresh(self.families.call_of(dest), event.at)
            self._offer(dest, event.at)

    def _dial_ended(self, event: ev.DialEnded) -> None:
        dest = self._touch(event.dest, event.at, "DialEnded")
        if dest is not None:
            dest.dialled = True
            if event.status == "ANSWER":
                self._move(dest, LegInput.ANSWERS, event.at)

    def _offer(self, leg: TrackedLeg, at: datetime) -> None:
        call = self.families.call_of(leg)
        known = call.anchor is not None and call.announced
        if not known or leg.kind is not LegKind.DEVICE or leg.uniqueid in call.offered or not leg.rings_at_us:
            return
        call.offered.add(leg.uniqueid)
        fact = fx.CallOffered(
            at=at,
            call_id=call.call_id,
            agent_number=self._agent_on(leg),
            extension=leg.extension,
            caller_number=call.caller_number,
            caller_name=call.caller_name,
        )
        self._facts.append(fact)

    def _agent_on(self, leg: TrackedLeg) -> str | None:
        if leg.agent_number:
            return leg.agent_number
        return leg.face.agent if AGENT_NUMBER_PATTERN.fullmatch(leg.face.agent) else None

    def _join(self, one: TrackedLeg, other: TrackedLeg) -> Call:
        return self.families.join(self.families.call_of(one), self.families.call_of(other))

    # --- bridges, hold, transfer

    def _bridge_entered(self, event: ev.BridgeEntered) -> None:
        leg = self._touch(event.leg, event.at, "BridgeEntered")
        if leg is None:
            return
        leg.enter(event.bridge, event.at)
        self._move(leg, LegInput.ANSWERS, event.at)
        for other in [other for other in self.families.legs.values() if other.bridge == event.bridge]:
            self._join(leg, other)
        self._refresh(self.families.call_of(leg), event.at)

    def _bridge_left(self, event: ev.BridgeLeft) -> None:
        leg = self._touch(event.leg, event.at, "BridgeLeft")
        if leg is None:
            return
        if leg.leave(event.bridge, event.at):
            self._refresh(self.families.call_of(leg), event.at)
        elif leg.bridge:
            self._anomaly(event.at, "late_event", f"BridgeLeft {event.bridge} {leg.uniqueid}")

    def _held(self, event: ev.Held) -> None:
        leg = self._touch(event.leg, event.at, "Held")
        if leg is None or leg.held:
            return
        leg.holds.append(Span(started_at=event.at))
        self.people.touch([leg])
        self._tell_hold(fx.CallHeld, leg, event.at)

    def _unheld(self, event: ev.Unheld) -> None:
        leg = self._touch(event.leg, event.at, "Unheld")
        if leg is not None:
            self._close_hold(leg, event.at)

    def _close_hold(self, leg: TrackedLeg, at: datetime) -> None:
        if leg.held:
            close(leg.holds, at)
            self.people.touch([leg])
            self._tell_hold(fx.CallResumed, leg, at)

    def _tell_hold(self, kind: type[fx.CallHeld] | type[fx.CallResumed], leg: TrackedLeg, at: datetime) -> None:
        call = self.families.call_of(leg)
        if call.announced and leg.kind is LegKind.DEVICE:
            agent = self._agent_on(leg)
            fact = kind(at=at, call_id=call.call_id, agent_number=agent, extension=leg.extension, leg_id=leg.uniqueid)
            self._facts.append(fact)

    def _transferred(self, event: ev.Transferred) -> None:
        legs = [self.families.legs[face.uniqueid] for face in event.legs if face.uniqueid in self.families.legs]
        if not legs:
            self._anomaly(event.at, "late_event", "Transferred")
            return
        for other in legs[1:]:
            self._join(legs[0], other)
        call = self.families.call_of(legs[0])
        call.transfers += 1
        self._refresh(call, event.at)

    # --- queue

    def _caller_joined(self, event: ev.CallerJoined) -> None:
        self.queues.add(event.queue)
        leg = self._touch(event.leg, event.at, "CallerJoined")
        if leg is not None:
            self._wait_for(leg, event.queue, event.at, event.position)

    def _wait_for(self, leg: TrackedLeg, queue: str, joined_at: datetime, position: int, priority: int = 0) -> None:
        call = self.families.call_of(leg)
        wait = next((wait for wait in call.waits if wait.open and wait.uniqueid == leg.uniqueid), None)
        if wait is None or wait.queue != queue:
            if wait is not None:
                wait.move(WaitInput.LEFT, joined_at)
            wait = QueueWait(queue=queue, uniqueid=leg.uniqueid, joined_at=joined_at)
            call.waits.append(wait)
            self._announce(call, joined_at)
            if call.announced:
                self._facts.append(fx.CallWaiting(at=joined_at, call_id=call.call_id, queue=queue, position=position))
        wait.position, wait.priority = position or wait.position, priority or wait.priority
        self._refresh(call, joined_at)

    def _move_wait(self, event: ev.CallerLeft | ev.CallerGaveUp, what: WaitInput) -> None:
        leg = self._touch(event.leg, event.at, type(event).__name__)
        if leg is None:
            return
        call = self.families.call_of(leg)
        wait = next((w for w in reversed(call.waits) if w.uniqueid == leg.uniqueid and w.queue == event.queue), None)
        if wait is None or not wait.move(what, event.at):
            self._anomaly(event.at, "illegal_wait_move", f"{what} {event.queue} {leg.uniqueid}")
            return
        self._close_ranks(wait)
        self._refresh(call, event.at)

    def _close_ranks(self, gone: QueueWait) -> None:
        """Those who stood behind move up by one; the PBX tells positions at joining only."""
        for call in self.families.calls:
            for wait in call.waits:
                if wait.open and wait.queue == gone.queue and wait.position > gone.position > 0:
                    wait.position -= 1

    def _agent_rung(self, event: ev.AgentRung) -> None:
        self._people_of(event)
        caller = self._touch(event.caller, event.at, "AgentRung")
        dest = self._touch(event.dest, event.at, "AgentRung") if event.dest else None
        if dest is not None:
            dest.dialled = True
            dest.agent_number = event.agent_number or dest.agent_number
            if caller is not None:
                self._join(dest, caller)
        self._queue_input(caller, event, WaitInput.RUNG)
        if dest is not None:
            self._offer(dest, event.at)

    def _agent_missed(self, event: ev.AgentMissed) -> None:
        caller = self._touch(event.caller, event.at, "AgentMissed")
        if caller is None:
            return
        self._queue_input(caller, event, WaitInput.MISSED)
        call = self.families.call_of(caller)
        if call.announced:
            fact = fx.CallMissed(
                at=event.at,
                call_id=call.call_id,
                agent_number=event.agent_number,
                extension=extension_of(event.interface),
                ring_seconds=event.ring_seconds,
            )
            self._facts.append(fact)

    def _agent_answered(self, event: ev.AgentAnswered) -> None:
        self._people_of(event)
        self._queue_input(self._touch(event.caller, event.at, "AgentAnswered"), event, WaitInput.ANSWERED)

    def _people_of(self, event: ev.AgentRung | ev.AgentAnswered) -> None:
        self.queues.add(event.queue)

    def _queue_input(
        self,
        caller: TrackedLeg | None,
        event: ev.AgentRung | ev.AgentMissed | ev.AgentAnswered,
        what: WaitInput,
    ) -> None:
        if caller is None:
            return
        call = self.families.call_of(caller)
        wait = next((w for w in reversed(call.waits) if w.queue == event.queue), None)
        if wait is None or not wait.move(what, event.at):
            self._anomaly(event.at, "illegal_wait_move", f"{what} {event.queue} {caller.uniqueid}")
        self._refresh(call, event.at)

    def _member_changed(self, event: ev.MemberChanged) -> None:
        self.queues.add(event.member.queue)
        if not self.people.apply(event.change, event.member):
            detail = f"{event.change} {event.member.interface} {event.member.agent_number}"
            self._anomaly(event.at, "illegal_member_change", detail)

    # --- our own marks

    def _journal_mark(self, event: ev.JournalMark) -> None:
        leg = self.families.legs.get(event.uniqueid)
        call = self.families.call_of(leg) if leg else self.families.find(event.value("id"), event.linkedid)
        if call is None:
            self._anomaly(event.at, "late_event", f"{event.kind} {event.uniqueid}")
            return
        call.marks.append(event)
        name = own_id(event.value("id"))
        if name and call.own_id is None and event.kind == "CC_CALL":
            self.families.name(call, name)
        self._refresh(call, event.at)

    # --- what follows for a call

    def _refresh(self, call: Call, at: datetime) -> None:
        """Derive a call's phase anew, and tell what came of it."""
        self.people.touch(call.legs.values())
        if call.own_id is not None:
            self._announce(call, at)
        phase = call.current_phase()
        if phase is not call.phase or call.phase_since is None:
            call.phase, call.phase_since = phase, at
        if not call.announced:
            return
        for leg in call.heard():
            if leg.kind is LegKind.DEVICE and leg.uniqueid not in call.connected:
                call.connected.add(leg.uniqueid)
                agent = self._agent_on(leg)
                self._facts.append(
                    fx.CallConnected(at=at, call_id=call.call_id, agent_number=agent, extension=leg.extension)
                )

    def _announce(self, call: Call, at: datetime) -> None:
        if call.announced or call.anchor is None:
            return
        call.announced = True
        fact = fx.CallStarted(
            at=at,
            call_id=call.call_id,
            direction=call.direction,
            caller_number=call.caller_number,
            caller_name=call.caller_name,
        )
        self._facts.append(fact)

    def _tell_end(self, call: Call, at: datetime) -> None:
        if not call.over:
            return
        for one in list(call.relatives()):
            anchor = one.anchor
            if anchor is not None and not one.told:
                one.told = True
                self._announce(one, at)
                self._facts.append(fx.CallEnded(at=at, call_id=one.call_id, record=make_record(one, anchor, at)))
            self.families.forget(one)

    # --- the link and the whole

    def _booted(self, event: ev.Booted) -> None:
        self.connected = True
        booted_at = event.at - timedelta(seconds=event.uptime_seconds)
        if self._booted_at is not None and booted_at - self._booted_at > _REBOOT:
            self._interrupt_all(event.at)
        self._booted_at = booted_at

    def _interrupt_all(self, at: datetime) -> None:
        """The PBX was restarted: nothing of before lives."""
        end = min(self.last_at or at, at)
        self._anomaly(at, "pbx_restarted", f"{len(self.families.calls)} calls interrupted")
        for call in list(self.families.calls):
            call.interrupted = True
        for leg in list(self.families.legs.values()):
            if leg.state is not LegState.ENDED:
                self._end_leg(leg, max(end, leg.first_at))

    def _link_lost(self, event: ev.LinkLost) -> None:
        self.connected = False
        self.stale = True

    def _snapshot(self, event: ev.SnapshotTaken) -> None:
        if event.generation < self._generation:
            self._anomaly(event.at, "old_snapshot", str(event.generation))
            return
        self._generation = event.generation
        self.connected, self.stale = True, False
        self._end_unlisted(event)
        self.people.replace_members(event.members)
        self.queues |= {member.queue for member in event.members}
        for item in event.legs:
            self._restore(item, event.at)
        self._restore_waits(event)

    def _end_unlisted(self, event: ev.SnapshotTaken) -> None:
        listed = {item.leg.uniqueid for item in event.legs}
        for leg in list(self.families.legs.values()):
            if leg.uniqueid not in listed and leg.state is not LegState.ENDED:
                self.families.call_of(leg).reconciled = True
                self._end_leg(leg, event.at)

    def _restore(self, item: ev.SnapshotLeg, at: datetime) -> None:
        known = item.leg.uniqueid in self.families.legs
        began = at - timedelta(seconds=item.seconds)
        leg = self._touch(item.leg, at if known else began, "SnapshotTaken")
        if leg is None:
            return
        if not known and item.leg.linkedid != item.leg.uniqueid:
            leg.dialled = True  # a leg that was called carries its caller's Linkedid
        if item.bridge and item.bridge != leg.bridge:
            self._bridge_entered(ev.BridgeEntered(at=at, bridge=item.bridge, leg=item.leg))
        elif leg.bridge and not item.bridge:
            leg.leave(leg.bridge, at)
        self._refresh(self.families.call_of(leg), at)

    def _restore_waits(self, event: ev.SnapshotTaken) -> None:
        entries = {entry.uniqueid: entry for entry in event.entries}
        for call in list(self.families.calls):
            for wait in call.waits:
                if wait.open and wait.uniqueid not in entries:
                    wait.move(WaitInput.LEFT, event.at)
        for entry in event.entries:
            self.queues.add(entry.queue)
            leg = self.families.legs.get(entry.uniqueid)
            if leg is not None:
                joined_at = event.at - timedelta(seconds=entry.wait_seconds)
                self._wait_for(leg, entry.queue, joined_at, entry.position, entry.priority)

    def direction_of(self, call_id: str) -> Direction | None:
        """Return the direction of an open call, None where there is none of that id."""
        return next((call.direction for call in self.families.calls if call.call_id == call_id), None)
