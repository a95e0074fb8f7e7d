"""Losing the PBX and finding it again: restart, cut link, full list; part of the tracker.

What does not live here: taking the list (asterisk/ami/snapshot), when it is taken (engine/live_calls).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccengine.calls import pbx_events as ev
from ccengine.calls.facts import PbxEnds
from ccengine.calls.leg import LegState

if TYPE_CHECKING:
    from ccengine.calls.tracker import Tracker

#: A boot moment later than the known one by more than this is another boot; less is the rounding of the uptime to whole
#: seconds. A step of the PBX's clock moves its uptime along, so the boot moment stays.
_REBOOT = timedelta(seconds=1.5)
#: An ending PBX gives its channels 15 s to go.
_LONGEST_STOP = timedelta(seconds=20)


class Resync:
    """Takes the events about the PBX itself on behalf of a tracker."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._booted_at: datetime | None = None
        self._generation = 0
        self._boot = ""
        self._lost_at: datetime | None = None
        self._ends_at: datetime | None = None

    def booted(self, event: ev.Booted) -> None:
        """The PBX says since when it runs: after a restart nothing of before lives."""
        self._tracker.connected = True
        booted_at = event.at - timedelta(seconds=event.uptime_seconds)
        if self._booted_at is not None and booted_at - self._booted_at > _REBOOT:
            self._interrupt_all(event.at)
        self._booted_at = booted_at

    def ends(self, at: datetime) -> None:
        """The PBX hangs up on a channel because it ends: told once an end."""
        if self._ends_at is None or at - self._ends_at > _LONGEST_STOP:
            self._ends_at = at
            self._tracker.tell(PbxEnds(at=at))

    def _interrupt_all(self, at: datetime) -> None:
        """The PBX was restarted: nothing of before lives."""
        # What came over the new link before the picture (contacts, FullyBooted) is later than the death.
        end = min(self._lost_at or at, self._tracker.last_at or at, at)
        self._tracker.anomaly(at, "pbx_restarted", f"{len(self._tracker.families.calls)} calls interrupted")
        for call in list(self._tracker.families.calls):
            call.interrupted = True
        for leg in list(self._tracker.families.legs.values()):
            if leg.state is not LegState.ENDED:
                self._tracker.end_leg(leg, max(end, leg.first_at))

    def link_lost(self, event: ev.LinkLost) -> None:
        """The stream is cut: what is shown is stale."""
        if self._tracker.connected:
            self._lost_at = event.at
        self._tracker.connected = False
        self._tracker.stale = True

    def snapshot(self, event: ev.SnapshotTaken) -> None:
        """Make everything what a full list says; what is not on it has ended unseen."""
        if event.generation < self._generation:
            self._tracker.anomaly(event.at, "old_snapshot", str(event.generation))
            return
        self._generation = event.generation
        if self._boot and event.boot and event.boot != self._boot:
            self._interrupt_all(event.at)
            self._ends_at = None
        self._boot, self._lost_at = event.boot or self._boot, None
        self._tracker.connected, self._tracker.stale = True, False
        self._end_unlisted(event)
        self._tracker.listening.listed(frozenset(item.leg.uniqueid for item in event.legs), event.at)
        self._tracker.people.replace_members(event.members)
        self._tracker.queues |= {member.queue for member in event.members}
        for item in event.legs:
            self._restore(item, event.at)
        self._tracker.queueing.restore(event)

    def _end_unlisted(self, event: ev.SnapshotTaken) -> None:
        listed = {item.leg.uniqueid for item in event.legs}
        for leg in list(self._tracker.families.legs.values()):
            if leg.uniqueid not in listed and leg.state is not LegState.ENDED:
                self._tracker.families.call_of(leg).reconciled = True
                self._tracker.end_leg(leg, event.at)

    def _restore(self, item: ev.SnapshotLeg, at: datetime) -> None:
        known = item.leg.uniqueid in self._tracker.families.legs
        began = at - timedelta(seconds=item.seconds)
        leg = self._tracker.touch(item.leg, at if known else began, "SnapshotTaken")
        if leg is None:
            return
        if not known and item.leg.linkedid != item.leg.uniqueid:
            leg.dialled = True  # a leg that was called carries its caller's Linkedid
        if not known:
            self._tracker.families.call_of(leg).joined_late = True
        if item.bridge and item.bridge != leg.bridge:
            self._tracker.bridge_entered(ev.BridgeEntered(at=at, bridge=item.bridge, leg=item.leg))
        elif leg.bridge and not item.bridge:
            leg.leave(leg.bridge, at)
        self._tracker.refresh(self._tracker.families.call_of(leg), at)
