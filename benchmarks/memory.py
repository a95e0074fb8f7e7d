"""How much the engine's memory grows by a call: live view and journal with 1,000 calls open, then over a day of calls.

Each measurement is a fresh process; what counts is its resident set.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from figures import Figure, at_most
from traffic import ami_messages, copy_of, journals

OPEN, DAY = 1_000, 20_000


async def measure() -> list[Figure]:
    """Run both measurements as processes of their own."""
    opened = await asyncio.to_thread(_run, "open")
    day = await asyncio.to_thread(_run, "day")
    note = f"live view {opened['live_kb']:.1f}, journal {opened['journal_kb']:.1f} kB"
    grown = (day["end_kb"] - day["half_kb"]) / 1024
    what = f"{day['half_kb'] / 1024:.1f} MB after half, {day['end_kb'] / 1024:.1f} MB at the end"
    return [
        at_most("memory per open call, 1,000 open", opened["live_kb"] + opened["journal_kb"], "kB", 60, note=note),
        at_most("memory grown over a day of 20,000 calls (second half)", grown, "MB", 5, note=what),
    ]


def _run(what: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, __file__, what], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _resident_kb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024


def _open() -> dict[str, float]:
    from ccengine.asterisk.ami.recorded import read_events
    from ccengine.calls.board import Board
    from ccengine.calls.tracker import Tracker
    from ccengine.records.interpreter import Interpreter
    from ccengine.records.journal_lines import parse_cel

    tracker, interpreter = Tracker("n1"), Interpreter("n1", {})
    board = Board(tracker)
    messages = ami_messages("answered")
    middle = next(at for at, one in enumerate(messages) if one.startswith("Event: AgentConnect")) + 6
    cel = next(iter(journals(("answered",), 1, 1)))[0].splitlines()
    lines = [line for line in cel if "BRIDGE_EXIT" not in line and "HANGUP" not in line and "_END" not in line]

    def live(number: int) -> None:
        text = "\n\n".join(copy_of(one, number, number) for one in messages[:middle])
        for event in read_events(text.split("\n")):
            tracker.handle(event)

    def journal(number: int) -> None:
        for place, line in enumerate(lines):
            interpreter.add(parse_cel(copy_of(line, number, number)), (number, place))
        interpreter.tell()

    for load in (live, journal):  # what is there once, however many calls
        load(OPEN + 1)
    begin = _resident_kb()
    for number in range(OPEN):
        live(number)
    board.snapshot(datetime.now(UTC))
    after_live = _resident_kb()
    for number in range(OPEN):
        journal(number)
    return {"live_kb": (after_live - begin) / OPEN, "journal_kb": (_resident_kb() - after_live) / OPEN}


def _day() -> dict[str, float]:
    from ccengine.asterisk.ami.recorded import read_events
    from ccengine.calls.tracker import Tracker
    from ccengine.records.interpreter import Interpreter
    from ccengine.records.journal_lines import parse_cel, parse_queue_log

    tracker, interpreter = Tracker("n1"), Interpreter("n1", {})
    messages = "\n\n".join(ami_messages("answered")) + "\n\n"
    found = {}
    for number, (cel, log) in enumerate(journals(("answered",), DAY, 86_400)):
        for event in read_events(copy_of(messages, number, number).split("\n")):
            tracker.handle(event)
        for line in cel.splitlines():
            interpreter.add(parse_cel(line))
        for line in log.splitlines():
            interpreter.add_queue_line(parse_queue_log(line))
        interpreter.tell()
        if number == DAY // 2:
            found["half_kb"] = _resident_kb()
    return found | {"end_kb": _resident_kb()}


if __name__ == "__main__":
    print(json.dumps({"open": _open, "day": _day}[sys.argv[1]]()))
