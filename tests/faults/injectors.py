"""The table of faults: each breaks something while calls run, and says what it did and what it measured.

What does not live here: the faults themselves (a file per area), judging (oracle), the world (world).
"""

from __future__ import annotations

from typing import Any

from ami_faults import ami_fault, flood, stall_reader
from clock_faults import step_clock
from database_faults import database_fault
from databases import POSTGRESQL
from disk_faults import RESERVE_MB, journal_disk_full, recording_disk_full
from engine_faults import agi_fault, freeze_under_watchdog, second_by_mistake, stop_engine, two_engines
from hostile_faults import hostile_callers
from injecting import Fault
from journal_faults import inode_reused, journal_fault
from kills import kill_at_commits, kill_engine
from pbx_faults import pbx_fault
from phone_faults import cut_in_talk, dead_phone, unanswered
from small_disk import DATABASE, JOURNAL, RECORDINGS

KILLED = "engine killed in menu, queue, talk, wrap-up"
_KILLED = {"engine ready": 5.0, "menu to queue": 1.0}
_DISK = {"disk": {"reserve_mb": RESERVE_MB, "check_seconds": 1}}
_LIVE = {"live view right again": 2.0}


def _database(name: str, seconds: float, **more: Any) -> Fault:
    targets = {"caught up": 60.0, "page answers": 1.0, "menu decides": 0.2}
    return Fault(inject=database_fault(name, seconds), targets=targets, at_least=seconds + 5, **more)


FAULTS: dict[str, Fault] = {
    KILLED: Fault(inject=kill_engine, targets=_KILLED, weight=4.0, kills=True),
    "engine killed at each commit": Fault(
        inject=kill_at_commits, targets={"engine ready": 5.0}, weight=4.0, at_least=600, kills=True
    ),
    "engine frozen (SIGSTOP 12 s)": Fault(inject=stop_engine(loop_only=False), targets={"menu to queue": 10.0}),
    "engine's loop blocked 12 s": Fault(inject=stop_engine(loop_only=True), targets={"menu to queue": 10.0}),
    "engine frozen under a watchdog": Fault(inject=freeze_under_watchdog, targets={"restarted": 15.0}),
    "FastAGI refused": Fault(inject=agi_fault("refused"), targets={"fallback": 0.1}),
    "FastAGI silent": Fault(inject=agi_fault("silent"), targets={"fallback": 10.0}),
    "FastAGI black hole": Fault(inject=agi_fault("black hole"), targets={"fallback": 2.1}),
    "AMI reset": Fault(inject=ami_fault("reset"), targets=_LIVE),
    "AMI kicked": Fault(inject=ami_fault("kicked"), targets=_LIVE),
    "AMI cut inside a list": Fault(inject=ami_fault("cut inside a list"), targets=_LIVE),
    "AMI half open": Fault(inject=ami_fault("half open"), targets={"live view right again": 17.0}),
    "AMI peer frozen 8 s": Fault(inject=ami_fault("frozen"), targets=_LIVE),
    "AMI flood, 10x for 60 s": Fault(inject=flood, targets={"lag": 1.0}, at_least=62),
    "AMI reader stalled 5 s in a flood": Fault(inject=stall_reader, targets={"lag": 1.0}),
    "journal rotated": Fault(inject=journal_fault("rotated")),
    "journal copied and truncated": Fault(inject=journal_fault("copied and truncated")),
    "journal torn": Fault(inject=journal_fault("torn")),
    "journal poisoned": Fault(inject=journal_fault("poisoned")),
    "journal's inode reused": Fault(inject=inode_reused, targets={"engine ready": 5.0}),
    "recording disk full": Fault(
        inject=recording_disk_full,
        targets={"alarm at 85 %": 5.0, "recordings stopped at 95 %": 5.0, "recordings go on": 5.0},
        disk=RECORDINGS,
        settings=_DISK,
    ),
    "journal disk full": Fault(
        inject=journal_disk_full,
        targets={"recordings stopped at 95 %": 5.0, "reserve given up": 5.0, "recordings go on": 5.0},
        disk=JOURNAL,
        disk_megabytes=80,
        settings=_DISK,
        live_records=True,
        cdr_lost=True,
    ),
    "PBX killed": Fault(
        inject=pbx_fault("SIGKILL"), targets={"open calls closed after boot": 10.0, "agents back after boot": 15.0}
    ),
    "PBX core restart now": Fault(
        inject=pbx_fault("core restart now"),
        targets={"open calls closed after boot": 10.0, "agents back after boot": 15.0},
    ),
    "second engine by mistake": Fault(inject=second_by_mistake),
    "two engines on one PBX": Fault(inject=two_engines, targets={"takeover": 10.0}),
    "agent's phone never answers": Fault(
        inject=unanswered(unregisters=False), targets={"offered to the next": 6.0}, at_least=20, phones_work=False
    ),
    "agent's phone unregisters while ringing": Fault(
        inject=unanswered(unregisters=True), targets={"offered to the next": 6.0}, phones_work=False
    ),
    "agent's phone dead": Fault(inject=dead_phone, targets={"queue to a phone that rings": 6.0}, phones_work=False),
    "agent's network cut in a talk": Fault(
        inject=cut_in_talk,
        targets={"ghost talks": 5.0, "cut to the next phone that rings": 6.0},
        phones_work=False,
    ),
    "hostile text in every SIP field": Fault(inject=hostile_callers),
    "clock stepped by 1 h and 1 day": Fault(inject=step_clock, stepped=True, at_least=30),
    "database locked 8 s": _database("locked", 8),
    "database disk full 12 s": _database("full", 12, disk=DATABASE, disk_megabytes=40),
    "database stopped 30 s": _database("stopped", 30, on=(POSTGRESQL,)),
    "database frozen 15 s": _database("frozen", 15, on=(POSTGRESQL,)),
    "database slow by 2 s": _database("slow", 15, on=(POSTGRESQL,)),
    "database stopped 10 min": _database("stopped", 600, on=(POSTGRESQL,), long_only=True),
}
