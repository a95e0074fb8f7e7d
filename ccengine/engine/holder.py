"""Which process holds a role: its name, told so that others on the same machine can tell whether it lives.

What does not live here: who holds which role (role.py).
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path


def identity() -> str:
    """Return who we are, so that others on this machine can tell when we are dead: host, pid, machine's run, start."""
    return f"{socket.gethostname()[:24]} pid {os.getpid()} {run_of(os.getpid())} {secrets.token_hex(4)}"


def is_dead(holder: str) -> bool:
    """Whether a holder was a process of this very machine (and pid namespace) that is gone."""
    words = holder.split(" ")
    if len(words) != 5 or not words[2].isdigit():
        return False
    machine, _, started = words[3].rpartition("/")
    mine = run_of(os.getpid()).rpartition("/")[0]
    return machine == mine and run_of(int(words[2])) != f"{machine}/{started}"


def run_of(pid: int) -> str:
    """Return what tells this process from every other one: machine's run, pid namespace, start time in ticks."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "?/?/0"
    return f"{boot}/{space}/{'0' if fields[0] in 'ZX' else fields[19]}"
