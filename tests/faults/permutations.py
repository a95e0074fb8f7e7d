"""Recorded logs of real calls, told doubled, out of order across channels, with lines missing: 10,000 seeded ways.

Both streams of the product are fed (its pure rooms only): the journal must give the same final records as in order;
the live view the same record, no call ended twice, and where its events are missing, nothing but an honest record of
its own that the journal then outweighs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ccengine.asterisk.ami.recorded import read_events
from ccengine.asterisk.journal.cel import CelCutter
from ccengine.asterisk.journal.queue_log import QueueLogCutter
from ccengine.calls import pbx_events as ev
from ccengine.calls.facts import CallEnded
from ccengine.calls.replay import replay
from ccengine.records.interpreter import Interpreter
from ccengine.records.journal_lines import JournalLine, QueueLogLine
from ccengine.values import CallRecord

REPLAYS = Path(__file__).resolve().parents[1] / "replays"
#: Each journal stands for itself; of a PBX that died the order of its restart matters.
JOURNALS = sorted(path.parent.name for path in REPLAYS.glob("*/cel.csv") if not path.parent.name.startswith("pbx_"))
LIVE = sorted(path.stem for path in REPLAYS.glob("*.amilog"))
Records = dict[str, CallRecord]


@cache
def journal(name: str) -> tuple[tuple[JournalLine, ...], tuple[QueueLogLine, ...]]:
    """Return both journals of a recorded call."""
    cel, _ = CelCutter().cut((REPLAYS / name / "cel.csv").read_bytes(), last=True)
    queue, _ = QueueLogCutter().cut((REPLAYS / name / "queue_log").read_bytes(), last=True)
    return tuple(one.value for one in cel if one.value), tuple(one.value for one in queue if one.value)


def interpret(cel: Sequence[JournalLine], queue: Sequence[QueueLogLine], batch: int = 1000) -> Records:
    """Return the last record of each call."""
    reader, told = Interpreter("n1"), dict[str, CallRecord]()
    for number, line in enumerate(cel):
        reader.add(line)
        if number % batch == batch - 1:
            told |= {record.call_id: record for record in reader.tell().records}
    for entry in queue:
        reader.add_queue_line(entry)
    return told | {record.call_id: record for record in reader.tell().records}


def shuffled(pick: random.Random, lines: Sequence[Any], channel_of: Any) -> list[Any]:
    """Return the lines in another order in which each channel still tells its own story in order."""
    channels: dict[str, list[Any]] = {}
    for line in lines:
        channels.setdefault(channel_of(line), []).append(line)
    tickets = [name for name, told in channels.items() for _ in told]
    pick.shuffle(tickets)
    taken = {name: iter(told) for name, told in channels.items()}
    return [next(taken[ticket]) for ticket in tickets]


def journal_permutation(seed: int) -> str:
    """Tell some recorded calls at once, doubled and out of order; return what came out wrong, or nothing."""
    pick = random.Random(seed)
    names = pick.sample(JOURNALS, pick.randint(1, 3))
    lines: list[JournalLine] = []
    entries: list[QueueLogLine] = []
    wanted: Records = {}
    for number, name in enumerate(names):
        cel, queue = _moved(name, number)
        wanted |= interpret(cel, queue)
        lines += cel
        entries += queue
    mixed = shuffled(pick, lines, lambda line: line.unique_id)
    doubled = [line for line in mixed for _ in range(1 + (pick.random() < 0.2))]
    twice = [entry for entry in entries for _ in range(1 + (pick.random() < 0.2))]
    told = interpret(doubled, twice, pick.randint(1, 60))
    wrong = [call_id for call_id, record in wanted.items() if told.get(call_id) != record]
    return f"seed {seed}, {', '.join(names)}: {wrong or sorted(told)}" if wrong or told.keys() != wanted.keys() else ""


@cache
def _moved(name: str, number: int) -> tuple[tuple[JournalLine, ...], tuple[QueueLogLine, ...]]:
    """The recorded call as if it had been made within the same seconds as all others."""
    cel, queue = journal(name)
    start = min(line.at for line in cel)
    back = timedelta(seconds=int(start.timestamp()) - 1795000000) - timedelta(milliseconds=number)
    moved = tuple(replace(line, at=line.at - back) for line in cel)
    return moved, tuple(replace(one, at=one.at - back) for one in queue)


@cache
def live_events(name: str) -> tuple[ev.PbxEvent, ...]:
    """Return what the PBX told of a recorded call."""
    return tuple(read_events((REPLAYS / f"{name}.amilog").read_text(encoding="utf-8").splitlines()))


def live_permutation(seed: int) -> str:
    """Tell the live view a recorded call with events doubled or missing; return what came out wrong, or nothing."""
    pick = random.Random(seed)
    name = pick.choice(LIVE)
    events = live_events(name)
    (right,) = _ended(events)
    doubled = [event for event in events for _ in range(1 + (pick.random() < 0.2))]
    found = _ended(doubled)
    if [record.talks for record in found] != [right.talks] or [one.outcome for one in found] != [right.outcome]:
        return f"seed {seed}, {name} doubled: {len(found)} records"
    missing = [event for event in events if pick.random() > 0.1]
    found = _ended(missing)
    if len({record.call_id for record in found}) != len(found) or len(found) > 2:
        return f"seed {seed}, {name} with events missing: {len(found)} records"
    return ""


def _ended(events: Sequence[ev.PbxEvent]) -> list[CallRecord]:
    facts, _ = replay(events)
    return [fact.record for fact in facts if isinstance(fact, CallEnded)]


def run(count: int, first: int = 0) -> list[str]:
    """Try `count` permutations of both kinds; return what was wrong."""
    seeds = range(first, first + count)
    return [wrong for seed in seeds for wrong in (journal_permutation(seed), live_permutation(seed)) if wrong]


def main() -> None:
    """`python tests/faults/permutations.py [COUNT [FIRST]]`."""
    import sys

    numbers = [int(word) for word in sys.argv[1:]]
    wrong = run(*(numbers or [10_000]))
    print("\n".join(wrong) or "every permutation gave the same records")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
