"""Which leg belongs to which call: by our id on the leg, by Linkedid, by sharing a bridge. Joined, never parted.

The PBX changes Linkedids without telling, so each link ever seen counts. Calls with different ids of ours and each with
a leg on the trunk stay two calls, known to each other as kin. What does not live here: what events mean (tracker).
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from ccengine.calls import pbx_events as ev
from ccengine.calls.call import Call, own_id
from ccengine.calls.leg import LegState, TrackedLeg

REMEMBERED = 20_000


class Families:
    """All open legs and calls, and the names of those that have gone."""

    def __init__(self, node: str) -> None:
        self._node = node
        self.legs: dict[str, TrackedLeg] = {}
        self.calls: list[Call] = []
        self.on_extension: dict[str, dict[str, TrackedLeg]] = {}  # open legs of each phone
        self._call_of_leg: dict[str, Call] = {}
        self._by_id: dict[str, Call] = {}
        self._by_link: dict[str, Call] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()

    def is_gone(self, uniqueid: str, linkedid: str = "") -> bool:
        """Whether a leg, or all of the call it says it belongs to, has already ended for good."""
        return uniqueid in self._gone or (linkedid in self._gone and linkedid not in self._by_link)

    def touch(self, face: ev.Leg, at: datetime) -> TrackedLeg | None:
        """Return the leg that an event speaks of, made now if it is new; None when it is a late word of a gone one."""
        if self.is_gone(face.uniqueid, face.linkedid) or not face.uniqueid:
            return None
        leg = self.legs.get(face.uniqueid)
        if leg is not None and leg.state is LegState.ENDED:
            return None
        if leg is None:
            leg = TrackedLeg(uniqueid=face.uniqueid, first_at=at, face=face, first_exten=face.exten)
            leg.rename(face.channel)
            self.legs[face.uniqueid] = leg
            if leg.extension:
                self.on_extension.setdefault(leg.extension, {})[leg.uniqueid] = leg
        leg.face = face
        leg.first_at = min(leg.first_at, at)
        self._rename(leg, face.channel)
        if face.linkedid and face.linkedid not in leg.linked_ids:
            leg.linked_ids.append(face.linkedid)
        self._place(leg)
        return leg

    def _rename(self, leg: TrackedLeg, channel: str) -> None:
        """A masquerade renames a channel, and so may move it to another phone."""
        if channel and channel != leg.channel:
            self.on_extension.get(leg.extension, {}).pop(leg.uniqueid, None)
            leg.rename(channel)
            if leg.extension:
                self.on_extension.setdefault(leg.extension, {})[leg.uniqueid] = leg

    def call_of(self, leg: TrackedLeg) -> Call:
        """Return the call a known leg belongs to."""
        return self._call_of_leg[leg.uniqueid]

    def find(self, call_id: str, linkedid: str) -> Call | None:
        """Return the open call of our id, or else of a Linkedid."""
        return self._by_id.get(call_id) or self._by_link.get(linkedid)

    def _place(self, leg: TrackedLeg) -> None:
        account = own_id(leg.face.account)
        named = self._by_id.get(account) if account else None
        linked = [self._by_link[link] for link in leg.linked_ids if link in self._by_link]
        present = self._call_of_leg.get(leg.uniqueid)
        candidates = [call for call in (named, present, *linked) if call is not None]
        call = candidates[0] if candidates else self._new_call()
        call.legs[leg.uniqueid] = leg
        self._call_of_leg[leg.uniqueid] = call
        if account and call.own_id is None:
            call.own_id = account
            self._by_id[account] = call
        for link in leg.linked_ids:
            self._by_link.setdefault(link, call)
        for other in candidates[1:]:
            call = self.join(call, other)

    def name(self, call: Call, call_id: str) -> None:
        """Give a call our id; where another open call has it already, the two are one."""
        other = self._by_id.get(call_id)
        if other is not None and other is not call:
            self.join(other, call)
            return
        call.own_id = call_id
        self._by_id[call_id] = call

    def _new_call(self) -> Call:
        call = Call(node=self._node)
        self.calls.append(call)
        return call

    def join(self, one: Call, other: Call) -> Call:
        """Make one call of two that belong together, or kin of two that are calls in their own right."""
        if one is other or other not in self.calls or one not in self.calls:
            return one
        if one.anchor and other.anchor and one.own_id and other.own_id and one.own_id != other.own_id:
            one.befriend(other)
            return one
        keep, drop = (one, other) if _rank(one) <= _rank(other) else (other, one)
        keep.absorb(drop)
        if keep.own_id is None and drop.own_id is not None:
            keep.own_id = drop.own_id
        for uniqueid in drop.legs:
            self._call_of_leg[uniqueid] = keep
        for index in (self._by_id, self._by_link):
            for key in [key for key, call in index.items() if call is drop]:
                index[key] = keep
        self.calls.remove(drop)
        return keep

    def forget(self, call: Call) -> None:
        """Drop a call that is over; its names are remembered for a while, so that a late word revives nothing."""
        if call not in self.calls:
            return
        self.calls.remove(call)
        for uniqueid, leg in call.legs.items():
            self.legs.pop(uniqueid, None)
            self.on_extension.get(leg.extension, {}).pop(uniqueid, None)
            self._call_of_leg.pop(uniqueid, None)
            for name in (uniqueid, *leg.linked_ids):
                self._gone[name] = None
        for index in (self._by_id, self._by_link):
            for key in [key for key, found in index.items() if found is call]:
                del index[key]
        while len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)


def _rank(call: Call) -> tuple[int, int, float, str]:
    """Which of two calls lives on: the one on the trunk, then the one with our id, then the older."""
    first = min(call.legs.values(), key=lambda leg: (leg.first_at, leg.uniqueid))
    return (call.anchor is None, call.own_id is None, first.first_at.timestamp(), first.uniqueid)
