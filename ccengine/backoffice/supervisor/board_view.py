"""From the engine's snapshot to what the board template shows: names, tones, counts. No HTTP, no HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ccengine.records.service_level import FORMULAS

#: The order in which agents stand on the board: those who work first.
_STATES = ("ringing", "talking", "on_hold", "wrap_up", "available", "paused", "unreachable", "signed_out")
_CALL_TONES = {"waiting": "warn", "ringing": "warn", "talking": "main-tone", "voice_message": "info"}
#: Longer than the service level: the figure turns red.
_ALARM_WAITING = 5
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


def build_view(
    snapshot: Mapping[str, Any], names: Names, agent_names: Mapping[str, str], listener: str | None = None
) -> dict[str, Any]:
    """Return what `board/body.html` needs, from one snapshot. `listener`: whose own listening can be steered."""
    listening = [_listening(row, agent_names, listener) for row in snapshot.get("listening", [])]
    waiting = [_waiting(row, names) for row in snapshot.get("waiting", [])]
    agents = sorted((_agent(row, names, agent_names) for row in snapshot.get("agents", [])), key=_rank)
    counts = Counter(row["state"] for row in agents)
    return {
        "engine_connected": snapshot.get("engine_connected", True),
        "pbx_connected": snapshot.get("pbx_connected", False),
        "stale": snapshot.get("stale", False),
        "alarms": [alarm for alarm in snapshot.get("alarms", []) if alarm.get("code") in ALARMS],
        "own": _own(snapshot.get("own") or {}),
        "waiting": waiting,
        "waiting_alarm": len(waiting) >= _ALARM_WAITING,
        "longest_since": min((row["since"] for row in waiting if row["since"]), default=""),
        "calls": [_call(row, names, agent_names) for row in snapshot.get("calls", [])],
        "agents": agents,
        "listening": listening,
        "listens": any(row["own"] for row in listening),
        "agent_counts": [{"state": state, "n": counts[state]} for state in _STATES if counts[state]],
        "figures": [_figure(snapshot.get("today", {}), key, unit) for key, unit in _FIGURES],
    }


def _rank(row: Mapping[str, Any]) -> tuple[int, str]:
    return _STATES.index(row["state"]) if row["state"] in _STATES else len(_STATES), row["number"]


def _waiting(row: Mapping[str, Any], names: Names) -> dict[str, Any]:
    return {
        "call_id": row.get("call_id", ""),
        "caller_number": row.get("caller_number", ""),
        "caller_name": row.get("caller_name", ""),
        "queue_name": names["queue_text"](row.get("queue")),
        "position": row.get("position") or "–",
        "since": row.get("since") or "",
        "priority": row.get("priority") or 0,
    }


def _agent(row: Mapping[str, Any], names: Names, agent_names: Mapping[str, str]) -> dict[str, Any]:
    number = row.get("number", "")
    return {
        "number": number,
        "name": agent_names.get(number) or row.get("name") or number,
        "extension": row.get("extension") or "",
        "state": row.get("state", "signed_out"),
        "reason_text": names["reason_name"](row.get("reason")) if row.get("state") == "paused" else "",
        "since": row.get("since") or "",
        "peer_number": row.get("peer_number") or "",
        "talks": bool(row.get("call_id")) and row.get("state") in ("talking", "on_hold"),
    }


def _listening(row: Mapping[str, Any], agent_names: Mapping[str, str], listener: str | None) -> dict[str, Any]:
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


def _call(row: Mapping[str, Any], names: Names, agent_names: Mapping[str, str]) -> dict[str, Any]:
    number, item = row.get("agent_number") or "", row.get("menu_item") or ""
    state = row.get("state", "menu")
    outbound = row.get("direction") == "outbound"
    return {
        "call_id": row.get("call_id", ""),
        "outbound": outbound,
        "caller_number": row.get("dialed_number" if outbound else "caller_number", ""),
        "caller_name": "" if outbound else row.get("caller_name", ""),
        "state": state,
        "tone": _CALL_TONES.get(state, ""),
        "item_text": names["menu_text"]([item]) if item else "",
        "agent_text": agent_names.get(number, number),
        "since": row.get("since") or "",
    }


def _figure(today: Mapping[str, Any], key: str, unit: str) -> dict[str, Any]:
    value = today.get(key)
    formula = {"zh_CN": FORMULAS[key][0], "en": FORMULAS[key][1]}
    if value is None:
        return {"key": key, "value": "–", "unit": "", "formula": formula}
    shown = f"{value:.0f}" if isinstance(value, float) else str(value)
    return {"key": key, "value": shown, "unit": unit, "formula": formula}


def _own(own: Mapping[str, Any]) -> dict[str, Any]:
    """The strip: yesterday's comparison and the engine's own call, each with its tone."""
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
