"""Supervisors' legs in the live view: shown from the ringing to the end, in no call, found again after a restart."""

from __future__ import annotations

from dataclasses import replace

from call_events import START, at, call_id, phone, signed_in, trunk

from ccengine.calls import pbx_events as ev
from ccengine.calls.board import Board, ListeningLine
from ccengine.calls.tracker import Tracker
from ccengine.values import listen_leg

HEARD = phone()
LEG = listen_leg("8004", HEARD.uniqueid)
EAR = ev.Leg(uniqueid=LEG, channel="PJSIP/1004-00000009", linkedid=LEG)
UP = replace(EAR, state=ev.ChannelState.UP, context="cc-listen", exten="listen")


def _talk() -> Tracker:
    tracker = Tracker("n1", ("hotline",))
    for event in (
        signed_in(),
        ev.LegCreated(at=at(0), leg=trunk()),
        ev.LegCreated(at=at(1), leg=HEARD),
        ev.BridgeEntered(at=at(2), bridge="b", leg=trunk()),
        ev.BridgeEntered(at=at(2), bridge="b", leg=HEARD),
    ):
        tracker.handle(event)
    return tracker


def _shown(tracker: Tracker) -> list[tuple[str, str]]:
    return [(one.state, one.mode) for one in Board(tracker).snapshot(START).listening]


def test_listening_is_shown_from_the_ringing_to_its_end_and_is_in_no_call() -> None:
    tracker = _talk()
    tracker.handle(signed_in("8004"))
    found = tracker.talking_leg("8001", call_id())
    assert found is not None and found.uniqueid == HEARD.uniqueid
    assert tracker.talking_leg("8002", call_id()) is None and tracker.talking_leg("8001", call_id(2)) is None
    told = tracker.handle(ev.LegCreated(at=at(5), leg=EAR))
    (line,) = Board(tracker).snapshot(START).listening
    assert line == ListeningLine(
        listener="8004", extension="1004", agent_number="8001", call_id=call_id(), mode="listen", state="calling",
        since=at(5),
    )  # fmt: skip
    for event in (
        ev.DialBegun(at=at(5), dest=EAR),
        ev.LegChanged(at=at(7), leg=UP),
        ev.ListeningBegun(at=at(7), leg=UP, heard=HEARD),
    ):
        told += tracker.handle(event)
    assert _shown(tracker) == [("on", "listen")]
    told += tracker.handle(ev.ListeningBegun(at=at(9), leg=replace(UP, exten="barge"), heard=HEARD))
    (line,) = Board(tracker).snapshot(START).listening
    assert (line.mode, line.since) == ("barge", at(7))
    assert [one.number for one in Board(tracker).snapshot(START).agents_for_calls()] == [
        "8001"
    ]  # no dialler counts 8004
    told += tracker.handle(ev.LegEnded(at=at(11), leg=UP))
    told += tracker.handle(ev.DialEnded(at=at(11), dest=UP, status="ANSWER"))  # a late word revives nothing
    assert _shown(tracker) == [] and told == [] and len(tracker.families.calls) == 1


def test_phone_that_is_not_reached_is_not_waited_for() -> None:
    tracker = _talk()
    tracker.listening.asked(LEG, "1004", "whisper", at(5))
    assert _shown(tracker) == [("calling", "whisper")]
    tracker.handle(ev.ListeningFailed(at=at(6), extension="1004"))
    assert _shown(tracker) == []
    tracker.listening.asked(LEG, "1004", "whisper", at(7))
    assert tracker.listening.of("8004", at(30)) is not None
    assert tracker.listening.of("8004", at(38)) is None, "the PBX never said a word"


def test_listening_is_found_again_by_an_engine_that_comes_back() -> None:
    legs = tuple(
        ev.SnapshotLeg(leg=leg, seconds=seconds, bridge=bridge)
        for leg, seconds, bridge in ((trunk(), 60, "b"), (HEARD, 55, "b"), (replace(UP, exten="whisper"), 40, ""))
    )
    tracker = Tracker("n1", ("hotline",))
    tracker.handle(ev.SnapshotTaken(at=at(60), generation=1, legs=legs, members=(signed_in().member,)))
    (line,) = Board(tracker).snapshot(START).listening
    assert (line.state, line.mode, line.since, line.agent_number) == ("on", "whisper", at(20), "8001")
    tracker.handle(ev.SnapshotTaken(at=at(70), generation=2, legs=legs[:2], members=(signed_in().member,)))
    assert _shown(tracker) == []
