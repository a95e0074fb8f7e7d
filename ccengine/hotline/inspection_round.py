"""Inspection rounds 巡检: on which days a plan's rounds fall due, what a record must say, how punctual they were.

What does not live here: rows (store/), the orders that faults become (services/rounds.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ccengine.hotline.visit_plan import months_later


class Rhythm(StrEnum):
    """The unit in which a plan counts: every N of them."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


class RoundState(StrEnum):
    """What a round is at, seen on a day."""

    OPEN = "open"  # 待巡检
    OVERDUE = "overdue"  # 已超期
    DONE = "done"  # 按时完成
    LATE = "late"  # 逾期完成


MAX_EVERY = 366
MAX_GRACE_DAYS = 60
MAX_ITEMS = 60
#: Far more than a plan can miss while an engine is away for months; the rest follows at the next look.
AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is looked at, and what is normal there."""

    name: str
    expected: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found at one item, by its place in the round's list (from 0)."""

    position: int
    normal: bool
    remark: str = ""


class RoundError(ValueError):
    """A record or plan that is not acceptable: which field, and what to do, in both languages."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.field = field
        self.zh = zh
        self.en = en


def nth_day(first_on: date, rhythm: Rhythm, every: int, count: int) -> date:
    """Return the day of the plan's round number `count` (from 0); a month without that day takes its last one."""
    if rhythm is Rhythm.MONTHS:
        return months_later(first_on, every * count)
    return first_on + timedelta(days=every * count * (7 if rhythm is Rhythm.WEEKS else 1))


def first_from(first_on: date, rhythm: Rhythm, every: int, day: date) -> date:
    """Return the first of the plan's days that is not before `day`."""
    if day <= first_on:
        return first_on
    passed = (
        (day.year - first_on.year) * 12 + day.month - first_on.month - 1
        if rhythm is Rhythm.MONTHS
        else (day - first_on).days // (7 if rhythm is Rhythm.WEEKS else 1)
    )
    count = max(passed // every - 1, 0)
    while nth_day(first_on, rhythm, every, count) < day:
        count += 1
    return nth_day(first_on, rhythm, every, count)


def due_days(first_on: date, rhythm: Rhythm, every: int, next_on: date, today: date) -> tuple[tuple[date, ...], date]:
    """Return the plan's days from `next_on` to today (AT_ONCE at most), and the one after them."""
    days: list[date] = []
    day = first_from(first_on, rhythm, every, next_on)
    while day <= today and len(days) < AT_ONCE:
        days.append(day)
        day = first_from(first_on, rhythm, every, day + timedelta(days=1))
    return tuple(days), day


def state_of(until_on: date, done_on: date | None, today: date) -> RoundState:
    """Return what a round is at: it is to be done by the end of `until_on`."""
    if done_on is not None:
        return RoundState.DONE if done_on <= until_on else RoundState.LATE
    return RoundState.OPEN if today <= until_on else RoundState.OVERDUE


def may_record(who: str, whose: Collection[str], recorded_by: Sequence[str]) -> bool:
    """Say whether somebody may write a round's next record: the first is for those whose round it is, a correction for
    who wrote the newest (`recorded_by`: newest first)."""
    return who == recorded_by[0] if recorded_by else who in whose


def checked_results(items: Sequence[Item], results: Sequence[Result]) -> tuple[Result, ...]:
    """Return the results in the order of the items. Raises RoundError: an item is left out or twice, or a fault says
    nothing."""
    by_position = {one.position: one for one in results}
    if len(by_position) != len(results) or any(not 0 <= position < len(items) for position in by_position):
        raise RoundError("results", "每个巡检项只能填写一次", "Each item is answered once")
    for position, item in enumerate(items):
        found = by_position.get(position)
        if found is None:
            raise RoundError(f"item_{position}", f"请选择「{item.name}」正常或异常", f"Say how “{item.name}” was found")
        if not found.normal and not found.remark:
            raise RoundError(f"item_{position}", "异常时请写明情况", "Say what is wrong")
    return tuple(by_position[position] for position in range(len(items)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFigures:
    """How the rounds that fell due in a period were done. `waiting`: there is still time for them."""

    on_time: int = 0
    late: int = 0
    missing: int = 0
    waiting: int = 0
    faults: int = 0

    @property
    def due(self) -> int:
        """Rounds whose time is over or that were done."""
        return self.on_time + self.late + self.missing

    @property
    def rate_percent(self) -> float | None:
        """巡检及时率 = on time ÷ due × 100 %; None where none was due."""
        return 100.0 * self.on_time / self.due if self.due else None
