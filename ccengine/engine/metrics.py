"""The engine's figures for Prometheus, read from its tasks at each question; served at the door's /metrics.

What does not live here: the text format and the database's figures (services/metrics), how tasks count.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ccengine.calls.agent_state import AgentState
from ccengine.engine.agi import AgiTask
from ccengine.engine.watchdog import Watchdog
from ccengine.ports import LiveView
from ccengine.services.metrics import Metric, by_label, counter, exposition, gauge, histogram

#: What a call can be doing (calls/call.py); all are shown, so that a graph has no holes.
_PHASES = ("menu", "waiting", "ringing", "talking", "on_hold", "voice_message", "ending")
Facts = Callable[[], Mapping[str, Any]]


class EngineMetrics:
    """Reads one engine's figures.

    Args:
        live: the live view; conditions: facts of the tasks, as health shows them; agi: the menu's task; dog: the loop's
            lateness.
    """

    def __init__(self, live: LiveView, conditions: Mapping[str, Facts], agi: AgiTask, dog: Watchdog) -> None:
        self._live = live
        self._conditions = conditions
        self._agi = agi
        self._dog = dog

    def text(self) -> str:
        """Return all figures in the text format."""
        facts = {name: condition() for name, condition in self._conditions.items()}
        board, links = self._live.snapshot(), self._live.health()
        return exposition(
            [*_board(board), *_links(links), *_files(facts), *_own_truth(facts), *self._menu(), *self._self()]
        )

    def _menu(self) -> list[Metric]:
        server, took = self._agi.server, self._agi.lookups_took
        seconds = {kind: spent for kind, (_count, spent) in took.items()}
        counts: dict[str, float] = {kind: count for kind, (count, _spent) in took.items()}
        return [
            gauge("ccengine_agi_sessions", "Callers in the menu.", len(server.sessions)),
            counter("ccengine_agi_refused_total", "FastAGI connections refused.", server.refused),
            by_label("ccengine_agi_lookups_total", "counter", "Look-ups for the menu, by kind.", "kind", counts),
            by_label("ccengine_agi_lookup_seconds_total", "counter", "Time spent in them.", "kind", seconds),
            histogram(
                "ccengine_agi_step_seconds",
                "The engine's own time for a step of the menu, by kind; PBX and caller not counted.",
                "step",
                {kind: (one.cumulative, one.total) for kind, one in self._agi.step_times.by_kind.items()},
            ),
        ]

    def _self(self) -> list[Metric]:
        return [
            gauge("ccengine_engine_loop_lag_seconds", "How late the event loop ran last.", self._dog.lag_seconds),
            gauge("ccengine_engine_loop_lag_max_seconds", "At most, within a minute.", self._dog.lag_max_seconds),
            gauge("ccengine_engine_memory_bytes", "Resident memory of the process.", _memory_bytes()),
            counter("ccengine_engine_cpu_seconds_total", "CPU time of the process.", sum(os.times()[:2])),
        ]


def _board(board: Mapping[str, Any]) -> list[Metric]:
    """Count what is on the board; numbers and names stay there."""
    calls = Counter(dict.fromkeys(_PHASES, 0))
    calls.update(str(line["state"]) for line in board.get("calls", ()))
    agents = Counter(dict.fromkeys((state.value for state in AgentState), 0))
    agents.update(str(line["state"]) for line in board.get("agents", ()))
    waiting = {str(line["queue"]): float(line["waiting"]) for line in board.get("queues", ())}
    return [
        gauge("ccengine_pbx_connected", "Whether the PBX tells us its events.", bool(board.get("pbx_connected"))),
        gauge("ccengine_board_stale", "Whether the live picture may be out of date.", bool(board.get("stale"))),
        by_label("ccengine_open_calls", "gauge", "Calls now, by what they do.", "state", calls),
        by_label("ccengine_waiting_callers", "gauge", "Callers waiting now.", "queue", waiting),
        by_label("ccengine_agents", "gauge", "Agents now, by state.", "state", agents),
    ]


def _files(facts: Mapping[str, Mapping[str, Any]]) -> list[Metric]:
    journal, fallback = facts["journal"], facts["live_fallback"]
    return [
        gauge("ccengine_journal_ok", "Whether the journal is followed and stored.", journal["ok"]),
        gauge("ccengine_journal_behind_bytes", "Bytes of the CEL file not in rows yet.", journal["behind_bytes"]),
        gauge("ccengine_journal_behind_seconds", "Age of what is not in rows yet.", journal["behind_seconds"]),
        gauge("ccengine_live_records_waiting", "Ended calls not compared yet.", fallback["waiting"]),
        counter("ccengine_live_records_total", "Records taken from the live view.", fallback["taken"]),
        *_room(facts["disks"]),
    ]


def _own_truth(facts: Mapping[str, Mapping[str, Any]]) -> list[Metric]:
    """The product's word on itself: its own calls, silence, differences found, its role."""
    probe, silence, found = facts["probe"], facts["silence"], facts["truth"]["found"]
    return [
        gauge("ccengine_probe_ok", "Whether the last call of our own got through.", probe["ok"]),
        gauge("ccengine_probe_seconds", "How long it took from Originate to the engine.", probe["seconds"]),
        counter("ccengine_probe_placed_total", "Calls of our own.", probe["placed"]),
        counter("ccengine_probe_failed_total", "Of these, how many did not arrive.", probe["failed"]),
        gauge("ccengine_silence_minutes", "Since the last inbound call.", silence["minutes"]),
        gauge("ccengine_silence_alarm", "Whether that is unusual at this hour.", silence["alarm"]),
        by_label("ccengine_differences_total", "counter", "Differences between witnesses, by kind.", "kind", found),
        gauge("ccengine_engine_role_number", "Fencing number; 0 without the role.", facts["role"]["number"] or 0),
    ]


def _room(facts: Mapping[str, Any]) -> list[Metric]:
    used = {name: float(disk["used_percent"]) for name, disk in facts["disks"].items()}
    free = {name: float(disk["free_bytes"]) for name, disk in facts["disks"].items()}
    return [
        by_label("ccengine_disk_used_percent", "gauge", "How full the PBX's disks are.", "disk", used),
        by_label("ccengine_disk_free_bytes", "gauge", "Room left on them.", "disk", free),
        gauge("ccengine_recording_on", "Whether calls are recorded; not while a disk is full.", facts["recording"]),
    ]


def _links(facts: Mapping[str, Any]) -> list[Metric]:
    return [
        gauge("ccengine_ami_up", "Whether both AMI sessions stand and the picture is whole.", bool(facts["ok"])),
        gauge("ccengine_ami_queued_events", "Events received, not looked at yet.", facts.get("queued_events", 0)),
        gauge("ccengine_ami_event_lag_seconds", "Age of the last event when heard.", facts.get("event_lag_seconds", 0)),
        gauge("ccengine_ami_event_lag_max_seconds", "At most, in a minute.", facts.get("event_lag_max_seconds", 0)),
        counter("ccengine_ami_reconnects_total", "AMI events session made anew.", facts.get("reconnects", 0)),
        counter("ccengine_ami_overflows_total", "Sessions dropped: too many events.", facts.get("overflows", 0)),
        counter("ccengine_ami_failures_total", "Events we stumbled over.", facts.get("failures", 0)),
        counter("ccengine_live_anomalies_total", "What did not fit in the live view.", facts.get("anomalies", 0)),
    ]


def _memory_bytes() -> int:
    """Return the resident memory (proc(5), statm field 2); 0 where the kernel does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
