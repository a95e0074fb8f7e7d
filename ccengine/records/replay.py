"""Prints what the interpreter concludes from a recorded journal: for `ccengine replay FILE` and for reading failures.

What does not live here: files (the caller reads them), AMI logs (calls/replay).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ccengine.records.interpreter import Interpreter, Told
from ccengine.records.journal_lines import BadLine, JournalLine, QueueLogLine, parse_cel, parse_queue_log
from ccengine.records.pbx_starts import StartsOnDisk
from ccengine.values import CallRecord


def looks_like_journal(first_line: str) -> bool:
    """Say whether a file that begins with this line is a CEL file or a queue_log."""
    try:
        _parse(first_line)
    except BadLine:
        return False
    return True


def replay_text(lines: Iterable[str], node: str = "n1") -> str:
    """Return the conclusions from the lines of a CEL file, a queue_log, or both one after the other, as text."""
    reader, bad = Interpreter(node), 0
    cel: list[JournalLine] = []
    queue: list[QueueLogLine] = []
    for text in _records(lines):
        try:
            value = _parse(text)
        except BadLine:
            bad += 1
            continue
        if isinstance(value, JournalLine):
            cel.append(value)
        else:
            queue.append(value)
    starts = StartsOnDisk(reader)
    for line in cel:
        reader.add(line)
    for entry in queue:
        starts.take(entry)
    starts.finish()
    parts = list(_told(reader.tell()))
    if bad:
        parts.append(f"{bad} line(s) could not be read")
    open_channels = sorted(reader.open_channels())
    if open_channels:
        parts.append("not ended: " + ", ".join(open_channels))
    return "\n".join(parts) + "\n"


def _records(lines: Iterable[str]) -> Iterator[str]:
    """Join the lines of a record that has line ends inside a quoted field."""
    kept = ""
    for line in lines:
        kept += line
        if kept.startswith('"') and kept.count('"') % 2 == 1 and kept.count("\n") < 100:
            continue
        if kept.strip():
            yield kept
        kept = ""
    if kept.strip():
        yield kept


def _parse(text: str) -> JournalLine | QueueLogLine:
    return parse_cel(text) if text.startswith('"') else parse_queue_log(text)


def _told(told: Told) -> Iterator[str]:
    for record in sorted(told.records, key=lambda one: one.started_at):
        yield _headline(record)
        for step in told.events:
            if step.call_id == record.call_id:
                detail = " ".join(f"{name}={value}" for name, value in step.detail.items())
                seconds = (step.at - record.started_at).total_seconds()
                yield f"  {seconds:10.3f}  {step.kind} {detail}".rstrip()
        yield (
            f"  wait {record.wait_seconds:.3f} s, talk {record.talk_seconds:.3f} s, hold {record.hold_seconds:.3f} s,"
            f" transfers {record.transfers}, agent {record.agent_number or '-'}, recordings {len(record.recordings)}"
        )


def _headline(record: CallRecord) -> str:
    outcome = record.outcome.value if record.outcome else "open"
    state = "final" if record.final else "not final"
    return (
        f"{record.call_id} {record.direction.value} {record.started_at.isoformat()} "
        f"{record.caller_number or '-'} -> {record.dialed_number or '-'}: {outcome}, "
        f"ended by {record.ended_by.value}, {state}"
    )
