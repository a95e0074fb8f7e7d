"""Time limits of an order 时限: policies in versions, a deadline per step, what falls due when, who is told.

What does not live here: counting time (running_time.py), the shipped policies (sla_defaults.py), rows and the clock
that wakes (store/, engine/sla_clock.py). Everything here is computed from stamps, so doing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ccengine.hotline.running_time import Limit, Pause, due_at
from ccengine.hotline.work_calendar import WorkCalendar


class Step(StrEnum):
    """What is limited."""

    ACCEPT = "accept"  # 受理
    RESPOND = "respond"  # 响应
    PLAN = "plan"  # 方案
    START = "start"  # 开工
    ACKNOWLEDGE = "acknowledge"  # 回执
    HANDLE = "handle"  # 处理
    CLOSE = "close"  # 消单


#: The stamp at which a step's clock starts, and those any of which meets it (the earliest counts).
STARTED_BY: Mapping[Step, str] = {
    Step.ACCEPT: "registered",
    Step.RESPOND: "registered",
    Step.PLAN: "registered",
    Step.START: "planned",  # agreed with the customer
    Step.ACKNOWLEDGE: "dispatched",
    Step.HANDLE: "registered",
    Step.CLOSE: "handled",
}
MET_BY: Mapping[Step, tuple[str, ...]] = {
    Step.ACCEPT: ("accepted",),
    Step.RESPOND: ("replied", "planned", "handled"),
    Step.PLAN: ("planned", "handled"),
    Step.START: ("in_progress", "handled"),
    Step.ACKNOWLEDGE: ("acknowledged",),
    Step.HANDLE: ("handled",),
    Step.CLOSE: ("closed",),
}
SUPPORT_LEVELS = (1, 2, 3)  # 客服、工程师、资深专家


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """So long after a breach the order goes to a support level, and these roles are told."""

    after_minutes: int
    level: int
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaPolicy:
    """One class of requests and its limits; a change makes a new version, orders keep the one they were born with.

    Empty `types`, `categories`, `priorities` match any. `warn_percent`: of a limit, then the warning comes.
    """

    code: str
    position: int
    name_zh: str
    name_en: str
    limits: Mapping[Step, Limit]
    version: int = 1
    types: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    warn_percent: int = 80
    warn_roles: tuple[str, ...] = ("dispatcher",)
    escalations: tuple[Escalation, ...] = ()
    penalty: str = "none"
    source: str = ""
    active: bool = True

    def matches(self, order_type: str, category: str, priority: str) -> bool:
        """Say whether an order is of this class."""
        wanted = ((self.types, order_type), (self.categories, category), (self.priorities, priority))
        return self.active and all(not listed or value in listed for listed, value in wanted)


def choose(policies: Iterable[SlaPolicy], order_type: str, category: str, priority: str) -> SlaPolicy | None:
    """Return the first policy, by position, that an order falls under; None when none does."""
    for policy in sorted(policies, key=lambda one: (one.position, one.code)):
        if policy.matches(order_type, category, priority):
            return policy
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One step's clock. A step that begins anew (a return, a reopened order) is a new round.

    `due_at` is None while a pause holds the clock. `void`: the step is not asked for any more. `level`: the support
    level it was escalated to, 0 for none.
    """

    step: Step
    started_at: datetime
    due_at: datetime | None
    warn_at: datetime | None
    round: int = 0
    met_at: datetime | None = None
    void: bool = False
    warned_at: datetime | None = None
    breached_at: datetime | None = None
    level: int = 0

    @property
    def running(self) -> bool:
        """Whether the step is still to be done."""
        return self.met_at is None and not self.void


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What is told once: `kind` is warning, breach or escalation."""

    kind: str
    level: int
    roles: tuple[str, ...]


def first_due(policy: SlaPolicy, registered_at: datetime, calendar: WorkCalendar) -> datetime:
    """Return when an order must be handled, as told to the customer: the handling's limit, else the longest one."""
    known = {step: limit for step, limit in policy.limits.items() if STARTED_BY[step] == "registered"}
    limits = [known[Step.HANDLE]] if Step.HANDLE in known else list(known.values())
    found = [due_at(registered_at, limit.length, limit.kind, calendar) for limit in limits]
    return max((due for due in found if due is not None), default=registered_at + timedelta(days=7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What an order's clocks are read from: its stamps, its pauses, and the calendar."""

    stamps: Mapping[str, datetime]
    pauses: Sequence[Pause] = ()
    calendar: WorkCalendar = field(default_factory=WorkCalendar)


def follow(
    policy: SlaPolicy, course: Course, known: Iterable[Deadline], now: datetime
) -> tuple[tuple[Deadline, ...], Mapping[Step, Deadline]]:
    """Return (the deadlines that changed or are new, the present round of each step).

    Args:
        policy: the version the order was born with.
        course: what happened to the order so far.
        known: its deadlines as they stand.
        now: when a step that begins anew begins.
    """
    latest: dict[Step, Deadline] = {}
    for deadline in known:
        if deadline.step not in latest or deadline.round > latest[deadline.step].round:
            latest[deadline.step] = deadline
    changed: list[Deadline] = []
    for step in Step:
        before = latest.get(step)
        for after in _followed(policy, step, course, before, now):
            if after != before:
                changed.append(after)
                latest[step] = after
    return tuple(changed), latest


def _followed(
    policy: SlaPolicy, step: Step, course: Course, before: Deadline | None, now: datetime
) -> tuple[Deadline, ...]:
    limit = policy.limits.get(step)
    started_at = course.stamps.get(STARTED_BY[step])
    if limit is None or started_at is None:
        return (_void(before),) if before and before.running else ()
    met_at = min((course.stamps[name] for name in MET_BY[step] if name in course.stamps), default=None)
    if before is None:
        first = Deadline(step=step, started_at=started_at, due_at=None, warn_at=None, met_at=met_at)
        return (_timed(first, policy, course),)
    again = started_at > before.started_at  # given to another unit: the step begins anew
    if met_at is None and (again or not before.running):
        begun = started_at if again else now
        new = Deadline(step=step, round=before.round + 1, started_at=begun, due_at=None, warn_at=None)
        old = (_void(before),) if before.running else ()
        return (*old, _timed(new, policy, course))
    return (_timed(replace(before, met_at=met_at), policy, course),) if before.running else ()


def _void(deadline: Deadline) -> Deadline:
    return replace(deadline, void=True, due_at=None, warn_at=None)


def _timed(deadline: Deadline, policy: SlaPolicy, course: Course) -> Deadline:
    limit = policy.limits[deadline.step]
    # A pause that still lasts when the step is met never counted against anybody: it ends there.
    pauses = [replace(one, until=one.until or deadline.met_at) for one in course.pauses]
    due = due_at(deadline.started_at, limit.length, limit.kind, course.calendar, pauses)
    if due == deadline.due_at:
        return deadline
    share = limit.length * policy.warn_percent / 100
    warn = due_at(deadline.started_at, share, limit.kind, course.calendar, pauses) if due is not None else None
    return replace(deadline, due_at=due, warn_at=warn)


def late(deadline: Deadline, at: datetime) -> bool:
    """Say whether the step was met after its time, or is not met and its time is over."""
    return deadline.due_at is not None and not deadline.void and (deadline.met_at or at) > deadline.due_at


def rings_at(deadline: Deadline, policy: SlaPolicy) -> datetime | None:
    """Return when the deadline has something to tell next; None when never again (as things stand)."""
    due = deadline.due_at
    if due is None or deadline.void:
        return None
    if deadline.met_at is not None:  # a breach that nobody was awake to tell is told all the same
        return due if deadline.met_at > due and deadline.breached_at is None else None
    if deadline.warned_at is None and deadline.breached_at is None and deadline.warn_at is not None:
        return min(deadline.warn_at, due)
    if deadline.breached_at is None:
        return due
    waiting = [one for one in policy.escalations if one.level > deadline.level]
    return min((due + timedelta(minutes=one.after_minutes) for one in waiting), default=None)


def ring(deadline: Deadline, policy: SlaPolicy, now: datetime) -> tuple[Deadline, tuple[Alarm, ...]]:
    """Return the deadline with everything that is due at `now` marked as told, and what is to be told."""
    due = deadline.due_at
    if due is None or deadline.void:
        return deadline, ()
    alarms: list[Alarm] = []
    over = (deadline.met_at or now) > due if deadline.met_at else now >= due
    if over and deadline.breached_at is None:
        deadline = replace(deadline, breached_at=now, warned_at=deadline.warned_at or now)
        alarms.append(Alarm(kind="breach", level=0, roles=policy.warn_roles))
    elif deadline.running and deadline.warned_at is None and deadline.warn_at is not None and now >= deadline.warn_at:
        deadline = replace(deadline, warned_at=now)
        alarms.append(Alarm(kind="warning", level=0, roles=policy.warn_roles))
    if deadline.running and deadline.breached_at is not None:
        for one in sorted(policy.escalations, key=lambda escalation: escalation.level):
            if one.level > deadline.level and now >= due + timedelta(minutes=one.after_minutes):
                deadline = replace(deadline, level=one.level)
                alarms.append(Alarm(kind="escalation", level=one.level, roles=one.roles))
    return deadline, tuple(alarms)
