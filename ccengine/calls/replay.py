"""A recorded stream told once more: the same events through the same tracker, and what it concluded, as text.

What does not live here: reading a recording (asterisk/ami/recorded).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from ccengine.calls.board import Board
from ccengine.calls.facts import Anomaly, CallEnded, Fact
from ccengine.calls.pbx_events import PbxEvent
from ccengine.calls.tracker import Tracker

_QUIET = frozenset({"at", "record"})


def replay(events: Iterable[PbxEvent], node: str = "n1") -> tuple[list[Fact], Tracker]:
    """Return the facts concluded from events, and the tracker as it stands after the last."""
    tracker = Tracker(node)
    facts = [fact for event in events for fact in tracker.handle(event)]
    return facts, tracker


def render(facts: Iterable[Fact], tracker: Tracker) -> str:
    """Return the facts as text, a line each, then the records and what was still open at the end."""
    facts = list(facts)
    lines = [_line(fact) for fact in facts]
    lines += ["", f"{sum(isinstance(fact, CallEnded) for fact in facts)} calls ended"]
    for fact in facts:
        if isinstance(fact, CallEnded):
            lines += _record(fact)
    anomalies = [fact for fact in facts if isinstance(fact, Anomaly)]
    lines += ["", f"{len(anomalies)} anomalies"]
    if tracker.last_at is not None:
        lines += _still_open(tracker, tracker.last_at)
    return "\n".join(lines) + "\n"


def _line(fact: Fact) -> str:
    words = [f"{name}={_text(value)}" for name, value in _fields(fact) if name not in _QUIET and value is not None]
    return f"{_time(fact.at)} {type(fact).__name__} {' '.join(words)}"


def _record(fact: CallEnded) -> list[str]:
    shown = [f"  {name}: {_text(value)}" for name, value in _fields(fact.record) if value not in (None, "", (), False)]
    return ["", f"call {fact.call_id}", *shown]


def _still_open(tracker: Tracker, now: datetime) -> list[str]:
    picture = Board(tracker).snapshot(now)
    lines = ["", f"{len(picture.calls)} calls still open"]
    lines += [f"  {call.call_id} {call.state} agent={call.agent_number}" for call in picture.calls]
    lines += ["", "agents"]
    return lines + [f"  {agent.number} {agent.state} {agent.reason or ''}".rstrip() for agent in picture.agents]


def _fields(value: Any) -> list[tuple[str, Any]]:
    return [(name, getattr(value, name)) for name in value.__dataclass_fields__]


def _text(value: Any) -> str:
    """One line whatever a stranger's text holds."""
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, Enum):
        return str(value.value)
    if hasattr(value, "__dataclass_fields__"):
        return "(" + " ".join(f"{name}={_text(item)}" for name, item in _fields(value)) + ")"
    if isinstance(value, tuple):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in str(value))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
