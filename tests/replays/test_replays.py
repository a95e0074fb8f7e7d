"""Journals of real calls (recorded by tests/pbx/test_pbx_journal*.py), read without a PBX: the facts they must tell.

`expected.toml` beside each pair of journals holds the facts; numbers and names are made up.
"""

from __future__ import annotations

import random
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccengine.asterisk.journal.cel import CelCutter
from ccengine.asterisk.journal.queue_log import QueueLogCutter
from ccengine.records.interpreter import Interpreter
from ccengine.records.journal_lines import JournalLine, QueueLogLine
from ccengine.records.pbx_starts import StartsOnDisk
from ccengine.records.replay import replay_text
from ccengine.values import CallRecord

HERE = Path(__file__).parent
NAMES = sorted(folder.parent.name for folder in HERE.glob("*/cel.csv"))


def lines_of(name: str) -> tuple[list[JournalLine], list[QueueLogLine]]:
    """Return both journals of a replay; nothing in them may be bad."""
    folder = HERE / name
    cel, taken = CelCutter().cut((folder / "cel.csv").read_bytes(), last=True)
    queue, queue_taken = QueueLogCutter().cut((folder / "queue_log").read_bytes(), last=True)
    assert taken == (folder / "cel.csv").stat().st_size
    assert queue_taken == (folder / "queue_log").stat().st_size
    assert not [piece.reason for piece in [*cel, *queue] if piece.value is None]
    return [piece.value for piece in cel if piece.value], [piece.value for piece in queue if piece.value]


def interpret(cel: list[JournalLine], queue: list[QueueLogLine], batch: int = 1000) -> dict[str, CallRecord]:
    """Return the last record of each call."""
    reader = Interpreter("n1")
    told: dict[str, CallRecord] = {}
    for number, line in enumerate(cel):
        reader.add(line)
        if number % batch == batch - 1:
            told |= {record.call_id: record for record in reader.tell().records}
    starts = StartsOnDisk(reader)
    for entry in queue:
        starts.take(entry)
    starts.finish()
    return told | {record.call_id: record for record in reader.tell().records}


def as_facts(record: CallRecord) -> dict[str, Any]:
    """What a replay's expected.toml says about a call."""
    return {
        "direction": record.direction.value,
        "outcome": record.outcome.value if record.outcome else "",
        "ended_by": record.ended_by.value,
        "caller_number": record.caller_number,
        "caller_name": record.caller_name,
        "dialed_number": record.dialed_number,
        "queue": record.queue or "",
        "menu_path": list(record.menu_path),
        "account": record.account or "",
        "fallback": record.fallback,
        "agent_number": record.agent_number or "",
        "wait_seconds": record.wait_seconds,
        "talk_seconds": record.talk_seconds,
        "hold_seconds": record.hold_seconds,
        "transfers": record.transfers,
        "talks": [f"{talk.agent_number or '-'} {talk.extension} {talk.seconds:.3f}" for talk in record.talks],
        "recordings": [f"{part.party.value} {part.agent_number or '-'}" for part in record.recordings],
        "final": record.final,
        "notes": list(record.notes),
    }


@pytest.mark.parametrize("name", NAMES)
def test_replay_tells_the_facts_expected(name: str) -> None:
    expected = tomllib.loads((HERE / name / "expected.toml").read_text(encoding="utf-8"))
    told = sorted(interpret(*lines_of(name)).values(), key=lambda record: record.started_at)
    assert [as_facts(record) for record in told] == expected["call"]


@pytest.mark.parametrize("name", NAMES)
def test_replay_doubled_and_told_line_by_line_gives_the_same(name: str) -> None:
    cel, queue = lines_of(name)
    doubled = [line for line in cel for _ in range(2)]
    assert interpret(doubled, queue + queue, batch=1) == interpret(cel, queue)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), batch=st.integers(1, 50))
def test_all_replays_mixed_in_any_order_give_the_same(seed: int, batch: int) -> None:
    pairs = [lines_of(name) for name in NAMES if not name.startswith("pbx_")]
    wanted: dict[str, CallRecord] = {}
    for number, (cel, queue) in enumerate(pairs):
        wanted |= interpret(*shifted(cel, queue, number))
    channels: dict[str, list[JournalLine]] = {}
    entries: list[QueueLogLine] = []
    for number, (cel, queue) in enumerate(pairs):
        moved, more = shifted(cel, queue, number)
        entries += more
        for line in moved:
            channels.setdefault(line.unique_id, []).append(line)
    tickets = [name for name, lines in channels.items() for _ in lines]
    random.Random(seed).shuffle(tickets)
    taken = {name: iter(lines) for name, lines in channels.items()}
    told = interpret([next(taken[ticket]) for ticket in tickets], entries, batch)
    assert {call_id: told[call_id] for call_id in wanted} == wanted


def shifted(
    cel: list[JournalLine], queue: list[QueueLogLine], number: int
) -> tuple[list[JournalLine], list[QueueLogLine]]:
    """The journals as if all calls of all replays had been made within the same seconds."""
    start = min(line.at for line in cel)
    back = timedelta(seconds=int(start.timestamp()) - 1795000000) - timedelta(milliseconds=number)
    return (
        [_at(line, line.at - back) for line in cel],
        [_at(entry, entry.at - back) for entry in queue],
    )


def _at(line: Any, at: Any) -> Any:
    fields = {name: getattr(line, name) for name in type(line).__dataclass_fields__}
    return type(line)(**{**fields, "at": at})


def test_replay_text_says_what_was_concluded() -> None:
    text = replay_text((HERE / "answered" / "cel.csv").read_text(encoding="utf-8").splitlines(keepends=True))
    assert "answered" in text and "13812345678" in text and "8001" in text


def test_replay_text_takes_queue_log_lines_and_bad_lines_too() -> None:
    folder = HERE / "attended_transfer"
    text = (folder / "cel.csv").read_text(encoding="utf-8") + (folder / "queue_log").read_text(encoding="utf-8")
    told = replay_text(["rubbish\n", *text.splitlines(keepends=True)])
    assert "1 line(s) could not be read" in told
    assert "attended_transfer" in told
