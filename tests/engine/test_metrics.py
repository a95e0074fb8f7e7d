"""The engine's figures: right, whole, and without anybody's number."""

from __future__ import annotations

from functools import partial
from typing import Any

from door_peer import ScriptedLive
from metrics_text import read

from ccengine.engine.agi import AgiTask
from ccengine.engine.metrics import EngineMetrics
from ccengine.engine.watchdog import Watchdog
from ccengine.services.context import Context

PHONE, AGENT, NAME = "13812345678", "8001", "王先生"


class BusyBoard(ScriptedLive):
    """Two calls, one caller waiting, two agents."""

    def snapshot(self) -> dict[str, Any]:
        line = {"caller_number": PHONE, "caller_name": NAME, "agent_number": AGENT}
        return {
            "pbx_connected": True,
            "stale": False,
            "queues": [{"queue": "hotline", "waiting": 1, "longest_wait_since": None}],
            "waiting": [line],
            "agents": [{"number": AGENT, "state": "talking"}, {"number": "8002", "state": "wrap_up"}],
            "calls": [line | {"state": "talking"}, line | {"state": "waiting"}],
        }

    def health(self) -> dict[str, Any]:
        return {
            "ok": True,
            "queued_events": 7,
            "reconnects": 2,
            "overflows": 0,
            "failures": 0,
            "anomalies": 3,
            "event_lag_max_seconds": 0.25,
        }


def _text(ctx: Context) -> str:
    agi = AgiTask(ctx)
    agi.lookups_took["balance"] = (4, 0.5)
    for seconds in (0.0004, 0.0006, 0.3, 9.0):
        agi.step_times.add("lookup", seconds)
    facts: dict[str, dict[str, Any]] = {
        "journal": {"ok": True, "error": "", "behind_bytes": 512, "behind_seconds": 1.5},
        "live_fallback": {"waiting": 1, "taken": 0},
        "disks": {"disks": {"journal": {"used_percent": 96, "free_bytes": 1000}}, "recording": False},
        "truth": {"found": {"row_differs": 2}},
        "probe": {"ok": False, "seconds": 0.062, "placed": 9, "failed": 3},
        "silence": {"alarm": True, "minutes": 31.5},
        "role": {"number": 7},
    }
    conditions = {name: partial(dict, told) for name, told in facts.items()}
    figures = EngineMetrics(BusyBoard(), conditions, agi, Watchdog({}))
    return figures.text()


async def test_figures_tell_what_is_on_the_board(ctx: Context) -> None:
    found = read(_text(ctx))
    assert found['ccengine_open_calls{state="talking"}'] == 1
    assert found['ccengine_open_calls{state="menu"}'] == 0
    assert found['ccengine_waiting_callers{queue="hotline"}'] == 1
    assert found['ccengine_agents{state="wrap_up"}'] == 1
    assert found['ccengine_agents{state="available"}'] == 0
    assert found["ccengine_ami_queued_events"] == 7
    assert found["ccengine_ami_reconnects_total"] == 2
    assert found["ccengine_journal_behind_bytes"] == 512
    assert found["ccengine_journal_behind_seconds"] == 1.5
    assert found['ccengine_agi_lookup_seconds_total{kind="balance"}'] == 0.5
    assert found['ccengine_disk_used_percent{disk="journal"}'] == 96
    assert found["ccengine_recording_on"] == 0
    assert found["ccengine_ami_event_lag_max_seconds"] == 0.25
    assert found["ccengine_probe_ok"] == 0 and found["ccengine_probe_failed_total"] == 3
    assert found["ccengine_silence_alarm"] == 1 and found["ccengine_silence_minutes"] == 31.5
    assert found['ccengine_differences_total{kind="row_differs"}'] == 2
    assert found["ccengine_engine_role_number"] == 7
    assert found["ccengine_engine_memory_bytes"] > 1_000_000
    assert "ccengine_engine_loop_lag_seconds" in found


async def test_nobody_is_named(ctx: Context) -> None:
    text = _text(ctx)
    assert not any(secret in text for secret in (PHONE, AGENT, NAME))


async def test_time_for_each_kind_of_step_is_a_histogram(ctx: Context) -> None:
    text = _text(ctx)
    assert "# TYPE ccengine_agi_step_seconds histogram" in text
    found = read(text)
    bucket = 'ccengine_agi_step_seconds_bucket{{step="lookup",le="{}"}}'
    assert [found[bucket.format(le)] for le in ("0.0005", "0.001", "0.25", "0.5", "2.5", "+Inf")] == [1, 2, 2, 3, 3, 4]
    assert found['ccengine_agi_step_seconds_count{step="lookup"}'] == 4
    assert round(found['ccengine_agi_step_seconds_sum{step="lookup"}'], 4) == 9.301
