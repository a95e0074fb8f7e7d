"""Which process holds a role: its name, told so that others on the same machine can tell whether it lives.

What does not live here: who holds which role (role.py).
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
from pathlib import Path


def identity() -> str:
    """Return who we are, so that others on this machine can tell when we are dead: host, pid, machine's run, start."""
    return f"{socket.gethostname()[:24]} pid {os.getpid()} {run_of(os.getpid())} {secrets.token_hex(4)}"


def is_dead(holder: str) -> bool:
    """Whether a holder was a process of this very machine (and pid namespace) that is gone."""
    pid = _local_pid(holder)
    return pid is not None and _run_in(holder) != run_of(pid)


def end_stopped(holder: str) -> bool:
    """End a holder that is a stopped process of this very machine (SIGSTOP, a debugger): it keeps all it has locked.

    Returns whether it was one. Errors: PermissionError (it runs as somebody else).
    """
    pid = _local_pid(holder)
    if pid is None:
        return False
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:  # what the handle names is looked at after it was taken: no other process with that number can be meant
        stopped = _run_in(holder) == run_of(pid) and _state_of(pid) in "Tt"
        if stopped:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        return stopped
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)


def _local_pid(holder: str) -> int | None:
    """Return the pid of a holder on this machine and in this pid namespace, None for any other."""
    words = holder.split(" ")
    if len(words) != 5 or not words[2].isdigit():
        return None
    mine = run_of(os.getpid()).rpartition("/")[0]
    return int(words[2]) if words[3].rpartition("/")[0] == mine else None


def _run_in(holder: str) -> str:
    return holder.split(" ")[3]


def run_of(pid: int) -> str:
    """Return what tells this process from every other one: machine's run, pid namespace, start time in ticks."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
        fields = _fields_of(pid)
    except OSError:
        return "?/?/0"
    return f"{boot}/{space}/{'0' if fields[0] in 'ZX' else fields[19]}"


def _state_of(pid: int) -> str:
    """Return the state of a process as the kernel tells it: T stopped, t held by a debugger, X gone."""
    try:
        return _fields_of(pid)[0]
    except OSError:
        return "X"


def _fields_of(pid: int) -> list[str]:
    """Return what /proc tells of a process after its name."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
