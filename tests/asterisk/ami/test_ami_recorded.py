"""Recorded streams of real calls (tests/replays) and the facts expected of them, word by word.

A log was recorded by tests/engine/test_live_calls.py or test_live_agents.py on a real PBX; beside each stands what the
engine concludes.
After a wanted change of the words: CCENGINE_WRITE_REPLAYS=1 writes the expectations anew; read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccengine.asterisk.ami.recorded import Recorder, read_events, read_messages, replay_text
from ccengine.calls.facts import Anomaly, CallEnded
from ccengine.calls.replay import replay

REPLAYS = Path(__file__).parents[2] / "replays"
LOGS = sorted(REPLAYS.glob("*.amilog"))


def lines_of(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").splitlines()


def test_replays_are_there() -> None:
    assert {log.stem for log in LOGS} >= {"answered", "abandoned", "hold", "blind_transfer", "attended_transfer"}


@pytest.mark.parametrize("log", LOGS, ids=[log.stem for log in LOGS])
def test_recorded_calls_lead_to_the_expected_facts(log: Path) -> None:
    expected = log.with_suffix(".facts")
    told = replay_text(lines_of(log))
    if os.environ.get("CCENGINE_WRITE_REPLAYS"):
        expected.write_text(told, encoding="utf-8")
    assert told == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("log", LOGS, ids=[log.stem for log in LOGS])
def test_recorded_call_cut_off_anywhere_is_no_error(log: Path) -> None:
    events = list(read_events(lines_of(log)))
    for cut in range(0, len(events), 3):
        replay(events[:cut])
        replay(events[cut:])


@pytest.mark.parametrize("log", LOGS, ids=[log.stem for log in LOGS])
def test_events_told_twice_change_nothing(log: Path) -> None:
    """After a reconnect the same thing may be told by the snapshot and by the stream."""
    once, _ = replay(read_events(lines_of(log)))
    twice, tracker = replay(event for event in read_events(lines_of(log)) for _ in (1, 2))
    records = [[fact.record for fact in facts if isinstance(fact, CallEnded)] for facts in (once, twice)]
    transfers = [[record.transfers for record in found] for found in records]
    assert [len(found) for found in records] == [1, 1]
    assert records[0][0].talks == records[1][0].talks
    assert transfers[0][0] <= transfers[1][0]
    assert tracker.families.legs == {}


def messages() -> Iterator[bytes]:
    yield b"Event: FullyBooted\r\nTimestamp: 1795308056.1\r\nUptime: 5"
    yield "Event: Newchannel\r\nCallerIDName: 张三\r\nUniqueid: 1.1\r\nChannel: PJSIP/cc-trunk-1".encode()


def test_recorder_writes_what_can_be_read_back(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "x.amilog")
    for raw in messages():
        recorder.write(raw)
    recorder.close()
    found = list(read_messages(lines_of(tmp_path / "x.amilog")))
    assert [message["event"] for message in found] == ["FullyBooted", "Newchannel"]
    assert found[1]["calleridname"] == "张三"


def test_text_of_a_stranger_stays_one_line_of_text() -> None:
    hostile = ["Event: Newchannel", "Uniqueid: 1.1", "Channel: PJSIP/cc-trunk-1", r"CallerIDName: a\n\033[2Jb",
               "AccountCode: n1-1795308056-123456789012345678"]  # fmt: skip
    told = replay_text(hostile)
    assert r"caller_name=a\x0a033[2Jb" in told


def test_queue_list_of_a_command_is_no_snapshot() -> None:
    """A sign-in lists the queue on the same session; that must not end every call."""
    call = lines_of(REPLAYS / "answered.amilog")
    command = ["", "Event: QueueMember", "Queue: hotline", "Name: 8001", "Location: PJSIP/1001", "",
               "Event: QueueStatusComplete", ""]  # fmt: skip
    middle = next(number for number, line in enumerate(call) if line == "Event: BridgeEnter") - 1
    facts, _ = replay(read_events([*call[:middle], *command, *call[middle:]]))
    assert [fact.record.notes for fact in facts if isinstance(fact, CallEnded)] == [()]
    assert not [fact for fact in facts if isinstance(fact, Anomaly)]
