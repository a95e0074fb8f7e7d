"""Whatever order the PBX tells things in: no error, no agent on two calls, no call ended twice; and where each
channel's own order is kept, the same record in the end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from call_events import QUEUE, agent_side, answered_call, at, caller_side, member, phone, signed_in, trunk
from hypothesis import given, settings
from hypothesis import strategies as st

from ccengine.calls import pbx_events as ev
from ccengine.calls.board import Board
from ccengine.calls.facts import CallEnded, CallHeld, CallResumed, Fact
from ccengine.calls.tracker import Tracker

CONSULT = replace(phone("1001", leg=5), account="", linkedid="1795248000.15")
ASKED = replace(phone("1002", leg=6), account="", linkedid="1795248000.15")
OTHERS: list[ev.PbxEvent] = [
    ev.BridgeEntered(at=at(11), bridge="b9", leg=CONSULT),
    ev.BridgeEntered(at=at(11.1), bridge="b9", leg=ASKED),
    ev.Transferred(at=at(14), attended=True, legs=(phone(), CONSULT, trunk())),
    ev.BridgeEntered(at=at(14.1), bridge="b1", leg=ASKED),
    ev.LegEnded(at=at(14.2), leg=CONSULT),
    ev.LegEnded(at=at(21), leg=ASKED),
    ev.Booted(at=at(1), uptime_seconds=50),
    ev.Booted(at=at(19), uptime_seconds=2),
    ev.LinkLost(at=at(16)),
    ev.MemberChanged(at=at(6), change=ev.MemberChange.PAUSE, member=member(paused=True, reason="wrap_up")),
    ev.MemberChanged(at=at(18), change=ev.MemberChange.REMOVED, member=member()),
    ev.MemberChanged(at=at(19), change=ev.MemberChange.STATUS, member=member(device=ev.DeviceState.UNREACHABLE)),
    ev.AgentMissed(at=at(7), queue=QUEUE, agent_number="8001", interface="PJSIP/1001", caller=trunk()),
    ev.CallerGaveUp(at=at(8), queue=QUEUE, leg=trunk()),
    ev.SnapshotTaken(at=at(17), generation=1, legs=(ev.SnapshotLeg(leg=trunk(), seconds=17, bridge="b1"),)),
    ev.SnapshotTaken(
        at=at(9),
        generation=2,
        legs=(ev.SnapshotLeg(leg=trunk()), ev.SnapshotLeg(leg=phone(), bridge="b1")),
        members=(member(), member("8002")),
        entries=(ev.SnapshotEntry(queue=QUEUE, uniqueid=trunk().uniqueid, position=1),),
    ),
]
POOL = [
    signed_in(),
    signed_in("8002"),
    *answered_call(1, "1001"),
    *answered_call(2, "1001", t=3),
    *answered_call(3, "1002", t=1),
    *OTHERS,
]


def check(tracker: Tracker) -> None:
    """What must hold after every event."""
    picture = Board(tracker).snapshot(at(30))
    json.dumps(picture.as_json())
    served = [call.agent_number for call in picture.calls if call.agent_number]
    assert len(served) == len(set(served))
    numbers = [line.number for line in picture.agents]
    assert len(numbers) == len(set(numbers))
    open_calls = {call.call_id for call in picture.calls}
    assert {line.call_id for line in picture.agents if line.call_id} <= open_calls


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(POOL), max_size=70))
def test_any_events_in_any_order_break_nothing(events: list[ev.PbxEvent]) -> None:
    tracker, facts = Tracker("n1"), list[Fact]()
    for event in events:
        facts += tracker.handle(event)
        check(tracker)
    ended = [fact.call_id for fact in facts if isinstance(fact, CallEnded)]
    assert len(ended) == len(set(ended))


@settings(max_examples=150, deadline=None)
@given(st.permutations(POOL))
def test_whole_calls_shuffled_break_nothing(events: list[ev.PbxEvent]) -> None:
    tracker = Tracker("n1")
    for event in events:
        tracker.handle(event)
    check(tracker)


def interleaved(draw: st.DrawFn, channels: Sequence[Sequence[ev.PbxEvent]]) -> list[ev.PbxEvent]:
    """Merge channels, each in its own order; the ends of the channels come last, in any order."""
    order = draw(st.permutations([index for index, channel in enumerate(channels) for _ in channel[:-1]]))
    rest = [list(channel[:-1]) for channel in channels]
    merged = [rest[index].pop(0) for index in order]
    return merged + list(draw(st.permutations([channel[-1] for channel in channels])))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_channels_told_in_any_interleaving_give_the_same_record(data: st.DataObject) -> None:
    def run(events: Sequence[ev.PbxEvent]) -> CallEnded:
        tracker = Tracker("n1")
        facts = [fact for event in (signed_in(), *events) for fact in tracker.handle(event)]
        assert sum(isinstance(fact, CallHeld) for fact in facts) <= 1 >= sum(isinstance(f, CallResumed) for f in facts)
        (ended,) = [fact for fact in facts if isinstance(fact, CallEnded)]
        assert tracker.families.legs == {}
        assert tracker.people.agents["8001"].state.value == "available"
        return ended

    mixed = run(interleaved(data.draw, [caller_side(), agent_side()]))
    assert mixed.record == run(answered_call()).record
