"""Background processes are known by pid and start time, and end when asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ccengine.operations import processes
from ccengine.operations.processes import ProcessFiles

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


def test_process_started_is_known_and_ends_when_stopped(tmp_path: Path) -> None:
    files = ProcessFiles.of(tmp_path, "sleeper")
    pid = processes.start(files, SLEEP, {})
    assert processes.running_pid(files) == pid
    assert processes.stop(files) is True
    assert processes.running_pid(files) is None
    assert processes.stop(files) is False


def test_process_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    files = ProcessFiles.of(tmp_path, "stubborn")
    processes.start(files, STUBBORN, {})
    while "up" not in processes.last_lines(files):
        pass
    processes.stop(files, patience_seconds=0.3)
    assert processes.running_pid(files) is None


def test_pid_that_was_given_to_somebody_else_is_left_alone(tmp_path: Path) -> None:
    files = ProcessFiles.of(tmp_path, "other")
    pid = processes.start(files, SLEEP, {})
    stranger = ProcessFiles.of(tmp_path, "stale")
    stranger.pid_file.write_text(json.dumps({"pid": pid, "start_ticks": 1}), encoding="utf-8")
    assert processes.running_pid(stranger) is None
    assert processes.stop(stranger) is False
    assert processes.running_pid(files) == pid
    processes.stop(files)
