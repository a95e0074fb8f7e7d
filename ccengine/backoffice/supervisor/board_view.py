"""From the engine's snapshot to what the parts of the board show: names, tones, counts. No HTTP, no HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from ccengine.records.service_level import FORMULAS

#: The order in which agents stand on the board: those who work first.
_STATES = ("ringing", "talking", "on_hold", "listening", "wrap_up", "available", "paused", "unreachable", "signed_out")
_RANK = {state: place for place, state in enumerate(_STATES)}
_CALL_TONES = {"waiting": "warn", "ringing": "warn", "talking": "main-tone", "on_hold": "info", "voice_message": "info"}
#: Longer than the service level: the figure turns red.
ALARM_WAITING = 5
#: What the engine may find wrong with its surroundings, and is shown; each has its text (board_alarm).
ALARMS = (
    *("recordings_disk_low", "recordings_disk_full", "journal_disk_low", "journal_disk_full", "recording_off"),
    *("probe_no_calls", "probe_no_sip", "probe_no_queue", "silence"),
)
_FIGURES = (
    ("offered", "calls"),
    ("answered", "calls"),
    ("abandoned", "calls"),
    ("served", "calls"),
    ("average_wait_seconds", "seconds"),
    ("service_level_percent", "percent"),
)
Names = Mapping[str, Callable[..., str]]


def notices(board: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said above the board: links that are down, alarms."""
    return {
        "engine_connected": board.get("engine_connected", True),
        "pbx_connected": board.get("pbx_connected", False),
        "stale": board.get("stale", False),
        "alarms": [alarm for alarm in board.get("alarms", []) if alarm.get("code") in ALARMS],
    }


def shown_state(agent: Mapping[str, Any], board: Mapping[str, Any]) -> str:
    """Return an agent's state as people read it: whose phone listens to a talk is not free."""
    state, rows = agent.get("state") or "signed_out", board.get("listening", ())
    listens = any((row.get("listener"), row.get("state")) == (agent.get("number"), "on") for row in rows)
    return "listening" if listens and state == "available" else str(state)


def agent_rank(row: Mapping[str, Any]) -> tuple[int, str]:
    """Return where an agent's row stands among the others."""
    return _RANK.get(row.get("state", "signed_out"), len(_STATES)), row.get("number", "")


def agent_counts(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how many agents are in each state that there is."""
    counts = Counter(row.get("state", "signed_out") for row in rows)
    return [{"state": state, "n": counts[state]} for state in _STATES if counts[state]]


def waiting(row: Mapping[str, Any], names: Names, _name: str) -> dict[str, Any]:
    """Return a waiting caller's row."""
    return {
        "call_id": row.get("call_id", ""),
        "caller_number": row.get("caller_number", ""),
        "caller_name": row.get("caller_name", ""),
        "queue_name": names["queue_text"](row.get("queue")),
        "position": row.get("position") or "–",
        "since": row.get("since") or "",
        "priority": row.get("priority") or 0,
    }


def agent(row: Mapping[str, Any], names: Names, name: str) -> dict[str, Any]:
    """Return an agent's tile; `name` as the database knows it."""
    number = row.get("number", "")
    return {
        "number": number,
        "name": name or row.get("name") or number,
        "extension": row.get("extension") or "",
        "state": row.get("state", "signed_out"),
        "reason_text": names["reason_name"](row.get("reason")) if row.get("state") == "paused" else "",
        "since": row.get("since") or "",
        "peer_number": row.get("peer_number") or "",
        "talks": bool(row.get("call_id")) and row.get("state") in ("talking", "on_hold"),
    }


def listening(row: Mapping[str, Any], agent_names: Mapping[str, str], listener: str) -> dict[str, Any]:
    """Return who listens to an agent's talk; `listener`: whose own listening can be steered here."""
    number = row.get("listener", "")
    return {
        "name": agent_names.get(number, number),
        "agent": row.get("agent_number", ""),
        "extension": row.get("extension", ""),
        "mode": row.get("mode", "listen"),
        "state": row.get("state", "on"),
        "since": row.get("since") or "",
        "own": bool(number) and number == listener,
    }


def call(row: Mapping[str, Any], names: Names, name: str) -> dict[str, Any]:
    """Return a call's row; `name` is its agent's."""
    item, state = row.get("menu_item") or "", row.get("state", "menu")
    outbound = row.get("direction") == "outbound"
    return {
        "call_id": row.get("call_id", ""),
        "outbound": outbound,
        "caller_number": row.get("dialed_number" if outbound else "caller_number", ""),
        "caller_name": "" if outbound else row.get("caller_name", ""),
        "state": state,
        "tone": _CALL_TONES.get(state, ""),
        "item_text": names["menu_text"]([item]) if item else "",
        "agent_text": name or row.get("agent_number") or "",
        "since": row.get("since") or "",
    }


def figures(today: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return today's figures, each with its formula."""
    return [_figure(today, key, unit) for key, unit in _FIGURES]


def _figure(today: Mapping[str, Any], key: str, unit: str) -> dict[str, Any]:
    value = today.get(key)
    formula = {"zh_CN": FORMULAS[key][0], "en": FORMULAS[key][1]}
    if value is None:
        return {"key": key, "value": "–", "unit": "", "formula": formula}
    shown = f"{value:.0f}" if isinstance(value, float) else str(value)
    return {"key": key, "value": shown, "unit": unit, "formula": formula}


def own(own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the strip: yesterday's comparison and the engine's own call, each with its tone."""
    yesterday, probe = own.get("yesterday") or {}, own.get("probe") or {}
    tried = bool(probe.get("well_at") or probe.get("problem"))
    return {
        "day": yesterday.get("day", ""),
        "checked": yesterday.get("checked", False) or yesterday.get("found", 0) > 0,
        "found": yesterday.get("found", 0),
        "mended": yesterday.get("mended", 0),
        "waiting": yesterday.get("waiting", 0),
        "probe": "none" if not tried else "bad" if probe.get("problem") else "ok",
        "probe_at": datetime.fromisoformat(probe["well_at"]) if probe.get("well_at") else None,
    }
