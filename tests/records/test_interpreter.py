"""The interpreter on scripted calls: every way a call can go, in any order, twice, interrupted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cel_lines import START, Script, answered_call
from interpreting import PEOPLE, interpret, only
from scripted_calls import (
    abandoned_waiting,
    attended_transfer,
    blind_transfer,
    hangs_up_in_menu,
    outbound_call,
    self_service,
    voice_message,
)

from ccengine.records.interpreter import Interpreter
from ccengine.records.journal_lines import parse_queue_log
from ccengine.values import Direction, EndedBy, Outcome, RecordingParty


def test_interpreter_queue_call_answered_tells_everything() -> None:
    call = answered_call()
    record = only(call)
    assert record.outcome is Outcome.ANSWERED
    assert record.ended_by is EndedBy.CALLER
    assert (record.caller_number, record.caller_name, record.dialed_number) == ("13800000001", "张三", "96390")
    assert record.menu_path == ("repair",)
    assert (record.agent_number, record.agent_extension) == ("8001", "1001")
    assert record.wait_seconds == 3.06
    assert record.talk_seconds == 10.0
    assert record.started_at == START
    assert [part.agent_number for part in record.recordings] == [None, "8001"]


def test_interpreter_agent_hangs_up_is_ended_by_agent() -> None:
    assert only(answered_call(ended_by_agent=True)).ended_by is EndedBy.AGENT


def test_interpreter_caller_gives_up_waiting_is_abandoned() -> None:
    record = only(abandoned_waiting())
    assert (record.outcome, record.ended_by, record.queue) == (Outcome.ABANDONED, EndedBy.CALLER, "hotline")
    assert record.wait_seconds == 12.01
    assert (record.talk_seconds, record.agent_number) == (0.0, None)


def test_interpreter_caller_hangs_up_in_menu() -> None:
    record = only(hangs_up_in_menu())
    assert (record.outcome, record.ended_by, record.queue) == (Outcome.MENU_HANGUP, EndedBy.CALLER, None)


def test_interpreter_menu_serves_is_self_service_ended_by_system() -> None:
    record = only(self_service())
    assert (record.outcome, record.ended_by, record.account) == (Outcome.SELF_SERVICE, EndedBy.SYSTEM, "10000123")
    assert record.menu_served


def test_interpreter_message_left_is_a_voice_message() -> None:
    record = only(voice_message())
    assert record.outcome is Outcome.VOICE_MESSAGE
    assert record.wait_seconds == 180.0
    assert record.queue_status == "TIMEOUT"
    assert [part.party for part in record.recordings] == [RecordingParty.MESSAGE]


def test_interpreter_message_not_left_is_a_queue_timeout() -> None:
    assert only(voice_message(message_seconds=1.0)).outcome is Outcome.QUEUE_TIMEOUT


def test_interpreter_blind_transfer_has_two_talks() -> None:
    record = only(blind_transfer())
    assert [(talk.agent_number, talk.extension, talk.seconds) for talk in record.talks] == [
        ("8001", "1001", 5.95),
        ("8002", "1002", 10.0),
    ]
    assert (record.transfers, record.talk_seconds, record.agent_number) == (1, 15.95, "8001")
    assert record.ended_by is EndedBy.CALLER


def test_interpreter_attended_transfer_joins_the_consultation_to_the_call() -> None:
    record = only(attended_transfer())
    assert [(talk.extension, talk.seconds) for talk in record.talks] == [("1001", 8.95), ("1002", 10.0)]
    assert record.transfers == 1
    assert record.outcome is Outcome.ANSWERED
    assert len(record.linked_ids) == 2


def test_interpreter_consultation_that_is_not_joined_is_no_call() -> None:
    call = attended_transfer()
    joined = f'"{call.uid(3)}","{call.base}"'
    call.cel = [text for text in call.cel if "ATTENDEDTRANSFER" not in text and joined not in text]
    assert len(only(call).linked_ids) == 1


def test_interpreter_outbound_call_belongs_to_who_signed_in_on_the_phone() -> None:
    call = outbound_call()
    second = int(START.timestamp())
    for before, after, agent in [
        (f"{second - 60}|MANAGER|hotline|8003|CC_STATE|state=available&ext=1001&u={second - 60}.5", "", "8003"),
        ("", f"{second + 1}|MANAGER|hotline|8003|CC_STATE|state=available&ext=1001", "8001"),
        (
            f"{second - 60}|MANAGER|hotline|8003|CC_STATE|state=available&ext=1001",
            f"{second - 30}|MANAGER|hotline|8003|REMOVEMEMBER|",
            "8001",
        ),
    ]:
        reader = Interpreter("n1", PEOPLE)
        for text in filter(None, (before, after)):
            reader.add_queue_line(parse_queue_log(text))
        for line in call.cel_lines:
            reader.add(line)
        (record,) = reader.tell().records
        assert record.agent_number == agent


def test_interpreter_transfer_finds_who_signed_in_by_feature_code_on_another_phone() -> None:
    code = Script(7)
    code.line("CHAN_START", -30.0, 1, extension="1002", linked=code.uid(1), account="")
    code.line("CHAN_END", -29.0, 1, extension="1002", linked=code.uid(1), account="")
    reader = Interpreter("n1", PEOPLE)
    for line in code.cel_lines:
        reader.add(line)
    stamp = int(START.timestamp()) - 30
    reader.add_queue_line(parse_queue_log(f"{stamp}|{code.uid(1)}|hotline|8004|ADDMEMBER|"))
    call = blind_transfer()
    for line in call.cel_lines:
        reader.add(line)
    for entry in call.queue_lines:
        reader.add_queue_line(entry)
    (record,) = reader.tell().records
    assert [talk.agent_number for talk in record.talks] == ["8001", "8004"]


def test_interpreter_outbound_call_answered() -> None:
    record = only(outbound_call())
    assert record.direction is Direction.OUTBOUND
    assert (record.dialed_number, record.caller_number, record.agent_number) == ("13900000002", "1001", "8001")
    assert (record.outcome, record.ended_by, record.talk_seconds) == (Outcome.ANSWERED, EndedBy.AGENT, 30.0)
    assert record.started_at == START + timedelta(seconds=0.01)


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (17, Outcome.BUSY),
        (21, Outcome.BUSY),
        (19, Outcome.NOT_ANSWERED),
        (16, Outcome.NOT_ANSWERED),
        (1, Outcome.FAILED),
        (34, Outcome.FAILED),
    ],
)
def test_interpreter_outbound_call_not_answered_by_cause(cause: int, outcome: Outcome) -> None:
    record = only(outbound_call(cause=cause, answered=False))
    assert (record.outcome, record.agent_number, record.end_cause) == (outcome, "8001", cause)


def test_interpreter_hold_is_counted_inside_the_talk() -> None:
    call = answered_call()
    stamps = [START.timestamp() + seconds for seconds in (8.0, 10.5, 12.0)]
    for event, stamp in zip(("CC_HOLD", "CC_UNHOLD", "CC_HOLD"), stamps, strict=True):
        text = f"{int(stamp)}|{call.uid(1)}|hotline|8001|{event}|call={call.call_id}&u={stamp:.6f}"
        call.queue_log.append(text)
    record = only(call)
    assert record.hold_seconds == 2.5 + 4.06
    assert record.talk_seconds == 10.0


def test_interpreter_call_without_our_event_is_still_a_call() -> None:
    call = Script(1, call_id="")
    call.line("CHAN_START", 0.0, 0)
    call.line("ANSWER", 0.1, 0)
    call.end(2.0, 0, source=call.channel(0))
    call.finish(2.1)
    (record,) = interpret(call).values()
    assert record.call_id == f"n1-{int(START.timestamp())}-{call.uid(0).replace('.', '')}"
    assert (record.caller_number, record.dialed_number, record.direction) == ("13800000001", "96390", Direction.INBOUND)
    assert record.outcome is Outcome.MENU_HANGUP


def test_interpreter_local_pair_is_a_wire_not_a_party() -> None:
    call = Script(2)
    call.arrive()
    call.enter_queue(1.0)
    for leg, half in ((1, ";1"), (2, ";2")):
        call.line("CHAN_START", 1.1, leg, channel=f"Local/1001@cc-agents-0000001{half}")
    call.line("CHAN_START", 1.2, 3)
    call.line("BRIDGE_ENTER", 3.0, 3, {"bridge_id": "b2"})
    call.line("BRIDGE_ENTER", 3.01, 2, {"bridge_id": "b2"}, channel="Local/1001@cc-agents-0000001;2")
    call.line("BRIDGE_ENTER", 3.02, 1, {"bridge_id": "b1"}, channel="Local/1001@cc-agents-0000001;1")
    call.line("BRIDGE_ENTER", 3.03, 0, {"bridge_id": "b1"})
    for leg in (0, 1, 2, 3):
        channel = f"Local/1001@cc-agents-0000001;{leg}" if leg in (1, 2) else None
        call.line("CHAN_END", 13.03, leg, channel=channel)
    record = only(call)
    assert [(talk.extension, talk.seconds) for talk in record.talks] == [("1001", 10.0)]


def test_interpreter_transfer_to_an_outside_number_gives_two_records() -> None:
    call = attended_transfer()
    other = "n1-1795222801-000000000000000077"
    cel = []
    for text in call.cel:
        if call.uid(3) in text.split('","')[10]:
            text = text.replace("PJSIP/1002-00000003", "PJSIP/cc-trunk-00000077")
            text = text[: text.rindex('"","')] + f'"{other}",""'
        cel.append(text)
    call.cel = cel
    records = interpret(call)
    assert set(records) == {call.call_id, other}
    first, second = records[call.call_id], records[other]
    assert (first.direction, second.direction) == (Direction.INBOUND, Direction.OUTBOUND)
    assert [talk.agent_number for talk in first.talks] == ["8001", None]
    assert [talk.agent_number for talk in second.talks] == ["8001", None]
    assert first.final and second.final


def test_interpreter_steps_are_told_once_each() -> None:
    call = answered_call()
    reader = Interpreter("n1", PEOPLE)
    steps = []
    for line in call.cel_lines:
        reader.add(line)
        steps += reader.tell().events
    kinds = [step.kind for step in steps]
    wanted = {"arrived", "answered", "language", "menu", "queued", "ringing", "talk_started", "talk_ended", "ended"}
    assert wanted <= set(kinds)
    assert len(kinds) == len(set(kinds)) + kinds.count("recording") - 1
