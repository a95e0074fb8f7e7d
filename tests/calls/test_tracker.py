"""What the tracker concludes: calls, waits, agents, and that late or impossible events change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from call_events import (
    QUEUE,
    agent_side,
    answered_call,
    at,
    call_id,
    caller_side,
    mark,
    member,
    phone,
    signed_in,
    trunk,
)

from ccengine.calls import pbx_events as ev
from ccengine.calls.board import Board, Person
from ccengine.calls.facts import (
    AgentStateChanged,
    Anomaly,
    CallConnected,
    CallEnded,
    CallHeld,
    CallMissed,
    CallOffered,
    CallStarted,
    CallWaiting,
    Fact,
    PbxEnds,
)
from ccengine.calls.tracker import Tracker
from ccengine.values import CallRecord, Direction, EndedBy, Outcome, Source

_LEGS = (trunk(), phone())


def feed(tracker: Tracker, *events: ev.PbxEvent) -> list[Fact]:
    return [fact for event in events for fact in tracker.handle(event)]


def only_record(facts: list[Fact]) -> CallRecord:
    (record,) = [fact.record for fact in facts if isinstance(fact, CallEnded)]
    return record


def anomalies(facts: list[Fact]) -> list[str]:
    return [fact.kind for fact in facts if isinstance(fact, Anomaly)]


def test_answered_call_gives_its_facts_and_a_whole_record() -> None:
    facts = feed(Tracker("n1"), signed_in(), *answered_call())
    record = only_record(facts)
    assert (record.call_id, record.source, record.final) == (call_id(), Source.LIVE, True)
    assert (record.direction, record.outcome, record.ended_by) == (Direction.INBOUND, Outcome.ANSWERED, EndedBy.CALLER)
    assert (record.agent_number, record.agent_extension, record.queue) == ("8001", "1001", "hotline")
    assert (record.wait_seconds, record.talk_seconds, record.hold_seconds) == (5.02, 11.99, 2.0)
    assert (record.menu_path, record.caller_name, record.end_cause) == (("repair",), "张三", 16)
    assert [type(fact) for fact in facts if not isinstance(fact, AgentStateChanged)][:4] == [
        CallStarted, CallWaiting, CallOffered, CallConnected]  # fmt: skip
    assert [fact.state.value for fact in facts if isinstance(fact, AgentStateChanged)] == [
        "available", "ringing", "talking", "on_hold", "talking", "available"]  # fmt: skip
    assert anomalies(facts) == []


def test_call_is_forgotten_when_over_and_late_words_revive_nothing() -> None:
    tracker = Tracker("n1")
    feed(tracker, signed_in(), *answered_call())
    assert (tracker.families.legs, tracker.families.calls) == ({}, [])
    late = feed(tracker, *answered_call())
    assert {type(fact) for fact in late} == {Anomaly}
    assert tracker.families.legs == {}


def test_caller_who_hangs_up_while_waiting_is_abandoned() -> None:
    leg = trunk()
    events = [*caller_side()[:6], ev.HangupAsked(at=at(9), leg=leg), ev.CallerGaveUp(at=at(9), queue=QUEUE, leg=leg),
              ev.CallerLeft(at=at(9), queue=QUEUE, leg=leg), ev.LegEnded(at=at(9.1), leg=leg, cause=16)]  # fmt: skip
    facts = feed(Tracker("n1"), *events)
    record = only_record(facts)
    assert (record.outcome, record.ended_by, record.wait_seconds) == (Outcome.ABANDONED, EndedBy.CALLER, 6.0)
    assert anomalies(facts) == []


def test_queue_that_gives_the_caller_back_is_a_timeout_or_a_message() -> None:
    leg = trunk()
    waited = [*caller_side()[:6], ev.CallerGaveUp(at=at(63), queue=QUEUE, leg=leg),
              ev.CallerLeft(at=at(63), queue=QUEUE, leg=leg), mark("CC_QUEUE_END", 63, status="TIMEOUT")]  # fmt: skip
    end = ev.LegEnded(at=at(75), leg=leg, cause=16)
    record = only_record(feed(Tracker("n1"), *waited, end))
    assert (record.outcome, record.queue_status, record.wait_seconds) == (Outcome.QUEUE_TIMEOUT, "TIMEOUT", 60.0)
    message = mark("CC_MESSAGE", 66, file="2026/11/21/x-message.wav")
    record = only_record(feed(Tracker("n1"), *waited, message, end))
    assert (record.outcome, [part.party.value for part in record.recordings]) == (Outcome.VOICE_MESSAGE, ["message"])


def test_call_without_our_id_is_still_a_call_with_a_steady_id() -> None:
    leg = trunk(account=False)
    events = [ev.LegCreated(at=at(0), leg=leg), ev.LegEnded(at=at(2), leg=leg, cause=16)]
    records = [only_record(feed(Tracker("n1"), *events)) for _ in range(2)]
    assert records[0] == records[1]
    assert records[0].call_id == "n1-1795248000-179524800010"


def test_leg_without_our_id_joins_by_linkedid_then_by_bridge() -> None:
    consult = replace(phone("1002", leg=7), account="", linkedid="1795248000.17")
    tracker = Tracker("n1")
    feed(tracker, signed_in(), *answered_call()[:-5])
    feed(tracker, ev.LegCreated(at=at(13), leg=consult))
    assert len(tracker.families.calls) == 2
    feed(tracker, ev.BridgeEntered(at=at(14), bridge="b1", leg=consult))
    (call,) = tracker.families.calls
    assert consult.uniqueid in call.legs


def test_mark_that_overtakes_its_leg_is_kept() -> None:
    first, second, *rest = answered_call()
    facts = feed(Tracker("n1"), signed_in(), second, first, *rest)
    assert only_record(facts) == only_record(feed(Tracker("n1"), signed_in(), first, second, *rest))
    assert anomalies(facts) == []


def test_marks_without_a_leg_do_not_pile_up() -> None:
    tracker = Tracker("n1")
    lone = mark("CC_CALL", 0)
    facts = feed(tracker, *(replace(lone, uniqueid=f"9.{n}", linkedid=f"9.{n}", values=()) for n in range(600)))
    assert anomalies(facts) == ["mark_without_leg"] * 100


def test_two_outside_parties_joined_by_an_agent_stay_two_calls() -> None:
    one, two = trunk(1), trunk(2)
    events = [ev.LegCreated(at=at(0), leg=one), ev.LegCreated(at=at(5), leg=two),
              ev.BridgeEntered(at=at(9), bridge="b", leg=one), ev.BridgeEntered(at=at(10), bridge="b", leg=two),
              ev.LegEnded(at=at(20), leg=one), ev.LegEnded(at=at(20), leg=two)]  # fmt: skip
    facts = feed(Tracker("n1"), *events)
    ended = [fact for fact in facts if isinstance(fact, CallEnded)]
    assert {fact.call_id for fact in ended} == {call_id(1), call_id(2)}
    assert all(fact.record.talk_seconds == 10.0 for fact in ended)


def test_outbound_call_is_told_by_its_dialled_trunk_leg() -> None:
    agent = replace(phone(), state=ev.ChannelState.RINGING, agent="8001")
    outside = replace(trunk(), linkedid=agent.linkedid, number="13900000000", state=ev.ChannelState.DOWN)
    tracker = Tracker("n1")
    facts = feed(tracker, ev.LegCreated(at=at(0), leg=agent), ev.LegCreated(at=at(1), leg=outside),
                 ev.DialBegun(at=at(1), dest=outside, caller=agent))  # fmt: skip
    assert tracker.people.agents["8001"].state.value == "talking"
    facts += feed(tracker, ev.LegEnded(at=at(9), leg=outside, cause=17), ev.LegEnded(at=at(10), leg=agent, cause=17))
    record = only_record(facts)
    assert (record.direction, record.outcome, record.agent_number) == (Direction.OUTBOUND, Outcome.BUSY, "8001")
    assert record.dialed_number == "13900000000"


def test_internal_call_has_no_facts_of_its_own_but_engages_the_agents() -> None:
    one = replace(phone("1001", leg=1), account="", linkedid="x")
    two = replace(phone("1002", leg=2), account="", linkedid="x")
    tracker = Tracker("n1")
    bridged = [ev.BridgeEntered(at=at(1), bridge="b", leg=leg) for leg in (one, two)]
    facts = feed(tracker, signed_in(), signed_in("8002"), ev.LegCreated(at=at(0), leg=one), *bridged)
    assert {type(fact) for fact in facts} == {AgentStateChanged}
    assert {agent.state.value for agent in tracker.people.agents.values()} == {"talking"}
    assert Board(tracker).snapshot(at(2)).calls == ()


def test_missed_call_is_told_and_the_caller_waits_on() -> None:
    tracker = Tracker("n1")
    missed = ev.AgentMissed(
        at=at(7), queue=QUEUE, agent_number="8001", interface="PJSIP/1001", caller=trunk(), ring_seconds=2.0
    )
    gone = ev.LegEnded(at=at(7), leg=phone(), cause=19)
    facts = feed(tracker, signed_in(), *caller_side()[:6], *agent_side()[:4], missed, gone)
    assert [fact.agent_number for fact in facts if isinstance(fact, CallMissed)] == ["8001"]
    assert [line.state for line in Board(tracker).snapshot(at(8)).calls] == ["waiting"]
    assert tracker.people.agents["8001"].state.value == "available"


def test_hold_is_ended_by_the_end_of_the_leg() -> None:
    events = [event for event in answered_call() if not isinstance(event, ev.Unheld)]
    facts = feed(Tracker("n1"), signed_in(), *events)
    assert len([fact for fact in facts if isinstance(fact, CallHeld)]) == 1
    assert only_record(facts).hold_seconds == 10.01


def test_caller_on_hold_is_shown_so_and_since_when() -> None:
    tracker = Tracker("n1")
    shown = []
    for event in answered_call():
        feed(tracker, event)
        if isinstance(event, ev.Held | ev.Unheld):
            (line,) = Board(tracker).snapshot(at(13)).calls
            shown.append((line.state, line.since))
    assert shown == [("on_hold", at(10)), ("talking", at(8.02))]


def test_caller_whose_agents_phone_fell_silent_waits_as_the_next_one() -> None:
    tracker = Tracker("n1")
    events = [event for event in answered_call() if event.at < at(20)]
    silent = ev.LegEnded(at=at(20), leg=phone(), cause=44)
    again = ev.CallerJoined(at=at(24), queue="hotline", leg=trunk(), position=1)
    feed(tracker, signed_in(), *events, ev.BridgeLeft(at=at(20), bridge="b1", leg=trunk()), silent, again)
    assert [line.priority for line in Board(tracker).snapshot(at(25)).waiting] == [99]


def test_member_news_move_the_agent() -> None:
    tracker = Tracker("n1")

    def change(kind: ev.MemberChange, **more: object) -> str:
        feed(tracker, ev.MemberChanged(at=at(1), change=kind, member=replace(member(), **more)))
        return tracker.people.agents["8001"].state.value

    assert change(ev.MemberChange.ADDED) == "available"
    assert change(ev.MemberChange.PAUSE, paused=True, reason="meal") == "paused"
    assert Board(tracker).snapshot(at(2)).agents[0].reason == "meal"
    assert change(ev.MemberChange.PAUSE, paused=True, reason="wrap_up") == "wrap_up"
    assert change(ev.MemberChange.PAUSE) == "available"
    assert change(ev.MemberChange.STATUS, device=ev.DeviceState.UNREACHABLE) == "unreachable"
    assert change(ev.MemberChange.STATUS, device=ev.DeviceState.FREE) == "available"
    assert change(ev.MemberChange.REMOVED) == "signed_out"


def test_another_reason_of_a_pause_is_told_with_its_own_time() -> None:
    tracker = Tracker("n1")
    feed(tracker, signed_in())
    told = []
    for second, reason in ((1, "break"), (2, "meal"), (3, "meal")):
        news = replace(member(), paused=True, reason=reason)
        facts = feed(tracker, ev.MemberChanged(at=at(second), change=ev.MemberChange.PAUSE, member=news))
        told += [(fact.reason, fact.at) for fact in facts if isinstance(fact, AgentStateChanged)]
    assert told == [("break", at(1)), ("meal", at(2))]
    assert tracker.people.agents["8001"].since == at(2)


def test_news_of_a_member_who_left_are_an_anomaly_and_change_nothing() -> None:
    tracker = Tracker("n1")
    feed(tracker, signed_in(), ev.MemberChanged(at=at(1), change=ev.MemberChange.REMOVED, member=member()))
    late = ev.MemberChanged(at=at(2), change=ev.MemberChange.STATUS, member=member())
    assert anomalies(feed(tracker, late)) == ["illegal_member_change"]
    assert tracker.people.agents["8001"].state.value == "signed_out"


def test_member_whose_name_is_no_agent_is_refused() -> None:
    for name in ("SIP/x", "", "<script>", "8001\n"):
        odd = replace(member(), agent_number=name)
        tracker = Tracker("n1")
        feed(tracker, ev.MemberChanged(at=at(1), change=ev.MemberChange.ADDED, member=odd))
        assert tracker.people.agents == {}


def test_agent_on_another_phone_is_named_on_the_leg() -> None:
    tracker = Tracker("n1")
    moved = replace(member("8007"), interface="PJSIP/1001")
    feed(tracker, ev.MemberChanged(at=at(-5), change=ev.MemberChange.ADDED, member=moved))
    leg = replace(phone(), agent="8001")
    events = [replace(event, agent_number="8007") if isinstance(event, ev.AgentRung) else event
              for event in answered_call()]  # fmt: skip
    facts = feed(tracker, ev.LegCreated(at=at(4.9), leg=leg), *events)
    assert only_record(facts).agent_number == "8007"


def test_snapshot_at_the_start_shows_what_goes_on() -> None:
    tracker = Tracker("n1")
    taken = ev.SnapshotTaken(
        at=at(100),
        generation=1,
        legs=(
            ev.SnapshotLeg(leg=trunk(), seconds=90, bridge="b1"),
            ev.SnapshotLeg(leg=phone(), seconds=80, bridge="b1"),
            ev.SnapshotLeg(leg=trunk(2), seconds=30),
        ),
        members=(member(), member("8002", paused=True, reason="meal")),
        entries=(ev.SnapshotEntry(queue=QUEUE, uniqueid=trunk(2).uniqueid, position=1, wait_seconds=25),),
    )
    feed(tracker, ev.Booted(at=at(99), uptime_seconds=1000), taken)
    picture = Board(tracker).snapshot(at(101))
    assert [(call.state, call.agent_number) for call in picture.calls] == [("talking", "8001"), ("waiting", None)]
    assert [(line.number, line.state) for line in picture.agents] == [("8001", "talking"), ("8002", "paused")]
    assert picture.waiting[0].since == at(75)
    assert not picture.stale


def test_snapshot_fed_twice_changes_nothing() -> None:
    tracker = Tracker("n1")
    feed(tracker, signed_in(), *answered_call()[:-5])
    legs = tuple(ev.SnapshotLeg(leg=leg, bridge="b1") for leg in (trunk(), phone()))
    for generation in (1, 2):
        facts = feed(tracker, ev.SnapshotTaken(at=at(15), generation=generation, legs=legs, members=(member(),)))
        assert facts == []


def test_call_that_ended_in_the_gap_is_closed_as_reconciled() -> None:
    tracker = Tracker("n1")
    feed(tracker, signed_in(), *answered_call()[:-5], ev.LinkLost(at=at(13)))
    assert Board(tracker).snapshot(at(13)).stale
    facts = feed(tracker, ev.SnapshotTaken(at=at(30), generation=2, members=(member(),)))
    record = only_record(facts)
    assert (record.notes, record.ended_at, record.outcome) == (("reconciled",), at(30), Outcome.ANSWERED)
    assert tracker.people.agents["8001"].state.value == "available"


def test_old_snapshot_is_refused() -> None:
    tracker = Tracker("n1")
    feed(tracker, ev.SnapshotTaken(at=at(1), generation=5), *answered_call()[:3])
    assert anomalies(feed(tracker, ev.SnapshotTaken(at=at(2), generation=4))) == ["old_snapshot"]
    assert len(tracker.families.calls) == 1


def test_restart_of_the_pbx_interrupts_everything() -> None:
    tracker = Tracker("n1")
    feed(tracker, ev.Booted(at=at(-1), uptime_seconds=500), signed_in(), *answered_call()[:-5])
    last = max(event.at for event in answered_call()[:-5])
    facts = feed(tracker, ev.Booted(at=at(60), uptime_seconds=4))
    record = only_record(facts)
    assert (record.ended_by, record.ended_at, record.notes) == (EndedBy.PBX, last, ("interrupted",))
    assert tracker.families.legs == {}


def test_snapshot_of_another_run_interrupts_everything() -> None:
    tracker = Tracker("n1")
    feed(tracker, ev.SnapshotTaken(at=at(-1), generation=1, boot="2026-11-21 07:00:00"), *answered_call()[:-5])
    same = ev.SnapshotTaken(at=at(15), generation=2, boot="2026-11-21 07:00:00", legs=(ev.SnapshotLeg(leg=trunk()),))
    assert not [fact for fact in feed(tracker, same) if isinstance(fact, CallEnded)]
    other = ev.SnapshotTaken(at=at(16), generation=3, boot="2026-11-21 08:00:15")
    assert only_record(feed(tracker, other)).ended_by is EndedBy.PBX


def test_call_that_an_ending_pbx_hangs_up_on_is_interrupted() -> None:
    tracker, ends = Tracker("n1"), [ev.HangupAsked(at=at(9), leg=leg, inside=True, pbx_ends=True) for leg in _LEGS]
    feed(tracker, signed_in(), *answered_call()[:-5])
    facts = feed(tracker, *ends)
    assert facts == [PbxEnds(at=at(9))]
    record = only_record(feed(tracker, *(ev.LegEnded(at=at(9.1), leg=leg, cause=16) for leg in _LEGS)))
    assert (record.ended_by, record.outcome, record.notes) == (EndedBy.PBX, Outcome.ANSWERED, ("interrupted",))
    other = ev.SnapshotTaken(at=at(16), generation=3, boot="2026-11-21 08:00:15")
    assert [fact for fact in feed(tracker, other) if isinstance(fact, CallEnded)] == []


@pytest.mark.parametrize(("who", "ended_by"), [(0, EndedBy.CALLER), (1, EndedBy.AGENT)])
def test_call_that_somebody_hangs_up_while_the_pbx_ends_is_not_interrupted(who: int, ended_by: EndedBy) -> None:
    tracker = Tracker("n1")
    feed(tracker, signed_in(), *answered_call()[:-5])
    feed(tracker, ev.HangupAsked(at=at(8.9), leg=_LEGS[who]))
    feed(tracker, *(ev.HangupAsked(at=at(9), leg=leg, inside=True, pbx_ends=True) for leg in _LEGS))
    record = only_record(feed(tracker, *(ev.LegEnded(at=at(9.1), leg=leg, cause=16) for leg in _LEGS)))
    assert (record.ended_by, record.notes) == (ended_by, ())


def test_reconnect_without_a_restart_interrupts_nothing() -> None:
    tracker = Tracker("n1")
    feed(tracker, ev.Booted(at=at(-1), uptime_seconds=500), *answered_call()[:5])
    assert feed(tracker, ev.Booted(at=at(59.4), uptime_seconds=561)) == []


def test_roster_shows_who_is_signed_out_too() -> None:
    tracker = Tracker("n1")
    feed(tracker, signed_in())
    board = Board(tracker)
    board.set_roster([Person(number="8001", name="王芳", extension="1001"), Person(number="8002", name="李强")])
    lines = board.snapshot(at(0)).as_json()["agents"]
    assert [(line["number"], line["name"], line["state"]) for line in lines] == [
        ("8001", "王芳", "available"), ("8002", "李强", "signed_out")]  # fmt: skip


def test_positions_close_up_when_somebody_leaves() -> None:
    tracker = Tracker("n1")
    for number in (1, 2, 3):
        events = [event for event in caller_side(number)[:6] if not isinstance(event, ev.CallerJoined)]
        joined = ev.CallerJoined(at=at(3 + number), queue=QUEUE, leg=trunk(number), position=number)
        feed(tracker, *events, joined)
    feed(
        tracker,
        ev.CallerGaveUp(at=at(9), queue=QUEUE, leg=trunk(1)),
        ev.CallerLeft(at=at(9), queue=QUEUE, leg=trunk(1)),
    )
    waiting = Board(tracker).snapshot(at(10)).waiting
    assert [(line.call_id, line.position) for line in waiting] == [(call_id(2), 1), (call_id(3), 2)]
