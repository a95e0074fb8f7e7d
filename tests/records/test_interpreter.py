"""The interpreter on scripted calls: every way a call can go, in any order, twice, interrupted."""

from __future__ import annotations

from collections.abc import Iterable

from cel_lines import START, Script, answered_call

from ccengine.records.interpreter import Interpreter
from ccengine.values import CallRecord, EndedBy, Outcome


def interpret(*calls: Script) -> dict[str, CallRecord]:
    """Feed whole calls one after the other and return the last record of each."""
    reader = Interpreter("n1")
    for call in calls:
        for line in call.cel_lines:
            reader.add(line)
        for entry in call.queue_lines:
            reader.add_queue_line(entry)
    return {record.call_id: record for record in reader.tell().records}


def only(records: Iterable[CallRecord]) -> CallRecord:
    """Return the only record."""
    (record,) = records
    return record


def test_interpreter_queue_call_answered_tells_everything() -> None:
    call = answered_call()
    record = only(interpret(call).values())
    assert record.call_id == call.call_id
    assert record.final
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
    assert only(interpret(answered_call(ended_by_agent=True)).values()).ended_by is EndedBy.AGENT
