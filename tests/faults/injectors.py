"""The table of faults: each breaks something while calls run, and says what it did and what it measured.

What does not live here: the faults themselves (a file per area), judging (oracle), the world (world).
"""

from __future__ import annotations

from ami_faults import ami_fault
from database_faults import database_fault, lock_sqlite
from engine_faults import agi_fault, kill_at_commits, kill_engine_in, second_by_mistake, stop_engine, two_engines
from injecting import Injector
from journal_faults import journal_fault
from pbx_faults import pbx_fault

FAULTS: dict[str, Injector] = {
    "engine killed in menu": kill_engine_in("menu"),
    "engine killed in queue": kill_engine_in("queue"),
    "engine killed in talk": kill_engine_in("talk"),
    "engine killed in wrap-up": kill_engine_in("wrap_up"),
    "engine killed at each commit": kill_at_commits,
    "engine frozen (SIGSTOP 12 s)": stop_engine,
    "FastAGI refused": agi_fault("refused"),
    "FastAGI silent": agi_fault("silent"),
    "FastAGI black hole": agi_fault("black hole"),
    "AMI reset": ami_fault("reset"),
    "AMI cut inside a list": ami_fault("cut inside a list"),
    "AMI half open": ami_fault("half open"),
    "AMI peer frozen 8 s": ami_fault("frozen"),
    "journal rotated": journal_fault("rotated"),
    "journal copied and truncated": journal_fault("copied and truncated"),
    "journal torn": journal_fault("torn"),
    "journal poisoned": journal_fault("poisoned"),
    "PBX killed": pbx_fault("SIGKILL"),
    "PBX core restart now": pbx_fault("core restart now"),
    "second engine by mistake": second_by_mistake,
    "two engines on one PBX": two_engines,
    "SQLite locked 8 s": lock_sqlite,
    "PostgreSQL stopped 15 s": database_fault("stopped"),
    "PostgreSQL frozen 15 s": database_fault("frozen"),
    "PostgreSQL slow by 2 s": database_fault("slow"),
}
