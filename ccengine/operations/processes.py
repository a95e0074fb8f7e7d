"""Background processes by name: start, ask, stop, by process id and never by a name pattern.

A pid file holds the pid and the start time of the process, so that a number which the system gave to somebody else
is never killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProcessFiles:
    """Where a named process keeps its pid and its log."""

    pid_file: Path
    log_file: Path

    @classmethod
    def of(cls, state_dir: Path, name: str) -> ProcessFiles:
        """Return the files of the process `name` below the state folder."""
        return cls(pid_file=state_dir / "pids" / f"{name}.json", log_file=state_dir / "log" / f"{name}.log")


def _start_ticks(pid: int) -> int | None:
    """Return the start time of a live process in clock ticks since boot (proc(5), field 22), None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def running_pid(files: ProcessFiles) -> int | None:
    """Return the pid of the process if it is the one we started and lives."""
    try:
        written = json.loads(files.pid_file.read_text(encoding="utf-8"))
        pid, ticks = int(written["pid"]), int(written["start_ticks"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return pid if _start_ticks(pid) == ticks else None


def adopt(files: ProcessFiles, arguments: Sequence[str], variable: str, value: str) -> int | None:
    """Return the pid of the process; where its pid file was lost, find the process and write the file anew.

    Args:
        files: of the process.
        arguments: its command line after the program: all of it, nothing like it.
        variable: an environment variable that tells it from its namesakes.
        value: what that variable holds.
    """
    pid = running_pid(files)
    if pid is not None:
        return pid
    wanted = [os.fsencode(word) for word in arguments]
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
            ours = command[1:-1] == wanted and os.fsencode(f"{variable}={value}") in (
                (entry / "environ").read_bytes().split(b"\0")
            )
        except OSError:  # gone meanwhile, or somebody else's
            continue
        if ours and (found := int(entry.name)) != os.getpid():
            _remember(files, found, "")
            return found
    return None


def told_at_start(files: ProcessFiles) -> str:
    """Return the note that was given when the process was started; empty when it is not known."""
    try:
        return str(json.loads(files.pid_file.read_text(encoding="utf-8")).get("note", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def start(files: ProcessFiles, argv: Sequence[str], environment: Mapping[str, str], *, note: str = "") -> int:
    """Start a process in a session of its own, its output appended to the log; return its pid.

    `note`: kept beside the pid for whoever asks later (`told_at_start`).
    """
    files.pid_file.parent.mkdir(parents=True, exist_ok=True)
    files.log_file.parent.mkdir(parents=True, exist_ok=True)
    with files.log_file.open("ab") as log:
        child = subprocess.Popen(
            list(argv), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(environment), start_new_session=True
        )
    _remember(files, child.pid, note)
    return child.pid


def _remember(files: ProcessFiles, pid: int, note: str) -> None:
    files.pid_file.parent.mkdir(parents=True, exist_ok=True)
    record = {"pid": pid, "start_ticks": _start_ticks(pid), "note": note}
    temporary = files.pid_file.with_suffix(".tmp")
    temporary.write_text(json.dumps(record), encoding="utf-8")
    temporary.replace(files.pid_file)


def stop(files: ProcessFiles, *, patience_seconds: float = 8.0) -> bool:
    """End the process: asked first, killed after `patience_seconds`. Return whether there was one."""
    pid = running_pid(files)
    if pid is not None:
        _signal(pid, signal.SIGTERM)
        _signal(pid, signal.SIGCONT)  # one that was stopped would never hear the request
        if not _wait_gone(files, patience_seconds):
            _signal(pid, signal.SIGKILL)
            _wait_gone(files, 3.0)
    files.pid_file.unlink(missing_ok=True)
    return pid is not None


def last_lines(files: ProcessFiles, count: int = 15) -> str:
    """Return the end of the process's log, for an error message."""
    try:
        return "\n".join(files.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _wait_gone(files: ProcessFiles, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if running_pid(files) is None:
            return True
        time.sleep(0.05)
    return False
