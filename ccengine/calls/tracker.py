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
from ccengine.calls.leg import INPUT_OF, LegInput, Span, TrackedLeg, close
from ccengine.calls.listening import Listenings
from ccengine.calls.live_record import make_record
from ccengine.calls.people import People
from ccengine.calls.queue_wait import WaitInput
from ccengine.calls.queueing import Queueing
from ccengine.calls.resync import Resync
from ccengine.channels import LegKind
from ccengine.values import AGENT_NUMBER_PATTERN, is_listening, is_probe

#: A boot moment later than the known one by more than this is another boot; less is rounding of the uptime.
_REBOOT = timedelta(seconds=3)


#: Legs whose marks may wait for their first word.
EARLY_MARKS = 500


class Tracker:
    """The live view's memory: feed events with `handle`, read `families`, `people` and `queues`."""

    def __init__(self, node: str, queues: tuple[str, ...] = ()) -> None:
        self.families = Families(node)
        self.people = People(self.families)
        self.listening = Listenings()
        self.queues: set[str] = set(queues)
        self.connected = False
        self.stale = True
        self.last_at: datetime | None = None
        self.queueing = Queueing(self)
        self._resync = Resync(self)
        self._early_marks: dict[str, list[ev.JournalMark]] = {}
        self._facts: list[fx.Fact] = []
        self._handlers: dict[type[ev.PbxEvent], Callable[[Any], None]] = {
            ev.LegCreated: self._leg_changed,
            ev.LegChanged: self._leg_changed,
            ev.LegEnded: self._leg_ended,
            ev.HangupAsked: self._hangup_asked,
            ev.DialBegun: self._dial_begun,
            ev.DialRinging: self._dial_ringing,
            ev.DialEnded: self._dial_ended,
            ev.BridgeEntered: self.bridge_entered,
            ev.BridgeLeft: self._bridge_left,
            ev.Held: self._held,
            ev.Unheld: self._unheld,
            ev.Transferred: self._transferred,
            ev.ListeningBegun: lambda event: self.listening.heard(event.leg, event.at),
            ev.ListeningFailed: lambda event: self.listening.failed(event.extension),
            ev.CallerJoined: self.queueing.caller_joined,
            ev.CallerLeft: lambda event: self.queueing.move_wait(event, WaitInput.LEFT),
            ev.CallerGaveUp: lambda event: self.queueing.move_wait(event, WaitInput.GAVE_UP),
            ev.AgentRung: self.queueing.agent_rung,
            ev.AgentMissed: self.queueing.agent_missed,
            ev.AgentAnswered: self.queueing.agent_answered,
            ev.MemberChanged: self._member_changed,
            ev.JournalMark: self._journal_mark,
            ev.Booted: self._resync.booted,
            ev.LinkLost: self._resync.link_lost,
            ev.SnapshotTaken: self._resync.snapshot,
        }

    def handle(self, event: ev.PbxEvent) -> list[fx.Fact]:
        """Take one event; return what follows from it, in order. Never raises on what the PBX may say."""
        self._facts = []
        handler = self._handlers.get(type(event))
        if handler is None:
            self.anomaly(event.at, "unknown_event", type(event).__name__)
        else:
            handler(event)
        self._facts += self.people.settle(event.at)
        self.last_at = max(self.last_at or event.at, event.at)
        found, self._facts = self._facts, []
        return found

    def tell(self, fact: fx.Fact) -> None:
        """Add a fact to what this event leads to."""
        self._facts.append(fact)

    def anomaly(self, at: datetime, kind: str, detail: str) -> None:
        """Tell something late or impossible."""
        self._facts.append(fx.Anomaly(at=at, kind=kind, detail=detail[:200]))

    # --- legs

    def touch(self, face: ev.Leg, at: datetime, what: str) -> TrackedLeg | None:
        """Return the leg an event speaks of, its face and state renewed; None, told as an anomaly, for a gone one.

        None also for the calls that the engine places by itself, which are nobody's, and for supervisors who listen.
        """
        if is_probe(face.channel):
            return None
        if is_listening(face.uniqueid):
            self.listening.seen(face, at, begins=what in ("LegCreated", "SnapshotTaken"))
            return None
        leg = self.families.touch(face, at)
        if leg is None:
            self.anomaly(at, "late_event", f"{what} {face.channel} {face.uniqueid}")
            return None
        if leg.uniqueid in self._early_marks:
            self.families.call_of(leg).marks += self._early_marks.pop(leg.uniqueid)
        if leg.kind is LegKind.DEVICE and leg.agent_number is None:
            leg.agent_number = self.people.signed_in_on(leg.extension)
        self._move(leg, INPUT_OF[face.state], at)
        self.refresh(self.families.call_of(leg), at)
        return leg

    def _move(self, leg: TrackedLeg, what: LegInput, at: datetime) -> bool:
        if leg.move(what, at):
            return True
        self.anomaly(at, "illegal_leg_move", f"{what} in {leg.state} {leg.uniqueid}")
        return False

    def _leg_changed(self, event: ev.LegCreated | ev.LegChanged) -> None:
        self.touch(event.leg, event.at, type(event).__name__)

    def _leg_ended(self, event: ev.LegEnded) -> None:
        leg = self.touch(event.leg, event.at, "LegEnded")
        if leg is None:
            self.listening.ended(event.leg.uniqueid)
            return
        leg.cause = event.cause
        self.end_leg(leg, event.at)

    def end_leg(self, leg: TrackedLeg, at: datetime) -> None:
        """End a leg, and its call where it was the last one."""
        call = self.families.call_of(leg)
        self._close_hold(leg, at)
        if not self._move(leg, LegInput.ENDS, at):
            return
        for wait in call.waits:
            if wait.uniqueid == leg.uniqueid and wait.open:
                wait.move(WaitInput.LEFT, at)
        self.refresh(call, at)
        self._tell_end(call, at)

    def _hangup_asked(self, event: ev.HangupAsked) -> None:
        leg = self.touch(event.leg, event.at, "HangupAsked")
        if leg is None:
            return
        if event.pbx_ends:
            leg.hung_up_by_pbx = True
            self._resync.ends(event.at)
        elif not event.inside:
            leg.hangup_asked_at = min(leg.hangup_asked_at or event.at, event.at)

    def _dial_begun(self, event: ev.DialBegun) -> None:
        dest = self.touch(event.dest, event.at, "DialBegun")
        caller = self.touch(event.caller, event.at, "DialBegun") if event.caller else None
        if dest is None:
            return
        dest.dialled = True
        if caller is not None:
            self.join(dest, caller)
        self.refresh(self.families.call_of(dest), event.at)
        self.offer(dest, event.at)

    def _dial_ringing(self, event: ev.DialRinging) -> None:
        dest = self.touch(event.dest, event.at, "DialRinging")
        if dest is not None:
            dest.dialled = True
            self._move(dest, LegInput.RINGS, event.at)
            self.refresh(self.families.call_of(dest), event.at)
            self.offer(dest, event.at)

    def _dial_ended(self, event: ev.DialEnded) -> None:
        dest = self.touch(event.dest, event.at, "DialEnded")
        if dest is not None:
            dest.dialled = True
            if event.status == "ANSWER":
                self._move(dest, LegInput.ANSWERS, event.at)

    def offer(self, leg: TrackedLeg, at: datetime) -> None:
        """Tell once that an agent's phone rings with a call."""
        call = self.families.call_of(leg)
        known = call.anchor is not None and call.announced
        if not known or leg.kind is not LegKind.DEVICE or leg.uniqueid in call.offered or not leg.rings_at_us:
            return
        call.offered.add(leg.uniqueid)
        fact = fx.CallOffered(
            at=at,
            call_id=call.call_id,
            agent_number=self.agent_on(leg),
            extension=leg.extension,
            caller_number=call.caller_number,
            caller_name=call.caller_name,
        )
        self.tell(fact)

    def agent_on(self, leg: TrackedLeg) -> str | None:
        """Return who is on a phone's leg, where that is known."""
        if leg.agent_number:
            return leg.agent_number
        return leg.face.agent if AGENT_NUMBER_PATTERN.fullmatch(leg.face.agent) else None

    def talk_on(self, uniqueid: str) -> tuple[str, str] | None:
        """Return the call's id and the agent's number of a phone's leg; None where it is gone or nobody's."""
        leg = self.families.legs.get(uniqueid)
        agent = self.agent_on(leg) if leg is not None else None
        return (self.families.call_of(leg).call_id, agent) if leg is not None and agent else None

    def talking_leg(self, agent_number: str, call_id: str) -> TrackedLeg | None:
        """Return the leg on which an agent talks in a call now; None where that is over or never was."""
        calls = [call for call in self.families.calls if call.anchor is not None and call.call_id == call_id]
        legs = [leg for call in calls for leg in call.heard() if leg.kind is LegKind.DEVICE]
        return next((leg for leg in legs if self.agent_on(leg) == agent_number), None)

    def join(self, one: TrackedLeg, other: TrackedLeg) -> Call:
        """Make the calls of two legs one."""
        return self.families.join(self.families.call_of(one), self.families.call_of(other))

    # --- bridges, hold, transfer

    def bridge_entered(self, event: ev.BridgeEntered) -> None:
        """A leg hears the others of a bridge from now on."""
        leg = self.touch(event.leg, event.at, "BridgeEntered")
        if leg is None:
            return
        leg.enter(event.bridge, event.at)
        self._move(leg, LegInput.ANSWERS, event.at)
        for other in [other for other in self.families.legs.values() if other.bridge == event.bridge]:
            self.join(leg, other)
        self.refresh(self.families.call_of(leg), event.at)

    def _bridge_left(self, event: ev.BridgeLeft) -> None:
        leg = self.touch(event.leg, event.at, "BridgeLeft")
        if leg is None:
            return
        if leg.leave(event.bridge, event.at):
            self.refresh(self.families.call_of(leg), event.at)
        elif leg.bridge:
            self.anomaly(event.at, "late_event", f"BridgeLeft {event.bridge} {leg.uniqueid}")

    def _held(self, event: ev.Held) -> None:
        leg = self.touch(event.leg, event.at, "Held")
        if leg is None or leg.held:
            return
        leg.holds.append(Span(started_at=event.at))
        self.people.touch([leg])
        self._tell_hold(fx.CallHeld, leg, event.at)

    def _unheld(self, event: ev.Unheld) -> None:
        leg = self.touch(event.leg, event.at, "Unheld")
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
            agent = self.agent_on(leg)
            fact = kind(at=at, call_id=call.call_id, agent_number=agent, extension=leg.extension, leg_id=leg.uniqueid)
            self.tell(fact)

    def _transferred(self, event: ev.Transferred) -> None:
        if any(is_listening(face.uniqueid) for face in event.legs):
            others = tuple(face.channel for face in event.legs if not is_listening(face.uniqueid))
            self.tell(fx.ListeningPassedOn(at=event.at, channels=others))
            return
        legs = [self.families.legs[face.uniqueid] for face in event.legs if face.uniqueid in self.families.legs]
        if not legs:
            self.anomaly(event.at, "late_event", "Transferred")
            return
        for other in legs[1:]:
            self.join(legs[0], other)
        call = self.families.call_of(legs[0])
        call.transfers += 1
        self.refresh(call, event.at)

    def _member_changed(self, event: ev.MemberChanged) -> None:
        self.queues.add(event.member.queue)
        if not self.people.apply(event.change, event.member):
            detail = f"{event.change} {event.member.interface} {event.member.agent_number}"
            self.anomaly(event.at, "illegal_member_change", detail)

    # --- our own marks

    def _journal_mark(self, event: ev.JournalMark) -> None:
        leg = self.families.legs.get(event.uniqueid)
        call = self.families.call_of(leg) if leg else self.families.find(event.value("id"), event.linkedid)
        if call is None:
            self._keep_for_later(event)
            return
        call.marks.append(event)
        name = own_id(event.value("id"))
        if name and call.own_id is None and event.kind == "CC_CALL":
            self.families.name(call, name)
        self.refresh(call, event.at)

    def _keep_for_later(self, event: ev.JournalMark) -> None:
        """The PBX tells marks and channels by two ways: a mark may overtake the first word of its leg."""
        if self.families.is_gone(event.uniqueid, event.linkedid):
            self.anomaly(event.at, "late_event", f"{event.kind} {event.uniqueid}")
            return
        self._early_marks.setdefault(event.uniqueid, []).append(event)
        while len(self._early_marks) > EARLY_MARKS:
            lost = self._early_marks.pop(next(iter(self._early_marks)))
            self.anomaly(event.at, "mark_without_leg", f"{lost[0].kind} {lost[0].uniqueid}")

    # --- what follows for a call

    def refresh(self, call: Call, at: datetime) -> None:
        """Derive a call's phase anew, and tell what came of it."""
        self.people.touch(call.legs.values())
        if call.own_id is not None:
            self.announce(call, at)
        phase = call.current_phase()
        if phase is not call.phase or call.phase_since is None:
            call.phase, call.phase_since = phase, at
        if not call.announced:
            return
        for leg in call.heard():
            if leg.kind is LegKind.DEVICE and leg.uniqueid not in call.connected:
                call.connected.add(leg.uniqueid)
                agent = self.agent_on(leg)
                self.tell(fx.CallConnected(at=at, call_id=call.call_id, agent_number=agent, extension=leg.extension))

    def announce(self, call: Call, at: datetime) -> None:
        """Tell once that a call has begun."""
        if call.announced or call.anchor is None or call.unsent:
            return
        call.announced = True
        fact = fx.CallStarted(
            at=at,
            call_id=call.call_id,
            direction=call.direction,
            caller_number=call.caller_number,
            caller_name=call.caller_name,
        )
        self.tell(fact)

    def _tell_end(self, call: Call, at: datetime) -> None:
        if not call.over:
            return
        for one in list(call.relatives()):
            anchor = one.anchor
            if anchor is not None and not one.told and not one.unsent:
                one.told = True
                self.announce(one, at)
                self.tell(fx.CallEnded(at=at, call_id=one.call_id, record=make_record(one, anchor, at)))
            self.families.forget(one)
