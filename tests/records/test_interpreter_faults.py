"""The interpreter when things go wrong: the PBX dies, lines are torn, late, doubled, out of order, of no call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from cel_lines import START, Script, answered_call
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interpreting import PEOPLE, interpret, only
from scripted_calls import (
    abandoned_waiting,
    all_calls,
    voice_message,
)

from ccengine.records import interpreter
from ccengine.records.interpreter import Interpreter
from ccengine.records.journal_lines import JournalLine, parse_queue_log
from ccengine.values import CallRecord, EndedBy, Outcome


def test_interpreter_pbx_death_closes_open_legs_as_interrupted() -> None:
    call = answered_call()
    reader = Interpreter("n1", PEOPLE)
    for line in call.cel_lines:
        if line.at < START + timedelta(seconds=10):
            reader.add(line)
    (open_record,) = reader.tell().records
    assert not open_record.final and open_record.outcome is None
    reader.close_start(reader.start_of(START + timedelta(seconds=60)))
    (record,) = reader.tell().records
    assert (record.final, record.ended_by, record.notes) == (True, EndedBy.PBX, ("interrupted",))
    assert record.ended_at == record.connected_at == START + timedelta(seconds=6.06)
    assert (record.outcome, record.agent_number, record.talk_seconds) == (Outcome.ANSWERED, "8001", 0.0)
    assert reader.open_channels() == frozenset()


def test_interpreter_pbx_death_after_the_agent_left_is_not_what_ended_the_call() -> None:
    call = answered_call()
    reader = Interpreter("n1", PEOPLE)
    for line in call.cel_lines:
        if line.at < START + timedelta(seconds=10):
            reader.add(line)
    left = Script()  # the same call
    left.exit(20.0, 1, "b1")
    left.exit(20.001, 0, "b1")
    left.own("CC_TALK_OVER", 20.002)
    left.end(20.003, 1, source=left.channel(1))
    for line in left.cel_lines:
        reader.add(line)
    start = reader.start_of(START + timedelta(seconds=21))
    assert start.learn(START + timedelta(seconds=20.4))
    reader.close_start(start)
    (record,) = reader.tell().records
    assert (record.ended_by, record.notes) == (EndedBy.AGENT, ("interrupted",))
    assert (record.talk_seconds, record.ended_at) == (13.94, START + timedelta(seconds=20.4))


@pytest.mark.parametrize(("restarted", "talked"), [(True, 3.0), (False, 0.0)])
def test_interpreter_pbx_death_talk_lasts_until_its_last_sign_of_life(restarted: bool, talked: float) -> None:
    call = answered_call()
    reader = Interpreter("n1", PEOPLE)
    for line in call.cel_lines:
        if line.at < START + timedelta(seconds=10):
            reader.add(line)
    connected_at = START + timedelta(seconds=6.06)
    other = replace(call.cel_lines[0], linked_id="1700000099.9", channel="PJSIP/1004-00000099")
    for seconds in (3, 80):  # the second is of the PBX's next life
        reader.add(replace(other, at=connected_at + timedelta(seconds=seconds), unique_id=f"1700000099.{seconds}"))
    at = START + timedelta(seconds=60)
    if restarted:
        reader.close_start(reader.start_of(at))
    else:
        reader.close_unlisted(at, frozenset())
    record = next(one for one in reader.tell().records if one.final)
    assert (record.ended_by, record.connected_at, record.talk_seconds) == (EndedBy.PBX, connected_at, talked)
    assert record.ended_at == connected_at + timedelta(seconds=talked)


def test_interpreter_pbx_list_spares_what_lives() -> None:
    call = answered_call()
    reader = Interpreter("n1", PEOPLE)
    for line in call.cel_lines:
        if line.at < START + timedelta(seconds=10):
            reader.add(line)
    reader.tell()
    reader.close_unlisted(START + timedelta(seconds=60), frozenset({call.uid(0), call.uid(1)}))
    assert reader.tell().records == ()


def test_interpreter_late_line_corrects_a_final_record() -> None:
    call = answered_call()
    lines = call.cel_lines
    late = [line for line in lines if line.event == "CC_MENU"]
    reader = Interpreter("n1", PEOPLE)
    for line in lines:
        if line not in late:
            reader.add(line)
    (first,) = reader.tell().records
    assert first.final and first.menu_path == ()
    (second,) = reader.feed(late[0])
    assert second.final and second.menu_path == ("repair",)


def test_interpreter_torn_channel_end_is_replaced_by_the_linkedid_end() -> None:
    call = answered_call()
    call.cel = [text for text in call.cel if not (text.startswith('"CHAN_END"') and call.uid(1) in text)]
    assert only(call).outcome is Outcome.ANSWERED


def test_interpreter_remembers_only_so_many_forgotten_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "_FORGOTTEN_IDS", 20)
    reader = Interpreter("n1", PEOPLE)
    for number in range(10):  # the newest is always there: the shelf of finished calls is never empty
        for line in answered_call(number).cel_lines:
            reader.add(_later(line, minutes=11 * number))
        reader.tell()
    assert 0 < len(reader._forgotten) <= 20


def test_interpreter_what_comes_after_a_forgotten_call_is_no_call() -> None:
    reader = Interpreter("n1", PEOPLE)
    call = answered_call()
    for line in call.cel_lines:
        if line.event != "LINKEDID_END":
            reader.add(line)
    assert len(reader.tell().records) == 1
    later = answered_call(99)
    for line in later.cel_lines:
        reader.add(_later(line, minutes=30))
    reader.tell()
    reader.add(call.cel_lines[-1])
    reader.add(call.cel_lines[5])
    assert reader.tell().records == ()
    assert reader.late_lines == 1


def test_interpreter_channel_id_given_again_is_another_call() -> None:
    reader = Interpreter("n1", PEOPLE)
    for line in answered_call().cel_lines:
        reader.add(line)
    first = reader.tell().records
    again = Script(0, call_id="n1-1795222800-000000000000000055")
    again.arrive()
    again.end(3.0, 0, source=again.channel(0))
    for line in again.cel_lines:
        reader.add(_later(line, minutes=2))
    (record,) = reader.tell().records
    assert record.call_id == again.call_id != first[0].call_id
    assert record.talks == ()


def test_interpreter_fifty_calls_at_once_are_each_told_right() -> None:
    calls = [make(number) for number, make in enumerate([answered_call, abandoned_waiting, voice_message] * 17)]
    lines = sorted((line for call in calls for line in call.cel_lines), key=lambda line: line.at)
    reader = Interpreter("n1", PEOPLE)
    told: dict[str, CallRecord] = {}
    for line in lines:
        for record in reader.feed(line):
            told[record.call_id] = record
    for call in calls:
        for entry in call.queue_lines:
            reader.add_queue_line(entry)
    told |= {record.call_id: record for record in reader.tell().records}
    for call in calls:
        assert told[call.call_id] == only(call)


@st.composite
def shuffled(draw: st.DrawFn) -> list[JournalLine]:
    """All calls' lines in an order that keeps each channel's own order; some lines come twice."""
    channels: dict[str, list[JournalLine]] = {}
    for call in all_calls():
        for line in call.cel_lines:
            channels.setdefault(line.unique_id, []).append(line)
    tickets = [name for name, lines in channels.items() for _ in lines]
    order = draw(st.permutations(tickets))
    taken = {name: iter(lines) for name, lines in channels.items()}
    result = [next(taken[name]) for name in order]
    for place in draw(st.lists(st.integers(0, len(result) - 1), max_size=20)):
        result.insert(place + 1, result[place])
    return result


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(lines=shuffled(), batch=st.integers(1, 40))
def test_interpreter_any_order_and_doubled_lines_give_the_same_records(lines: list[JournalLine], batch: int) -> None:
    wanted = interpret(*all_calls())
    reader = Interpreter("n1", PEOPLE)
    told: dict[str, CallRecord] = {}
    for number, line in enumerate(lines):
        reader.add(line)
        if number % batch == 0:
            told |= {record.call_id: record for record in reader.tell().records}
    for call in all_calls():
        for entry in call.queue_lines:
            reader.add_queue_line(entry)
            reader.add_queue_line(entry)
    told |= {record.call_id: record for record in reader.tell().records}
    assert {call_id: record for call_id, record in told.items() if call_id in wanted} == wanted


def test_interpreter_queue_line_of_an_unknown_channel_is_nobodys() -> None:
    reader = Interpreter("n1")
    reader.add_queue_line(parse_queue_log("1795222800|1795222800.5|hotline|8001|CONNECT|1|1795222800.6|1"))
    assert reader.tell().records == ()


def _later(line: JournalLine, minutes: int) -> JournalLine:
    fields = {name: getattr(line, name) for name in JournalLine.__dataclass_fields__}
    return JournalLine(**{**fields, "at": line.at + timedelta(minutes=minutes)})


def all_final(records: Iterable[CallRecord]) -> bool:
    """Whether every record is final."""
    return all(record.final for record in records)


def test_interpreter_every_scripted_call_ends_in_exactly_one_final_record() -> None:
    calls = all_calls()
    records = interpret(*calls)
    assert len(records) == len(calls)
    assert all_final(records.values())
