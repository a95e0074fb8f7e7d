"""Scripted calls told to an interpreter, whole and at once."""

from __future__ import annotations

from cel_lines import Script

from ccengine.records.interpreter import Interpreter
from ccengine.values import CallRecord

PEOPLE = {"1001": "8001", "1002": "8002"}


def interpret(*calls: Script) -> dict[str, CallRecord]:
    """Feed whole calls one after the other and return the last record of each."""
    reader = Interpreter("n1", PEOPLE)
    for call in calls:
        for line in call.cel_lines:
            reader.add(line)
        for entry in call.queue_lines:
            reader.add_queue_line(entry)
    return {record.call_id: record for record in reader.tell().records}


def only(call: Script) -> CallRecord:
    """Return the only record of a call, which must be final."""
    (record,) = interpret(call).values()
    assert record.final
    assert record.call_id == call.call_id
    return record
