"""Recordings of an AMI stream: writing the raw messages as they come, reading them back as events.

Format: the messages as on the wire, a blank line between. Lists of a snapshot stand among them; reading makes the
snapshot anew at the end of its last list. What does not live here: what follows from the events (calls/replay).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from ccengine.asterisk.ami.framing import Headers, parse_message
from ccengine.asterisk.ami.snapshot import boot_of, build
from ccengine.asterisk.ami.translate import moment, text, translate
from ccengine.calls.pbx_events import PbxEvent
from ccengine.calls.replay import render, replay

_LISTS = frozenset({"CoreShowChannel", "QueueMember", "QueueEntry"})
_START = datetime(2026, 1, 1, tzinfo=UTC)


class Recorder:
    """Appends raw messages to a file: pass its `write` as a session's `tap`. Hold it only as long as needed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")

    def write(self, raw: bytes) -> None:
        """Keep one message."""
        self._file.write(raw.replace(b"\r\n", b"\n") + b"\n\n")
        self._file.flush()

    def close(self) -> None:
        """End the recording."""
        self._file.close()


def read_messages(lines: Iterable[str]) -> Iterator[Headers]:
    """Yield the messages of a recording, in order."""
    collected: list[str] = []
    for line in [*lines, ""]:
        line = line.rstrip("\r\n")
        if line:
            collected.append(line)
        elif collected:
            yield parse_message("\n".join(collected).encode("utf-8", "replace"))
            collected = []


def read_events(lines: Iterable[str]) -> Iterator[PbxEvent]:
    """Yield the events of a recording; one without a time has that of the one before."""
    listed: list[Headers] = []
    now, generation, whole, boot = _START, 0, False, ""
    for headers in read_messages(lines):
        now = moment(headers, now)
        name = text(headers, "event")
        boot = boot_of(headers) or boot
        if name in _LISTS:
            listed.append(headers)
        elif name == "CoreShowChannelsComplete":
            whole = True
        elif name == "QueueStatusComplete":
            if whole:  # not the list that a command asked for
                generation += 1
                yield build(listed, generation, now, boot)
            listed, whole = [], False
        elif (event := translate(headers, now)) is not None:
            yield event


def replay_text(lines: Iterable[str], node: str = "n1") -> str:
    """Return what the engine concludes from a recorded AMI log, as text (`ccengine replay FILE`)."""
    facts, tracker = replay(read_events(lines), node)
    return render(facts, tracker)
