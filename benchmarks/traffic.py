"""Recorded calls, multiplied: each copy with ids, channels, bridges and times of its own. Text in, text out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

REPLAYS = Path(__file__).resolve().parent.parent / "tests" / "replays"
_CALL_ID = re.compile(r"n1-\d{10}-\d{18}")
_MOMENT = re.compile(r"(?<![\d.])(\d{10})\.(\d{6})(?!\d)")
_UNIQUE = re.compile(r"(?<![\d.])(\d{10})\.(\d{1,4})(?!\d)")
_CHANNEL = re.compile(r"(PJSIP/[\w-]+-)([0-9a-f]{8})\b")
_BRIDGE = re.compile(r"\b([0-9a-f]{8})(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b")
_CALLER = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_SECOND = re.compile(r"^(\d{10})\|", re.MULTILINE)


def copy_of(text: str, number: int, later_seconds: int) -> str:
    """Return recorded text as the `number`-th call of its kind, `later_seconds` after the recorded one."""
    text = _CALL_ID.sub(lambda found: f"{found[0][:14]}{number:018d}", text)
    text = _CALLER.sub(f"136{number:08d}", text)
    text = _MOMENT.sub(lambda found: f"{int(found[1]) + later_seconds}.{found[2]}", text)
    text = _UNIQUE.sub(lambda found: f"{int(found[1]) + later_seconds}.{number * 20 + int(found[2])}", text)
    text = _CHANNEL.sub(lambda found: f"{found[1]}{number * 20 + int(found[2], 16):08x}", text)
    text = _BRIDGE.sub(lambda found: f"{number:08x}{found[2]}", text)
    return _SECOND.sub(lambda found: f"{int(found[1]) + later_seconds}|", text)


def ami_messages(kind: str) -> list[str]:
    """Return the events of a recorded stream, without the answers to what the engine asked."""
    text = (REPLAYS / f"{kind}.amilog").read_text(encoding="utf-8")
    return [one for one in text.strip().split("\n\n") if one.startswith("Event: ") and "\nActionID: " not in one]


def wire(messages: list[str]) -> bytes:
    """Return messages as they come from the PBX."""
    return "".join(one.replace("\n", "\r\n") + "\r\n\r\n" for one in messages).encode()


def journals(kinds: tuple[str, ...], calls: int, day_seconds: int) -> Iterator[tuple[str, str]]:
    """Yield the CEL and queue_log text of `calls` recorded calls, one after the other, spread over the time given."""
    recorded = []
    for kind in kinds:
        cel = (REPLAYS / kind / "cel.csv").read_text(encoding="utf-8")
        log = (REPLAYS / kind / "queue_log").read_text(encoding="utf-8")
        begin = int(min(_MOMENT.findall(cel))[0])
        recorded.append((cel, log, begin))
    base = recorded[0][2]
    for number in range(calls):
        cel, log, begin = recorded[number % len(recorded)]
        later = base - begin + number * day_seconds // calls
        yield copy_of(cel, number, later), copy_of(log, number, later)
